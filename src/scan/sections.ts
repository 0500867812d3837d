/** The sections of a component and of everything inside it, as ranges of its bytes. */
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

export type PartKind = 'custom' | 'data' | 'code' | 'start' | 'other';

/** One section of a component or core module. */
export interface Part {
  readonly kind: PartKind;
  /** Of a custom section. */
  readonly name?: string;
  /** `component`, `core module 2`, `component 1 > core module 3`; safe to print. */
  readonly owner: string;
  readonly start: number;
  readonly end: number;
}

const KINDS: { readonly [id: number]: PartKind } = { 8: 'start', 10: 'code', 11: 'data' };
const MOST_PARTS = 100_000;
const DEEPEST = 64;

/** How a part is named to people: `custom section "name"`, `data of core module 2`. */
export const placeOf = ({ kind, name, owner }: Part): string =>
  kind === 'custom' ? `custom section "${printable(name ?? '', 60)}" of ${owner}` : `${kind} of ${owner}`;

/**
 * Walks what was decoded before; lengths that lie end it with `invalid-component`. Time and memory are bounded by the
 * number of sections, at most 100,000.
 */
export function partsOf(bytes: Uint8Array): readonly Part[] {
  const parts: Part[] = [];
  const counts = { module: 0, component: 0 };
  const todo: { readonly start: number; readonly end: number; readonly owner: string; readonly depth: number }[] = [
    { start: 0, end: bytes.length, owner: 'the component', depth: 0 },
  ];
  for (let next = todo.shift(); next; next = todo.shift()) {
    const { owner, depth, end } = next;
    if (depth > DEEPEST) throw invalid(next.start, 'it nests too deeply');
    // Of a module 1,0,0,0; of a component the layer is 1.
    const isCore = bytes[next.start + 6] === 0;
    for (let at = next.start + 8; at < end; ) {
      const id = bytes[at] ?? 0;
      const { value: length, next: start } = leb(bytes, at + 1, end);
      const stop = start + length;
      if (stop > end) throw invalid(at, 'a section is longer than what it is in');
      if (parts.length >= MOST_PARTS) throw invalid(at, `it has more than ${MOST_PARTS} sections`);
      if (id === 0) {
        const { value: size, next: from } = leb(bytes, start, stop);
        if (from + size > stop) throw invalid(start, 'a name is longer than its section');
        const name = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(size, 1_000)).toString('utf8');
        parts.push({ kind: 'custom', name, owner, start: from + size, end: stop });
      } else if (!isCore && (id === 1 || id === 4)) {
        const kind = id === 1 ? 'module' : 'component';
        counts[kind] += 1;
        const label = id === 1 ? `core module ${counts.module}` : `inner component ${counts.component}`;
        todo.push({ start, end: stop, owner: label, depth: depth + 1 });
      } else parts.push({ kind: (isCore && KINDS[id]) || 'other', owner, start, end: stop });
      at = stop;
    }
  }
  return parts;
}

function leb(bytes: Uint8Array, at: number, end: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let i = 0; i < 5 && at + i < end; i += 1) {
    const byte = bytes[at + i] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  throw invalid(at, 'a length does not end');
}

const invalid = (at: number, why: string): SwitchboardError =>
  new SwitchboardError('invalid-component', `the component is not valid: ${why} at byte ${at}`);
