/** Stores of components: each question of a cell decided once more, checked, and put to the right place. */
import {
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type ComponentName,
  decideAccess,
  type KvStore,
  parseReference,
  placeOf,
  quotaOf,
  type StoreKind,
  storeOf,
  type StorePermission,
  type StorePlace,
  type StoreQuota,
  SwitchboardError,
} from '#core';
import type { AskTurn, EngineCall } from '#engine';

export interface StoragePorts {
  readonly kv: KvStore;
  readonly blobs: BlobStore;
}

export interface Storage {
  /** Answers a cell, which is trusted with nothing it says. Errors: `denied`, and those of the stores. */
  answer(request: EngineCall, kind: StoreKind, payload: unknown, turn: AskTurn): Promise<unknown>;
  /** What a component that is gone kept for itself: another of that name begins with nothing. Shared stores stay. */
  forget(component: ComponentName): Promise<void>;
}

export const isStoreKind = (service: string): service is StoreKind => service === 'kv' || service === 'blob';

/** Blobs and uploads that one call may have open, and all calls together: each is an open file. */
const MOST_OF_CALL = 64;
const MOST_OPEN = 1_000;
/** Of one read or write. */
const LARGEST_PIECE = 1024 * 1024;

type Loose = { readonly [name: string]: unknown };
type Held = { readonly reader: BlobReader } | { readonly writer: BlobWriter };

/** What one call has open, and how many that are: also those that are being opened or closed. */
interface OfCall {
  readonly held: Map<number, Held>;
  count: number;
  /** The call has ended: what is opened now is closed at once. */
  over: boolean;
}

/** What a question is about, once it was decided. */
interface Asked {
  readonly request: EngineCall;
  readonly turn: AskTurn;
  readonly params: Loose;
  readonly place: StorePlace;
  readonly quota: StoreQuota;
}

/** Whether an operation changes the store. What is not here is no operation. */
const KV_WRITES = {
  get: false,
  exists: false,
  list: false,
  usage: false,
  set: true,
  delete: true,
  swap: true,
  increment: true,
};
const BLOB_WRITES = {
  open: false,
  info: false,
  list: false,
  create: true,
  finish: true,
  remove: true,
  clear: true,
  copy: true,
};

