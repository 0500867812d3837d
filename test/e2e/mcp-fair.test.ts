/** One client that never answers, and what is left for the others: a real host, a real component, both generations. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { startHttp } from '#gateways/mcp/index';
import { createHost } from '#host';
import type { Host } from '#host/api';
import { guest } from '../guests/build.ts';

const ASKER = 'test:asker';
const FORM = JSON.stringify({ message: 'Well?', fields: [] });
/** Of the 16 instances of a component, so many may wait for answers; and so many for one client. */
const [MOST, OF_ONE] = [8, 4];

interface World {
  readonly host: Host;
  connect(answers: boolean, modern?: boolean): Promise<Peer>;
}

interface Peer {
  readonly client: Client;
  /** Questions that it has been asked. */
  readonly asked: () => number;
  readonly call: (tool: string, args: object) => Promise<CallToolResult>;
}

async function world(t: TestContext): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-mcp-fair-'));
  const host = await createHost({ home });
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token() });
  t.after(async () => {
    await http.close();
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  await host.install((await guest('asker')).path, { as: `${ASKER}@0.1.0` });
  await host.grant(ASKER, { permissions: [{ kind: 'elicit' }] });
  await host.setLimits(ASKER, { instances: 16 });
  const requestInit = { headers: { Authorization: `Bearer ${await host.token()}` } };
  return {
    host,
    async connect(answers, modern = false) {
      const client = new Client(
        { name: 'tester', version: '1' },
        {
          capabilities: { elicitation: { form: {} } },
          ...(modern ? { versionNegotiation: { mode: 'auto' as const } } : {}),
        },
      );
      let asked = 0;
      client.setRequestHandler('elicitation/create', () => {
        asked += 1;
        return answers ? { action: 'decline' as const } : new Promise(() => {});
      });
      await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }));
      t.after(() => client.close());
      const call: Peer['call'] = (tool, args) =>
        client.callTool({ name: `test_asker_${tool}`, arguments: { ...args } }, { timeout: 60_000 });
      return { client, asked: () => asked, call };
    },
  };
}

const textOf = ({ content }: CallToolResult): string => (content[0]?.type === 'text' ? content[0].text : '');

/** Calls that ask and are not answered; settles with the refusals of those that could not ask. */
async function leaveUnanswered(peer: Peer, calls: number, waiting: number): Promise<string[]> {
  const refused: string[] = [];
  const enough = Promise.withResolvers<void>();
  for (let i = 0; i < calls; i += 1) {
    peer.call('ask', { form: FORM }).then(
      (result) => {
        refused.push(textOf(result));
        if (refused.length === calls - waiting) enough.resolve();
      },
      () => undefined,
    );
  }
  await enough.promise;
  return refused;
}

for (const modern of [false, true]) {
  const era = modern ? '2026-07-28' : '2025-11-25';
  test(`[mcp.fair] [mcp.hostile] ${era}: a client that answers no question holds a part of the instances; others call and ask`, async (t) => {
    const { host, connect } = await world(t);
    const silent = await connect(false, modern);
    const refused = await leaveUnanswered(silent, 20, OF_ONE);
    for (const text of refused) {
      assert.match(text, /^test:asker says: unavailable: busy: the caller has left as many questions unanswered/);
    }
    assert.equal((await host.status()).callsRunning, OF_ONE);
    const other = await connect(true);
    const spins = Array.from({ length: 24 }, () => other.call('spin', { ms: 1 }));
    for (const result of await Promise.all(spins)) assert.equal(result.isError, undefined, textOf(result));
    assert.equal(textOf(await other.call('ask', { form: FORM })), 'declined');
    // It can still call what does not ask.
    assert.equal((await silent.call('spin', { ms: 1 })).isError, undefined);
  });
}

test('[mcp.fair] [mcp.hostile] clients that answer no question hold half of the instances, however many they are', async (t) => {
  const { host, connect } = await world(t);
  const silent = await Promise.all(Array.from({ length: MOST / OF_ONE }, () => connect(false)));
  for (const peer of silent) await leaveUnanswered(peer, 6, OF_ONE);
  const [late] = await leaveUnanswered(await connect(false), 1, 0);
  assert.match(late ?? '', /unavailable: busy: 8 questions of test:asker@0\.1\.0 wait for an answer/);
  assert.equal((await host.status()).callsRunning, MOST);
  const other = await connect(true);
  const spins = Array.from({ length: 24 }, () => other.call('spin', { ms: 1 }));
  for (const result of await Promise.all(spins)) assert.equal(result.isError, undefined, textOf(result));
  // Who leaves takes its questions along.
  await silent[0]?.client.close();
  await host.setLimits(ASKER, { instances: 16 });
});

test('[mcp.fair] [limit.queue] a client that fills the queue of a component gives way in it to others', async (t) => {
  const { host, connect } = await world(t);
  await host.setLimits(ASKER, { instances: 1, cells: 1, queue: 20, timeout: 20_000 });
  const [greedy, other] = [await connect(true), await connect(true)];
  await greedy.call('spin', { ms: 1 });
  const ended: string[] = [];
  const served = (): number => ended.filter((text) => /^\d+$/.test(text)).length;
  const arrived = Promise.withResolvers<void>();
  let decided = 0;
  host.subscribe(() => void (++decided === 40 && arrived.resolve()), ['call.decided']);
  const calls = Array.from({ length: 40 }, (_, i) =>
    greedy.call('spin', { ms: 100 }).then((result) => ended.push(result.isError ? textOf(result) : `${i}`)),
  );
  await arrived.promise;
  const before = served();
  const results = await Promise.all([1, 2, 3].map(() => other.call('spin', { ms: 1 })));
  for (const result of results) assert.equal(result.isError, undefined, textOf(result));
  const between = served() - before;
  assert.ok(between <= 8, `${between} of the greedy client’s calls came before those of the other`);
  await Promise.all(calls);
  assert.ok(ended.some((text) => text.startsWith('busy: ')));
});
