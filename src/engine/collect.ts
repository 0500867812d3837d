/** Reads the streams and futures of a result to their end: what a call gives is whole. */
import { SwitchboardError, type ComponentTypes, type TypeRef, type WitFunction } from '#core';
import { camelCase } from '#wit/names';
import { isOption, resolve, successOf } from '#wit/types';
import { holdsAsync } from '#wit/concurrent';

/** A value as jco lifts it, with its streams as arrays and its futures as their values. */
export type Collect = (value: unknown) => Promise<unknown>;

/** What jco makes of a guest's stream. */
interface GuestStream {
  read(options: { readonly count: number }): Promise<{ readonly value: unknown; readonly done: boolean }>;
  [Symbol.dispose]?(): void;
}

/** Items that are read at once. */
const BYTES_AT_ONCE = 65_536;
const ITEMS_AT_ONCE = 256;

/** Undefined where the result holds no stream and no future. Streams beside each other are read at once. */
export function compileCollect(types: ComponentTypes, fn: WitFunction): Collect | undefined {
  const success = successOf(types, fn);
  if (success === undefined || !holdsAsync(types, [success])) return undefined;
  return new Collector(types).compile(success);
}

class Collector {
  private readonly types: ComponentTypes;
  private readonly made = new Map<number, Collect>();

  constructor(types: ComponentTypes) {
    this.types = types;
  }

  /** Undefined where a type holds nothing to read. */
  compile(ref: TypeRef): Collect | undefined {
    if (typeof ref === 'string' || !holdsAsync(this.types, [ref])) return undefined;
    const known = this.made.get(ref);
    if (known) return known;
    const made = this.entry(ref);
    this.made.set(ref, made);
    return made;
  }

  private entry(ref: number): Collect {
    const entry = resolve(this.types, ref);
    if (typeof entry === 'string') return same;
    const maybe = (part: TypeRef | undefined): Collect => (part === undefined ? undefined : this.compile(part)) ?? same;
    switch (entry.kind) {
      case 'stream':
        return entry.element === 'u8' ? readBytes : readItems(maybe(entry.element));
      case 'future': {
        const inner = maybe(entry.element);
        return async (value) => inner(await value);
      }
      case 'list': {
        const inner = maybe(entry.element);
        return (value) => Promise.all((value as readonly unknown[]).map(inner));
      }
      case 'tuple': {
        const inner = entry.items.map(maybe);
        return (value) => Promise.all((value as readonly unknown[]).map((item, i) => (inner[i] ?? same)(item)));
      }
      case 'record': {
        const fields = entry.fields.map((f) => [camelCase(f.name), maybe(f.type)] as const);
        return async (value) => {
          const record = value as { readonly [key: string]: unknown };
          const read = fields.map(async ([key, inner]) => [key, await inner(record[key])] as const);
          return Object.fromEntries(await Promise.all(read));
        };
      }
      case 'variant': {
        const cases = new Map(entry.cases.map((c) => [c.name, maybe(c.type)]));
        return tagged((tag) => cases.get(tag) ?? same);
      }
      case 'result': {
        const [ok, err] = [maybe(entry.ok), maybe(entry.err)];
        return tagged((tag) => (tag === 'ok' ? ok : err));
      }
      case 'option': {
        const inner = maybe(entry.some);
        if (isOption(this.types, entry.some)) return tagged(() => inner);
        return async (value) => (value === undefined || value === null ? value : inner(value));
      }
      default:
        return same;
    }
  }
}

// eslint-disable-next-line require-await
const same: Collect = (value) => Promise.resolve(value);

function tagged(of: (tag: string) => Collect): Collect {
  return async (value) => {
    const { tag, val } = value as { readonly tag: string; readonly val?: unknown };
    return val === undefined ? value : { tag, val: await of(tag)(val) };
  };
}

const readBytes: Collect = async (value) => {
  const parts: Uint8Array[] = [];
  await readAll(value, BYTES_AT_ONCE, (part) => void parts.push(part as Uint8Array));
  return new Uint8Array(Buffer.concat(parts));
};

function readItems(inner: Collect): Collect {
  return async (value) => {
    const items: unknown[] = [];
    const pending: Promise<unknown>[] = [];
    await readAll(value, ITEMS_AT_ONCE, (part) => {
      const some = part as ArrayLike<unknown>;
      for (let i = 0; i < some.length; i++) {
        if (inner === same) items.push(some[i]);
        else pending.push(inner(some[i]));
      }
    });
    return inner === same ? items : Promise.all(pending);
  };
}

/** Reads a stream to its end and drops it. What it gives was metered when it was lifted. */
async function readAll(value: unknown, count: number, take: (part: unknown) => void): Promise<void> {
  const stream = value as GuestStream;
  if (typeof stream?.read !== 'function') {
    throw new SwitchboardError('invalid-result', 'the component returned no stream where its type says so');
  }
  try {
    for (;;) {
      const { value: part, done } = await stream.read({ count });
      if (part !== undefined) take(part);
      if (done) return;
    }
  } finally {
    stream[Symbol.dispose]?.();
  }
}