export function createStorage({ kv, blobs }: StoragePorts): Storage {
  const calls = new WeakMap<EngineCall, OfCall>();
  let open = 0;
  let numbered = 0;

  const ofCall = (request: EngineCall, turn: AskTurn): OfCall => {
    const known = calls.get(request);
    if (known) return known;
    const made: OfCall = { held: new Map(), count: 0, over: false };
    calls.set(request, made);
    const end = (): void => {
      made.over = true;
      void release(request, ...made.held.keys());
    };
    if (turn.signal.aborted) made.over = true;
    else turn.signal.addEventListener('abort', end, { once: true });
    return made;
  };
  /** Counts before anything is awaited: questions asked at once must not each find the last place free. */
  const reserve = (own: OfCall, blobs: number): void => {
    if (own.count + blobs > MOST_OF_CALL) {
      throw new SwitchboardError('busy', `a call may have ${MOST_OF_CALL} blobs open at once`);
    }
    if (open + blobs > MOST_OPEN) throw new SwitchboardError('busy', `${MOST_OPEN} blobs are open already`);
    own.count += blobs;
    open += blobs;
  };
  const giveBack = (own: OfCall, blobs: number): void => {
    own.count -= blobs;
    open -= blobs;
  };
  /** Holds what `work` opens, by the call that asks; nobody else's number means anything to it. */
  const hold = async <One extends Held>(
    request: EngineCall,
    turn: AskTurn,
    work: () => Promise<One | undefined>,
  ): Promise<{ readonly number: number; readonly opened: One } | undefined> => {
    const own = ofCall(request, turn);
    reserve(own, 1);
    let opened: One | undefined;
    try {
      opened = await work();
    } finally {
      if (!opened) giveBack(own, 1);
    }
    if (!opened) return undefined;
    numbered += 1;
    const number = numbered;
    own.held.set(number, opened);
    // The call’s, not this turn’s: the signal of a turn that is first looked at now tells of the end only later.
    if (own.over) void release(request, number);
    return { number, opened };
  };
  const upload = async (request: EngineCall, turn: AskTurn, most: number): Promise<unknown> => {
    const made = await hold(request, turn, async () => ({ writer: await blobs.create(accountOf(request), most) }));
    return made?.number;
  };
  const release = (request: EngineCall, ...numbers: readonly number[]): Promise<unknown> => {
    const own = calls.get(request);
    const ending = numbers.map(async (number) => {
      const held = own?.held.get(number);
      if (!own || !held) return;
      own.held.delete(number);
      await ('reader' in held ? held.reader.close() : held.writer.abort()).catch(() => undefined);
      giveBack(own, 1);
    });
    return busyWith(closing, accountOf(request), Promise.all(ending));
  };
  /** What calls of a component had open, and is being closed: until then it counts. */
  const closing = new Map<string, Set<Promise<unknown>>>();
  /** A call that comes after another finds the room that the other's end has given back. */
  const closed = async (request: EngineCall): Promise<void> => {
    const ending = closing.get(accountOf(request));
    if (ending) await Promise.allSettled(ending);
  };
  /** What is being written, by the owner of the store. */
  const writing = new Map<string, Set<Promise<unknown>>>();
  const heldOf = (request: EngineCall, params: Loose): Held => {
    const held = calls.get(request)?.held.get(numberOf(params, 'handle'));
    if (!held) throw new SwitchboardError('invalid-handle', 'the blob or upload is not of this call');
    return held;
  };
  const writerOf = (request: EngineCall, params: Loose): BlobWriter => {
    const held = heldOf(request, params);
    if ('writer' in held) return held.writer;
    throw new SwitchboardError('invalid-handle', 'the handle is not of an upload');
  };

  const kvOps: { readonly [K in keyof typeof KV_WRITES]: (asked: Asked) => Promise<unknown> } = {
    get: ({ place, params }) => kv.get(place, textOf(params, 'key')),
    exists: ({ place, params }) => kv.exists(place, textOf(params, 'key')),
    list: ({ place, params }) => kv.list(place, listingOf(params)),
    usage: async ({ place, quota }) => ({ ...(await kv.usage(place)), mostKeys: quota.keys, mostBytes: quota.bytes }),
    set: ({ place, params, quota }) =>
      kv.set(place, textOf(params, 'key'), bytesOf(params, 'value'), { ttl: ttlOf(params), quota }),
    delete: ({ place, params }) => kv.delete(place, textOf(params, 'key')),
    swap({ place, params, quota }) {
      const optional = (name: string): Uint8Array | undefined =>
        params[name] === undefined ? undefined : bytesOf(params, name);
      const write = { ttl: ttlOf(params), quota };
      return kv.compareAndSet(place, textOf(params, 'key'), optional('expected'), optional('value'), write);
    },
    increment({ place, params, quota }) {
      const { delta } = params;
      if (typeof delta !== 'bigint') throw unfit('delta');
      return kv.increment(place, textOf(params, 'key'), delta, quota);
    },
  };

  const blobOps: { readonly [K in keyof typeof BLOB_WRITES]: (asked: Asked) => Promise<unknown> } = {
    async open({ request, turn, place, params }) {
      const held = await hold(request, turn, async () => {
        const reader = await blobs.open(place, textOf(params, 'name'));
        return reader && { reader };
      });
      if (!held) return undefined;
      const { size, createdAt } = held.opened.reader;
      return { handle: held.number, size, createdAt };
    },
    info: ({ place, params }) => blobs.info(place, textOf(params, 'name')),
    list: ({ place, params }) => blobs.list(place, listingOf(params)),
    create: ({ request, turn, quota }) => upload(request, turn, quota.bytes),
    async finish({ request, params, place, quota }) {
      const writer = writerOf(request, params);
      try {
        return await writer.finish(place, textOf(params, 'name'), quota);
      } finally {
        // It is over, also when it failed; ending what is over does nothing.
        await release(request, numberOf(params, 'handle'));
      }
    },
    remove: ({ request, place, params }) => blobs.remove(place, textOf(params, 'name'), accountOf(request)),
    clear: ({ request, place }) => blobs.clear(place, accountOf(request)),
    async copy(asked) {
      const { request, turn, params } = asked;
      const from = placeFor(request, 'blob', textOf(params, 'from'), false).place;
      const own = ofCall(request, turn);
      reserve(own, 2);
      try {
        return await copyBlob(blobs, from, textOf(params, 'source'), asked);
      } finally {
        giveBack(own, 2);
      }
    },
  };

  const withHandle = async (request: EngineCall, op: string, params: Loose): Promise<unknown> => {
    if (op === 'write') {
      const bytes = bytesOf(params, 'bytes');
      return writerOf(request, params).write(bytes);
    }
    if (op === 'close' || op === 'abort') return release(request, numberOf(params, 'handle'));
    const held = heldOf(request, params);
    if (!('reader' in held)) throw new SwitchboardError('invalid-handle', 'the handle is not of a blob');
    const length = Math.min(numberOf(params, 'length'), LARGEST_PIECE);
    return held.reader.read(numberOf(params, 'offset'), length);
  };

  return {
    async forget(component) {
      // What is being written would be there after it was removed.
      await Promise.allSettled(writing.get(component) ?? new Set<Promise<unknown>>());
      await kv.clear({ owner: component });
      await blobs.clear({ owner: component });
    },
    async answer(request, kind, payload, turn) {
      const params = (typeof payload === 'object' && payload !== null ? payload : {}) as Loose;
      const op = textOf(params, 'op');
      if (kind === 'blob' && op !== 'read' && op !== 'close') await closed(request);
      if (kind === 'blob' && ['read', 'write', 'close', 'abort'].includes(op)) return withHandle(request, op, params);
      if (kind === 'blob' && op === 'begin') return upload(request, turn, largestQuota(request));
      const writes: { readonly [op: string]: boolean } = kind === 'kv' ? KV_WRITES : BLOB_WRITES;
      if (!Object.hasOwn(writes, op)) throw unfit('op');
      const write = writes[op] === true;
      const asked = { request, turn, params, ...placeFor(request, kind, textOf(params, 'store'), write) };
      const work =
        kind === 'kv' ? kvOps[op as keyof typeof KV_WRITES](asked) : blobOps[op as keyof typeof BLOB_WRITES](asked);
      return write ? busyWith(writing, asked.place.owner, work) : work;
    },
  };
}

