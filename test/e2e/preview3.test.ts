/** Components of WASI 0.3 by each way in; calls beside each other, cancelled, and what is left after them. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogRecord } from '#core';
import type { Host } from '#host/api';
import { PREVIEW3_GUEST, stockGuest } from '../stock/guests.ts';
import { keepHost, newHome, run } from './cli-run.ts';
import { clientOf, hostWithGuests, WAYS } from './mcp-clients.ts';

const NAME = `test:${PREVIEW3_GUEST}`;
const hosted = (t: TestContext): Promise<Host> => hostWithGuests(t, PREVIEW3_GUEST);

test('[preview3.functions] [preview3.values] the command line calls async functions, with streams as words', async (t) => {
  const home = newHome(t);
  await keepHost(t, home);
  const installed = await run(home, ['install', await stockGuest(PREVIEW3_GUEST), '--as', `${NAME}@0.1.0`]);
  equal(installed.code, 0, installed.stderr);
  const shown = await run(home, ['inspect', await stockGuest(PREVIEW3_GUEST)]);
  match(shown.stdout, /echo: async func\(data: stream<u8>\) -> stream<u8>/);
  deepEqual(await outcome(home, 'api.echo', 'AQID'), { code: 0, value: 'AQID' });
  deepEqual(await outcome(home, 'api.joined', '["a","b"]'), { code: 0, value: 'a b' });
  deepEqual(await outcome(home, 'api.resolved', '7'), { code: 0, value: 7 });
  deepEqual(await outcome(home, 'api.points', '1'), { code: 0, value: [{ x: 0, y: 'p0' }] });
});

async function outcome(home: string, ...words: readonly string[]): Promise<{ code: number | null; value: unknown }> {
  const { code, stdout, stderr } = await run(home, ['call', NAME, ...words, '--output', 'json']);
  equal(stderr, '');
  return { code, value: (JSON.parse(stdout) as { readonly result?: unknown }).result };
}

for (const way of WAYS) {
  test(`[preview3.functions] [preview3.values] MCP lists and calls them (${way.name})`, async (t) => {
    const client = await clientOf(t, await hosted(t), way);
    const { tools } = await client.listTools();
    const echo = tools.find(({ name }) => /api[._-]echo$/.test(name));
    ok(echo, tools.map(({ name }) => name).join());
    deepEqual(echo.inputSchema.properties, { data: { type: 'string', contentEncoding: 'base64' } });
    const { content } = await client.callTool({ name: echo.name, arguments: { data: 'AQID' } });
    match(JSON.stringify(content), /AQID/);
  });
}

test('[preview3.functions] sixteen calls in one cell wait at the same time', async (t) => {
  const host = await hosted(t);
  await host.setLimits(NAME, { cells: 1, instances: 16 });
  await host.call(NAME, 'api.wait', [1]);
  const began = performance.now();
  const calls = Array.from({ length: 16 }, () => host.call(NAME, 'api.wait', [400]));
  const values = (await Promise.all(calls)).map(Number);
  ok(Math.min(...values) >= 400, values.join());
  ok(performance.now() - began < 4 * 400, `${performance.now() - began} ms`);
});

test('[preview3.bounded] [limit.cancel] a cancelled call ends at once, others of its cell go on, nothing of it runs on', async (t) => {
  const host = await hosted(t);
  await host.setLimits(NAME, { cells: 1, instances: 4 });
  await host.call(NAME, 'api.add', [1, 2]);
  const records: LogRecord[] = [];
  const stop = new AbortController();
  const onLog = (record: LogRecord): void => void records.push(record);
  const stopped = host.call(NAME, 'hostile.talks', [], { signal: stop.signal, onLog });
  const other = host.call(NAME, 'api.wait', [300]);
  while (records.length === 0) await delay(5);
  const at = performance.now();
  stop.abort();
  await rejects(stopped, { code: 'cancelled' });
  ok(performance.now() - at < 250, 'it ended late');
  ok(Number(await other) >= 300);
  const logged = async (): Promise<number> => (await host.logs({ component: NAME, last: 10_000 })).length;
  const before = await logged();
  await host.call(NAME, 'api.wait', [100]);
  equal(await logged(), before, 'the guest of a cancelled call still talks');
});

test('[preview3.bounded] [engine.reuse-resident] a kept instance frees the streams and futures of its calls', async (t) => {
  const host = await hosted(t);
  await host.setLimits(NAME, { reuse: 'resident', instances: 1 });
  for (let i = 0; i < 700; i++) {
    equal(await host.call(NAME, 'api.echo', ['AQID']), 'AQID');
    equal(await host.call(NAME, 'api.resolved', [5]), 5);
    deepEqual(await host.call(NAME, 'api.pair', []), ['aGVsbG8=', { ok: 5 }]);
  }
});
