/**
 * One list out of the pages of several components. A page of ours holds what several components gave, or a part of
 * what one gave; nothing of it is kept between requests: the cursor says where to go on.
 */
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { RPC, RpcError } from './results.ts';
import { compare } from './tools.ts';

const PAGE = 250;
/** Calls of components for one page. */
const MOST_CALLS = 16;
/** Pages of one component: one whose list never ends does not keep the others' from being seen. */
const MOST_PAGES = 1_000;
const LONGEST_CURSOR = 4_096;

export interface ComponentPage<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
  /** Why items of it were left out, if some were. */
  readonly problem?: unknown;
}

export interface MergedPage<T> {
  readonly items: T[];
  readonly nextCursor?: string;
  /** Components whose list failed, or some of its items; the rest is there. */
  readonly failed: readonly { readonly component: string; readonly code: string; readonly message: string }[];
}

interface Source {
  /** `ns:name`. */
  readonly name: string;
}

interface Place {
  readonly name: string;
  /** The component's own cursor. */
  readonly inner: string | null;
  /** Items of that page which were given already. */
  readonly skip: number;
  /** Pages of the component before this one. */
  readonly pages: number;
}

/**
 * The page at `cursor`. `sources` are in the order of their names; `read` gives a component's own page. Errors:
 * `RpcError` for a cursor that is none of ours; what `read` throws once `stopped`.
 */
export async function mergedPage<S extends Source, T>(
  sources: readonly S[],
  cursor: string | undefined,
  read: (source: S, inner: string | null) => Promise<ComponentPage<T>>,
  stopped: () => boolean,
): Promise<MergedPage<T>> {
  const items: T[] = [];
  const failed: { component: string; code: string; message: string }[] = [];
  const fail = (component: string, thrown: unknown): void => {
    const { code, message } = toSwitchboardError(thrown);
    failed.push({ component, code, message: code === 'internal' ? 'internal error' : message });
  };
  const startOf = (source: S | undefined): Place | undefined =>
    source && { name: source.name, inner: null, skip: 0, pages: 0 };
  const after = (name: string): Place | undefined => startOf(sources.find((s) => compare(s.name, name) > 0));
  let place = cursor === undefined ? startOf(sources[0]) : decodeCursor(cursor);
  for (let calls = 0; place && calls < MOST_CALLS && items.length < PAGE; calls++) {
    const { name, inner, skip, pages }: Place = place;
    const source = sources.find((s) => s.name === name);
    // Gone since the cursor was given.
    if (!source) {
      place = after(name);
      continue;
    }
    try {
      const page = await read(source, inner);
      const part = page.items.slice(skip, skip + PAGE - items.length);
      items.push(...part);
      if (page.problem !== undefined) fail(name, page.problem);
      const given = skip + part.length;
      if (given < page.items.length) place = { name, inner, skip: given, pages };
      else if (page.next === undefined) place = after(name);
      else if (page.next.length > LONGEST_CURSOR || pages >= MOST_PAGES) {
        throw new SwitchboardError('too-large', 'its list does not end');
      } else place = { name, inner: page.next, skip: 0, pages: pages + 1 };
    } catch (thrown) {
      if (stopped()) throw thrown;
      fail(name, thrown);
      place = after(name);
    }
  }
  return { items, failed, ...(place ? { nextCursor: encodeCursor(place) } : {}) };
}

function encodeCursor({ name, inner, skip, pages }: Place): string {
  return Buffer.from(JSON.stringify([name, inner, skip, pages])).toString('base64url');
}

function decodeCursor(cursor: string): Place {
  const wrong = (): RpcError => new RpcError(RPC.params, 'Invalid cursor');
  if (cursor.length > 4 * LONGEST_CURSOR) throw wrong();
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw wrong();
  }
  const [name, inner, skip, pages] = Array.isArray(parts) ? (parts as readonly unknown[]) : [];
  const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof name !== 'string' || !(inner === null || typeof inner === 'string') || !count(skip) || !count(pages)) {
    throw wrong();
  }
  return { name, inner, skip, pages };
}