/** Notes work by its owner while it is under way. */
async function busyWith<T>(busy: Map<string, Set<Promise<unknown>>>, owner: string, work: Promise<T>): Promise<T> {
  const own = busy.get(owner) ?? new Set();
  busy.set(owner, own.add(work));
  try {
    return await work;
  } finally {
    own.delete(work);
    if (own.size === 0 && busy.get(owner) === own) busy.delete(owner);
  }
}

/** The cell decided the same before it asked; the cell is not trusted with it. Errors: `denied`. */
function placeFor(
  { context, policy }: EngineCall,
  kind: StoreKind,
  name: string,
  write: boolean,
): { readonly place: StorePlace; readonly quota: StoreQuota } {
  const decision = decideAccess(policy, { kind, name, write });
  const granted = storeOf(policy, kind, name);
  if (!decision.allowed || !granted) {
    const why = decision.allowed ? '' : `${decision.denial.what}: ${decision.denial.reason}`;
    throw new SwitchboardError('denied', why);
  }
  return { place: placeOf(parseReference(context.component).name, granted), quota: quotaOf(granted) };
}

const accountOf = ({ context }: EngineCall): string => parseReference(context.component).name;

/** For an upload whose place is not known yet. Errors: `denied`. */
function largestQuota({ policy }: EngineCall): number {
  const writable = policy.stores.filter(({ kind, mode }): boolean => kind === 'blob' && mode === 'rw');
  if (writable.length === 0) throw new SwitchboardError('denied', 'no blob store is granted for writing');
  return Math.max(...writable.map((store: StorePermission) => quotaOf(store).bytes));
}

/** Ends with the call. Undefined where there is no such blob. */
async function copyBlob(blobs: BlobStore, from: StorePlace, source: string, to: Asked): Promise<unknown> {
  const { request, turn, params, place, quota } = to;
  const name = textOf(params, 'name');
  const reader = await blobs.open(from, source);
  if (!reader) return undefined;
  try {
    const writer = await blobs.create(accountOf(request), quota.bytes);
    try {
      for (let at = 0; at < reader.size; at += LARGEST_PIECE) {
        if (turn.signal.aborted) throw new SwitchboardError('cancelled', 'the call is over');
        await writer.write(await reader.read(at, LARGEST_PIECE));
      }
      return await writer.finish(place, name, quota);
    } finally {
      await writer.abort();
    }
  } finally {
    await reader.close();
  }
}

const unfit = (name: string): SwitchboardError =>
  new SwitchboardError('invalid-arguments', `${name} is not what a store can be asked`);

function textOf(params: Loose, name: string): string {
  const value = params[name];
  if (typeof value === 'string') return value;
  throw unfit(name);
}

function bytesOf(params: Loose, name: string): Uint8Array {
  const value = params[name];
  if (value instanceof Uint8Array) return value;
  throw unfit(name);
}

function numberOf(params: Loose, name: string): number {
  const value = params[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw unfit(name);
}

function ttlOf({ ttl }: Loose): number | undefined {
  if (ttl === undefined || typeof ttl === 'number') return ttl;
  throw unfit('ttl');
}

function listingOf(params: Loose): { prefix: string; after: string | undefined; limit: number } {
  const after = params['after'] === undefined ? undefined : textOf(params, 'after');
  return { prefix: textOf(params, 'prefix'), after, limit: numberOf(params, 'limit') };
}
