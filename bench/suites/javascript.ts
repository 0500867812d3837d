/** What JavaScript costs in a guest: cheerio reads a page with 200 links, through the host, against the same code in V8. */
import { deepEqual } from 'node:assert/strict';
import { createCountedHost } from '../counted-host.ts';
import { links } from '../fixtures/cheerio/src/main.ts';
import { benchGuest } from '../guest.ts';
import { pageOfLinks } from '../page.ts';
import { inThread, interleave, sequential } from '../rounds.ts';
import { comparedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';

/** QuickJS takes about 22 times as long as V8 here: docs/js-speed.md. The bound notices what makes it slower. */
export const WORST = 28;

export const javascriptGuests: Suite = async ({ quick, count }) => {
  const { call, add, close } = await createCountedHost();
  const component = await add('cheerio', await benchGuest('cheerio'), { reuse: 'resident' });
  const page = pageOfLinks();
  const ours = (): Promise<unknown> => call(component, 'links', [page]);
  const native = (): unknown => links(page);
  deepEqual(await ours(), native());
  const runs = quick ? 1 : 5;
  await sequential(quick ? 1 : 40, ours);
  inThread(quick ? 1 : 40, 8, native);
  const took = await interleave(
    { native: () => inThread(runs, 8, native), ours: () => sequential(runs, ours) },
    { least: quick ? 1 : 15, most: 60, budgetMs: quick ? 1 : 10_000 },
  );
  const [value, against] = [took.ours / 1000, took.native / 1000];
  const row: Row = comparedRow('cheerio workload, guest against native V8', 'ms', value, against, WORST * against);
  count(await close());
  return [row];
};
