/** Files, requests and decisions: what a component does in the world it was granted. */
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AccessRequest, decideAccess, type PolicySnapshot } from '#core';
import { guest } from '../../test/guests/build.ts';
import { type CountedHost, createCountedHost } from '../counted-host.ts';
import { ROOT } from '../processes.ts';
import { inThread, interleave } from '../rounds.ts';
import { comparedRow, boundedRow, type Row } from '../row.ts';
import type { Suite } from '../suite.ts';

const UPSTREAM_MS = 200;

/** Requests that wait upstream, decisions, small reads. */
export const permissions: Suite = async ({ quick, count }) => {
  const host = await createCountedHost();
  const upstream = createServer((_, response) => setTimeout(() => response.end('ok'), UPSTREAM_MS));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const rows = [...(await waits(host, upstream, quick)), await smallRead(host, quick), decisions()];
  upstream.closeAllConnections();
  upstream.close();
  count(await host.close());
  return rows;
};

async function waits({ host, add, call }: CountedHost, upstream: Server, quick: boolean): Promise<Row[]> {
  const { port } = upstream.address() as AddressInfo;
  const many = quick ? 10 : 1000;
  const component = await add('net-probe', (await guest('net-probe')).bytes, { timeout: 60_000, queue: 2000 });
  await host.grant(component, { permissions: [{ kind: 'net', host: '127.0.0.1', port }] });
  const get = (): Promise<unknown> => call(component, 'get', [`http://127.0.0.1:${port}/`, 0]);
  const together = async (calls: number): Promise<number> => {
    const started = performance.now();
    await Promise.all(Array.from({ length: calls }, get));
    return performance.now() - started;
  };
  await host.setLimits(component, { reuse: 'resident', instances: 50, cells: 1 });
  await together(50);
  const fifty = await together(50);
  await host.setLimits(component, { reuse: 'resident', instances: many, cells: 2 });
  await together(many);
  const thousand = await together(many);
  const bundled = fs.readFileSync(join(ROOT, 'components', 'dist', 'fetch.wasm'));
  const fetcher = await add('fetch', bundled, {
    reuse: 'call',
    timeout: 60_000,
    queue: 2000,
    instances: 200,
    cells: 2,
  });
  await host.grant(fetcher, { permissions: [{ kind: 'net', host: '127.0.0.1', port }], unrequested: true });
  const fetches = async (calls: number): Promise<number> => {
    const started = performance.now();
    await Promise.all(Array.from({ length: calls }, () => call(fetcher, 'read', [`http://127.0.0.1:${port}/`])));
    return performance.now() - started;
  };
  await fetches(10);
  const before = process.memoryUsage.rss();
  const fresh = await fetches(quick ? 5 : 200);
  const grown = (process.memoryUsage.rss() - before) / 1e6;
  return [
    boundedRow('50 calls in one cell, each waiting 200 ms upstream', 'ms', fifty, 600),
    boundedRow('1,000 waiting calls on resident instances', 'ms', thousand, 2000),
    boundedRow('200 fetch calls, fresh instances, 200 ms upstream', 'ms', fresh, 4000),
    boundedRow('200 fetch calls, fresh instances: growth of the host', 'MB', grown, 600),
  ];
}

async function smallRead({ host, add, call }: CountedHost, quick: boolean): Promise<Row> {
  const directory = fs.mkdtempSync(join(tmpdir(), 'switchboard-bench-files-'));
  const file = join(directory, 'small.txt');
  fs.writeFileSync(file, 'x'.repeat(100));
  const component = await add('fs-probe', (await guest('fs-probe')).bytes, { reuse: 'resident', timeout: 60_000 });
  await host.grant(component, { permissions: [{ kind: 'fs', host: directory, guest: '/data', mode: 'ro' }] });
  const reads = quick ? 100 : 10_000;
  const many = async (times: number): Promise<number> => {
    const started = performance.now();
    await call(component, 'read-often', ['/data/small.txt', times]);
    return performance.now() - started;
  };
  await many(reads);
  const fd = fs.openSync(file, 'r');
  const took = await interleave(
    {
      direct: () => inThread(50, 100, () => fs.readSync(fd, new Uint8Array(4096), 0, 4096, 0)),
      ours: async () => ((await many(reads)) / reads) * 1000,
    },
    { least: quick ? 2 : 10, most: 40, budgetMs: quick ? 1 : 4_000 },
  );
  fs.closeSync(fd);
  fs.rmSync(directory, { recursive: true });
  return comparedRow('small file read from a guest (QuickJS)', 'µs', took.ours, took.direct, 5 * took.direct);
}

const POLICY: PolicySnapshot = {
  version: 'bench',
  fs: Array.from({ length: 10 }, (_, i) => ({ guest: `/d${i}`, host: `/home/d${i}`, mode: 'ro' as const })),
  net: Array.from({ length: 10 }, (_, i) => ({ host: `h${i}.example.com` })),
  env: [],
  secrets: ['A', 'B'],
  stores: Array.from({ length: 10 }, (_, i) => ({ kind: 'kv' as const, name: `s${i}`, mode: 'rw' as const })),
  asks: ['elicit'],
  calls: Array.from({ length: 10 }, (_, i) => ({ component: `demo:part-${i}`, function: 'api.*' })),
  schedule: false,
  requests: [],
};
const REQUESTS: readonly AccessRequest[] = [
  { kind: 'fs', path: '/d9/some/file.txt', write: false },
  { kind: 'net', host: 'h9.example.com', port: 443 },
  { kind: 'address', host: 'h9.example.com', address: '93.184.216.34', port: 443 },
  { kind: 'address', host: 'h9.example.com', address: '2606:2800:220:1::1', port: 443 },
  { kind: 'secret', name: 'B' },
  { kind: 'kv', name: 's9', write: true },
  { kind: 'call', component: 'demo:part-9', id: 'api.count', name: 'count' },
];

/** The slowest kind, ten grants of each kind. */
function decisions(): Row {
  const each = REQUESTS.map((request) => inThread(2000, 10, () => decideAccess(POLICY, request)));
  return boundedRow('policy decision, the slowest kind', 'µs', Math.max(...each), 2);
}
