/** Imports that may wait, as components of every stock tool call them. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parsePermission } from '#core';
import { transpile } from '../../src/engine/transpile.ts';
import { createHost } from '#host';
import { serviceSet } from '../../src/services/index.ts';
import { stockGuest } from '../stock/guests.ts';

const SUSPENDING = [...serviceSet.suspending, ...Object.values(serviceSet.suspendingWith ?? {}).flat()];

for (const name of ['rust', 'python', 'starlingmonkey'] as const) {
  test(`[http.wasi] ${name}: each import that may wait returns at once where it need not, written bytes are lent`, async () => {
    const bytes = readFileSync(await stockGuest(name));
    const { code } = await transpile(bytes, {
      suspending: SUSPENDING,
      borrowing: serviceSet.borrowing ?? [],
      exports: ['test:stock/web@0.1.0#pass'],
    });
    const of = (pattern: RegExp): number => code.match(pattern)?.length ?? 0;
    ok(of(/manuallyAsync = true;/g) > 3);
    equal(of(/_trampoline\d+\.direct = true;/g), of(/manuallyAsync = true;/g));
    equal(
      of(/= _trampoline\d+\.direct \? /g),
      of(/= _trampoline\d+\.direct \?|: _trampoline\d+\.manuallyAsync \?/g) / 2,
    );
    ok(of(/\$guard\.lend\(/g) > 0);
    const lent = /\$guard\.lend\([^\n]*\n *false && _debugLog\('\[iface="wasi:io\/streams@[^"]*", function="([^"]*)"/g;
    for (const [, fn = ''] of code.matchAll(lent)) {
      ok(serviceSet.borrowing?.includes(`wasi:io/streams#${fn}`), fn);
    }
  });
}

test('[http.wasi] a large body passes through a guest whole, and little of it is ever held', async (t) => {
  const block = Buffer.alloc(65_536);
  const total = 60_000_000;
  const sums: string[] = [];
  const server = createServer((request, response) => {
    const sum = createHash('sha256');
    const end = (): void => {
      sums.push(sum.digest('hex'));
    };
    if (request.method === 'PUT') {
      request.on('data', (chunk: Buffer) => sum.update(chunk));
      request.on('end', () => {
        end();
        response.writeHead(201).end();
      });
      return;
    }
    let sent = 0;
    const more = (): void => {
      while (sent < total) {
        const piece = Buffer.from(block.subarray(0, Math.min(block.length, total - sent)));
        for (let i = 0; i < piece.length; i += 512) piece.writeUInt32LE(sent + i, Math.min(i, piece.length - 4));
        sum.update(piece);
        sent += piece.length;
        if (!response.write(piece)) {
          response.once('drain', more);
          return;
        }
      }
      end();
      response.end();
    };
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const home = mkdtempSync(join(tmpdir(), 'switchboard-stream-'));
  const host = await createHost({ home });
  t.after(async () => {
    await host.close();
    server.closeAllConnections();
    server.close();
    rmSync(home, { recursive: true });
  });
  await host.install(await stockGuest('rust'), { as: 'test:stock@0.1.0' });
  await host.grant('test:stock', { permissions: [parsePermission('net', address)] });
  await host.setLimits('test:stock', { timeout: 60_000, reuse: 'resident' });
  const pass = (): Promise<unknown> =>
    host.call('test:stock', 'web.pass', [`http://${address}/from`, `http://${address}/to`]);
  deepEqual(await pass(), [total, 201]);
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  deepEqual(await pass(), [total, 201]);
  clearInterval(watch);
  equal(sums.length, 4);
  equal(new Set(sums).size, 1, 'what arrived is what was sent');
  ok(most - before < 100_000_000, `${most - before} bytes more`);
});
