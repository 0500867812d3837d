import { SwitchboardError } from '#core/errors';
import type { StoreListing, StorePage } from '#core/ports';
import { LARGEST_PAGE, LONGEST_KEY, LONGEST_PAGE, utf8Length } from '#core/stores';

/** Errors: `invalid-arguments`. */
export function checkListing({ prefix, after = '', limit }: StoreListing): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > LONGEST_PAGE) {
    throw new SwitchboardError('invalid-arguments', `a page has 1 to ${LONGEST_PAGE} keys, not ${String(limit)}`);
  }
  for (const text of [prefix, after]) {
    if (utf8Length(text) > LONGEST_KEY || !text.isWellFormed()) {
      throw new SwitchboardError('invalid-arguments', `a prefix or cursor has at most ${LONGEST_KEY} bytes`);
    }
  }
}

/** A page of keys that are in memory, in no order. */
export function pageOf(all: Iterable<string>, { prefix, after, limit }: StoreListing): StorePage {
  const sorted = [...all]
    .filter((key) => key.startsWith(prefix))
    .map((key) => ({ key, bytes: Buffer.from(key) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const from = after === undefined ? undefined : Buffer.from(after);
  const keys: string[] = [];
  let size = 0;
  for (const { key, bytes } of sorted) {
    if (from && Buffer.compare(bytes, from) <= 0) continue;
    size += bytes.length;
    if (keys.length === limit || (size > LARGEST_PAGE && keys.length > 0)) return { keys, more: true };
    keys.push(key);
  }
  return { keys, more: false };
}
