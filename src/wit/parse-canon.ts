/** Reads canonical definitions of Binary.md. Those of WASI 0.3 that the transpiler lacks are read too, to be refused by name. */
import type { Item } from './ast.ts';
import { parseValType } from './parse-types.ts';
import { invalid } from './reader.ts';
import type { Reader } from './reader.ts';

/** Operands of a built-in: i an index or number, b a byte, o options, r a result list, v a core type. */
const BUILTINS: { readonly [code: number]: readonly [name: string, operands: string] } = {
  0x05: ['task.cancel', ''],
  0x06: ['subtask.cancel', 'b'],
  0x07: ['resource.drop async', 'i'],
  0x08: ['backpressure.set', ''],
  0x09: ['task.return', 'ro'],
  0x0a: ['context.get', 'bi'],
  0x0b: ['context.set', 'bi'],
  0x0c: ['thread.yield', 'b'],
  0x0d: ['subtask.drop', ''],
  0x0e: ['stream.new', 'i'],
  0x0f: ['stream.read', 'io'],
  0x10: ['stream.write', 'io'],
  0x11: ['stream.cancel-read', 'ib'],
  0x12: ['stream.cancel-write', 'ib'],
  0x13: ['stream.drop-readable', 'i'],
  0x14: ['stream.drop-writable', 'i'],
  0x15: ['future.new', 'i'],
  0x16: ['future.read', 'io'],
  0x17: ['future.write', 'io'],
  0x18: ['future.cancel-read', 'ib'],
  0x19: ['future.cancel-write', 'ib'],
  0x1a: ['future.drop-readable', 'i'],
  0x1b: ['future.drop-writable', 'i'],
  0x1c: ['error-context.new', 'o'],
  0x1d: ['error-context.debug-message', 'o'],
  0x1e: ['error-context.drop', ''],
  0x1f: ['waitable-set.new', ''],
  0x20: ['waitable-set.wait', 'bi'],
  0x21: ['waitable-set.poll', 'bi'],
  0x22: ['waitable-set.drop', ''],
  0x23: ['waitable.join', ''],
  0x24: ['backpressure.inc', ''],
  0x25: ['backpressure.dec', ''],
  0x26: ['thread.index', ''],
  0x27: ['thread.new-indirect', 'ii'],
  0x29: ['thread.suspend', 'b'],
  0x40: ['thread.spawn-ref', 'i'],
  0x41: ['thread.spawn-indirect', 'ii'],
  0x42: ['thread.available-parallelism', ''],
};

/** Built-ins that nothing here runs: threads, error contexts, and the one that WASI 0.3 dropped before its release. */
const REFUSED = /^(?:error-context\.|backpressure\.set$|thread\.(?!yield$))/;

/** Reads options; returns whether one of them is of WASI 0.3 or later. */
function options(r: Reader): boolean {
  let later = false;
  const count = r.count();
  for (let i = 0; i < count; i++) {
    const at = r.pos;
    const code = r.u8();
    if (code > 0x09) throw invalid(`unknown canonical option 0x${code.toString(16)}`, at);
    if (code === 0x03 || code === 0x04 || code === 0x05 || code === 0x07 || code === 0x08) r.u32();
    if (code >= 0x06) later = true;
  }
  return later;
}

function operand(r: Reader, kind: string): void {
  if (kind === 'i') r.u32();
  else if (kind === 'b') r.u8();
  else if (kind === 'o') options(r);
  else if (r.u8() === 0) parseValType(r);
  else r.u32();
}

/** Reads one `canon`. Undefined: it defines a core function, which nothing here depends on. */
export function parseCanon(r: Reader): Item | undefined {
  const at = r.pos;
  const code = r.u8();
  if (code === 0x00 || code === 0x01) {
    if (r.u8() !== 0) throw invalid('unknown canonical sort', at);
    r.u32();
    const later = options(r);
    if (code === 0x00) return { kind: 'lift', at, type: r.u32(), async: later };
    return later ? { kind: 'builtin', at, what: undefined } : undefined;
  }
  if (code <= 0x04) {
    r.u32();
    return undefined;
  }
  const known = BUILTINS[code];
  if (known === undefined) throw invalid(`unknown canonical function 0x${code.toString(16)}`, at);
  for (const kind of known[1]) operand(r, kind);
  return { kind: 'builtin', at, what: REFUSED.test(known[0]) ? `\`${known[0]}\`` : undefined };
}
