/** Values of a store read and written by a guest, against a resident call and a bare commit of SQLite. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { openHome } from '#home';
import { guest } from '../../test/guests/build.ts';
import { type CountedHost, createCountedHost } from '../counted-host.ts';
import { interleave, sequential } from '../rounds.ts';
import { comparedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';

/** What the way to the host and back may take besides a second call's time, in microseconds. */
const EXTRA_US = 30;
const FACTOR = 2.2;
const VALUE = 'v'.repeat(64);
/** Small values that were written before the host started: each is read once, so none is in its memory. */
const NEW_KEYS = 3_200;
/** Values of which the host keeps only the latest in memory. */
const COLD_KEYS = 64;
const COLD_VALUE = 'v'.repeat(70_000);
const WRITERS = 16;
/**
 * Longer than a tick of the kernel's clock. Within one a file keeps its time of change, and a sync of it does not write
 * the file system's journal: commits in quick succession take a tenth of one that is made after a while.
 */
const TICK_MS = 10;

export const measureStores: Suite = async ({ quick, count }) => {
  const counted = await createCountedHost(writeNew);
  const { host, add, call } = counted;
  const component = await add('kv', (await guest('kv-bench')).bytes, { reuse: 'resident', timeout: 60_000 });
  await host.grant(component, { permissions: [{ kind: 'kv', name: 'bench', mode: 'rw' }] });
  const directory = mkdtempSync(join(tmpdir(), 'switchboard-bench-sqlite-'));
  const bare = bareDatabase(join(directory, 'bare.db'));
  try {
    await call(component, 'set', ['k', VALUE]);
    for (let i = 0; i < (quick ? 2 : COLD_KEYS); i += 1) await call(component, 'set', [`cold-${i}`, COLD_VALUE]);
    return await measure(counted, component, bare, quick);
  } finally {
    bare.close();
    rmSync(directory, { recursive: true });
    count(await counted.close());
  }
};

async function measure(
  { call }: CountedHost,
  component: string,
  bare: ReturnType<typeof bareDatabase>,
  quick: boolean,
): Promise<Row[]> {
  const calls = quick ? 20 : 200;
  const resident = (): Promise<unknown> => call(component, 'echo', [VALUE]);
  const get = (): Promise<unknown> => call(component, 'get', ['k']);
  const often = 100;
  let cold = 0;
  const getCold = (): Promise<unknown> => call(component, 'get', [`cold-${(cold += 1) % (quick ? 2 : COLD_KEYS)}`]);
  let unread = 0;
  const getNew = (): Promise<unknown> => call(component, 'get', [`new-${(unread += 1) % NEW_KEYS}`]);
  let written = 0;
  const set = (): Promise<unknown> => call(component, 'set', ['k', `${(written += 1)}${VALUE}`]);
  const together = async (): Promise<number> => {
    const started = performance.now();
    await Promise.all(Array.from({ length: WRITERS }, (_, i) => call(component, 'set', [`k${i}`, `${written}`])));
    return (performance.now() - started) * 1000;
  };
  for (const run of [resident, get]) await sequential(calls * 10, run);
  const reads = await interleave(
    {
      resident: () => sequential(calls, resident),
      get: () => sequential(calls, get),
      each: async () => (await sequential(quick ? 1 : 10, () => call(component, 'get-often', ['k', often]))) / often,
      fresh: () => sequential(calls / 10, getNew),
      cold: () => sequential(calls / 10, getCold),
    },
    { least: quick ? 2 : 30, most: 150, budgetMs: quick ? 1 : 6_000 },
  );
  // Each of its instances has to be warm, as the one of the other rows is.
  await sequential(calls / 2, together);
  const writes = await interleave(
    {
      bare: () => sequential(calls / 10, () => bare.write('k', `${(written += 1)}${VALUE}`)),
      set: () => sequential(calls / 10, set),
      together,
      rested: async () => {
        await setTimeout(TICK_MS);
        return sequential(1, () => bare.write('k', `${(written += 1)}${VALUE}`));
      },
    },
    { least: quick ? 2 : 20, most: 60, budgetMs: quick ? 1 : 6_000 },
  );
  const read = FACTOR * reads.resident + EXTRA_US;
  const write = 1.3 * writes.bare + read;
  return [
    comparedRow('call with one kv get', 'µs', reads.get, reads.resident, read),
    comparedRow('one of many kv gets in a call', 'µs', reads.each, reads.resident, read - reads.resident),
    comparedRow('call with one kv get, not in the host’s memory', 'µs', reads.fresh, reads.resident, read),
    comparedRow('call with one kv get of 70 kB, from the disk’s cache', 'µs', reads.cold, reads.resident, read + 500),
    comparedRow('call with one durable kv set', 'µs', writes.set, writes.bare, write),
    comparedRow(
      `${WRITERS} calls at once with one durable kv set each`,
      'µs',
      writes.together,
      writes.rested,
      // The calls of each of two cells arrive together.
      2 * 1.3 * writes.rested + WRITERS * read,
    ),
  ];
}

async function writeNew(path: string): Promise<void> {
  const home = await openHome(path);
  const place = { owner: 'bench:kv', name: 'bench' };
  const quota = { bytes: 10_000_000, keys: 2 * NEW_KEYS };
  const value = new TextEncoder().encode(VALUE);
  await Promise.all(Array.from({ length: NEW_KEYS }, (_, i) => home.kv.set(place, `new-${i}`, value, { quota })));
  await home.close();
}

/** SQLite alone, in this thread, as durable: one row, one statement, one sync of the disk. */
function bareDatabase(file: string) {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE kv (key TEXT PRIMARY KEY, value BLOB)');
  const statement = db.prepare('INSERT INTO kv VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value');
  return {
    write: (key: string, value: string) => statement.run(key, Buffer.from(value)),
    close: () => db.close(),
  };
}
