/**
 * One list out of the pages of several components. A page of ours holds what several components gave, or a part of
 * what one gave; nothing of it is kept between requests: the cursor says where to go on.
 */
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { cleanText } from './schemas.ts';
import { RPC, RpcError } from './results.ts';
import { compare } from './tools.ts';

/** Items of one page, and their characters as JSON: clients over stdio give up at a line of 10 MiB. */
const PAGE = 1_000;
const PAGE_SIZE = 2 * 1024 * 1024;
/** Calls of components for one page. */
const MOST_CALLS = 32;
/**
 * Of one component: pages, items, characters. Clients follow a list for some tens of pages (the SDK's for 64): one
 * whose list never ends must not keep those of others from being seen.
 */
const MOST = { pages: 64, items: 10_000, size: 2 * PAGE_SIZE };
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
  /** What the component was given room for before this: its own pages, items, characters. */
  readonly pages: number;
  readonly items: number;
  readonly size: number;
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
    failed.push({ component, code, message: code === 'internal' ? 'internal error' : cleanText(message, 1_000) });
  };
  const startOf = (source: S | undefined): Place | undefined =>
    source && { name: source.name, inner: null, skip: 0, pages: 0, items: 0, size: 0 };
  const after = (name: string): Place | undefined => startOf(sources.find((s) => compare(s.name, name) > 0));
  let room = PAGE_SIZE;
  let place = cursor === undefined ? startOf(sources[0]) : decodeCursor(cursor);
  for (let calls = 0; place && calls < MOST_CALLS && items.length < PAGE && room > 0; calls++) {
    const at: Place = place;
    const source = sources.find((s) => s.name === at.name);
    // Gone since the cursor was given.
    if (!source) {
      place = after(at.name);
      continue;
    }
    try {
      const page = await read(source, at.inner);
      const before = room;
      const had = items.length;
      for (const item of page.items.slice(at.skip, at.skip + Math.min(PAGE - had, MOST.items - at.items))) {
        if (room <= 0) break;
        items.push(item);
        room -= JSON.stringify(item).length;
      }
      if (page.problem !== undefined) fail(at.name, page.problem);
      const given = items.length - had;
      const next = { ...at, skip: at.skip + given, items: at.items + given, size: at.size + before - room };
      if (next.skip < page.items.length) place = bounded(next);
      else if (page.next === undefined) place = after(at.name);
      else place = bounded({ ...next, inner: page.next, skip: 0, pages: at.pages + 1 });
    } catch (thrown) {
      if (stopped()) throw thrown;
      fail(at.name, thrown);
      place = after(at.name);
    }
  }
  return { items, failed, ...(place ? { nextCursor: encodeCursor(place) } : {}) };
}

function bounded(place: Place): Place {
  if (place.items >= MOST.items || place.size >= MOST.size || place.pages >= MOST.pages) {
    throw new SwitchboardError(
      'too-large',
      `its list is longer than ${MOST.items} items, ${MOST.pages} pages or ${formatSize(MOST.size)}`,
    );
  }
  if ((place.inner?.length ?? 0) > LONGEST_CURSOR) throw new SwitchboardError('too-large', 'its cursor is too long');
  return place;
}

function encodeCursor({ name, inner, skip, pages, items, size }: Place): string {
  return Buffer.from(JSON.stringify([name, inner, skip, pages, items, size])).toString('base64url');
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
  const [name, inner, ...counts] = Array.isArray(parts) ? (parts as readonly unknown[]) : [];
  if (typeof name !== 'string' || !(inner === null || typeof inner === 'string') || counts.length !== 4) throw wrong();
  const [skip = 0, pages = 0, items = 0, size = 0] = counts.map((value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong();
    return value;
  });
  return { name, inner, skip, pages, items, size };
}
