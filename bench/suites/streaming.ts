/** Bodies that stream through a stock guest (Rust, `wasi:http`), against a pipe of the same two connections. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get, request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { stockGuest } from '../../test/stock/guests.ts';
import { type CountedHost, createCountedHost } from '../counted-host.ts';
import { interleave } from '../rounds.ts';
import { boundedRow, comparedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';

const UPSTREAM_MS = 200;

export const streaming: Suite = async ({ quick, count }) => {
  const server = fork(join(import.meta.dirname, '..', 'fixtures', 'upstream.ts'));
  const [port] = (await once(server, 'message')) as [number];
  const counted = await createCountedHost();
  const bytes = await readFile(await stockGuest('rust'));
  const component = await counted.add('stock', bytes, { reuse: 'resident', instances: 50, cells: 1, timeout: 600_000 });
  await counted.host.grant(component, { permissions: [{ kind: 'net', host: '127.0.0.1', port }] });
  const origin = `http://127.0.0.1:${port}`;
  const rows = [await waits(counted, component, origin), ...(await pass(counted, component, origin, quick))];
  count(await counted.close());
  server.disconnect();
  await once(server, 'exit');
  return rows;
};

async function waits({ call }: CountedHost, component: string, origin: string): Promise<Row> {
  const fifty = async (): Promise<number> => {
    const started = performance.now();
    const slow = `${origin}/slow?${UPSTREAM_MS}`;
    await Promise.all(Array.from({ length: 50 }, () => call(component, 'web.get', [slow])));
    return performance.now() - started;
  };
  await fifty();
  return boundedRow('50 calls in one cell, each waiting 200 ms in wasi:http', 'ms', await fifty(), 600);
}

/** The last round is the issue's: 1 GB in one call. Memory is read over that one. */
async function pass({ call }: CountedHost, component: string, origin: string, quick: boolean): Promise<Row[]> {
  const much = quick ? 2e6 : 1e9;
  const some = quick ? 2e6 : 2e8;
  const ours = async (length: number): Promise<number> => {
    const started = performance.now();
    const answer = await call(component, 'web.pass', [`${origin}/bytes?${length}`, `${origin}/put`]);
    const [passed, status] = answer as [number, number];
    if (passed !== length || status !== 201) throw new Error(`${passed} of ${length} bytes passed, status ${status}`);
    return performance.now() - started;
  };
  const took = await interleave(
    { direct: () => directPipe(origin, some), ours: () => ours(some) },
    { least: quick ? 1 : 3, most: 6, budgetMs: quick ? 1 : 10_000 },
  );
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const whole = await ours(much);
  clearInterval(watch);
  const wholeDirect = await directPipe(origin, much);
  return [
    comparedRow('200 MB streamed through wasi:http, against a pipe', 'ms', took.ours, took.direct, 2 * took.direct),
    comparedRow('1 GB streamed through wasi:http, against a pipe', 'ms', whole, wholeDirect, 2 * wholeDirect),
    boundedRow('growth of the host while 1 GB streams', 'MB', (most - before) / 1e6, 64),
  ];
}

async function directPipe(origin: string, length: number): Promise<number> {
  const started = performance.now();
  const [from] = (await once(get(`${origin}/bytes?${length}`), 'response')) as [NodeJS.ReadableStream];
  const to = request(`${origin}/put`, { method: 'PUT' });
  const answered = once(to, 'response') as Promise<[NodeJS.ReadableStream]>;
  await pipeline(from, to);
  (await answered)[0].resume();
  return performance.now() - started;
}
