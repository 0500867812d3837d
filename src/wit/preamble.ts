import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { invalid } from './reader.ts';

/** A component larger than this is refused before it is read. */
export const LARGEST_COMPONENT = 128 * 1024 * 1024;

/** Throws `too-large` for a size in bytes over 128 MiB: callers ask with the file's size before they read it. */
export function checkSize(size: number): void {
  if (size <= LARGEST_COMPONENT) return;
  throw new SwitchboardError(
    'too-large',
    `the file has ${formatSize(size)}; a component may have at most ${formatSize(LARGEST_COMPONENT)}`,
  );
}

/** Checks size, magic, version and layer. Throws `too-large`, `not-wasm`, `not-a-component` or `invalid-component`. */
export function checkPreamble(bytes: Uint8Array, offset = 0): void {
  checkSize(bytes.length);
  const [a, b, c, d, version = 0, v2, layer, l2] = bytes;
  if (a !== 0 || b !== 0x61 || c !== 0x73 || d !== 0x6d) {
    if (offset > 0) throw invalid('a nested component has no Wasm header', offset);
    throw new SwitchboardError('not-wasm', 'the file is not WebAssembly: it does not begin with the bytes 00 61 73 6d');
  }
  if (bytes.length < 8) throw invalid('it ends within the header', offset + bytes.length);
  if (layer === 0 && l2 === 0) {
    if (offset > 0) throw invalid('a core module stands where a component is expected', offset);
    throw new SwitchboardError(
      'not-a-component',
      'the file is a core WebAssembly module; a component is expected (build one with "wasm-tools component new" or a component toolchain)',
    );
  }
  if (layer !== 1 || l2 !== 0) {
    throw new SwitchboardError(
      'not-a-component',
      `the file is WebAssembly of an unknown layer ${layer}; a component is expected`,
    );
  }
  if (version !== 0x0d || v2 !== 0) {
    throw new SwitchboardError(
      'unsupported-component',
      `the component has binary version 0x${version.toString(16)}; only 0x0d is supported`,
    );
  }
}
