import { open, readFile } from 'node:fs/promises';
import { type ComponentDescription, errnoOf, printable, SwitchboardError } from '#core';

/** A component as given to `inspect` or `install`: its bytes and what they say of themselves. */
export interface DescribedSource {
  readonly bytes: Uint8Array;
  readonly description: ComponentDescription;
  /** For the record: the path, or `bytes`. */
  readonly origin: string;
}

/** Reads and describes a component; runs none of it. Errors: `file-unreadable`, `too-large` and those of decoding. */
export async function describeSource(source: string | Uint8Array, signal?: AbortSignal): Promise<DescribedSource> {
  const { describeComponent } = await import('#wit');
  if (typeof source !== 'string') {
    // A copy: the caller's array may change between the check of it and the use.
    const bytes = new Uint8Array(source);
    return { bytes, description: describeComponent(bytes), origin: 'bytes' };
  }
  const bytes = await readComponent(source, signal);
  const witText = await readFile(source.replace(/\.wasm$/, '.wit'), 'utf8').catch(() => undefined);
  const beside = witText === undefined || !source.endsWith('.wasm') ? {} : { witText };
  return { bytes, description: describeComponent(bytes, beside), origin: source };
}

async function readComponent(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const { checkSize } = await import('#wit');
  try {
    await using file = await open(path, 'r');
    const info = await file.stat();
    if (!info.isFile()) throw new SwitchboardError('file-unreadable', `${printable(path)} is not a file`);
    checkSize(info.size);
    return await file.readFile(signal ? { signal } : {});
  } catch (cause) {
    if (cause instanceof SwitchboardError) throw cause;
    if (signal?.aborted) throw new SwitchboardError('cancelled', 'reading the component was cancelled', { cause });
    const reason = { ENOENT: 'there is no such file', EACCES: 'permission denied', EISDIR: 'it is a directory' }[
      errnoOf(cause) ?? ''
    ];
    throw new SwitchboardError(
      'file-unreadable',
      `cannot read ${printable(path)}: ${reason ?? String(errnoOf(cause) ?? cause)}`,
      { cause },
    );
  }
}
