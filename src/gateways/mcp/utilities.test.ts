/** Lists of many tools, levels of logs, cancellations of nothing: both generations, both transports. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Client, type LoggingLevel, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { LogLevel } from '#core/events';
import { createFakeHost, type FakeHost } from '#test/fakes/fake-host';
import { serveMcpStream, startHttp } from './index.ts';

type Generation = 'legacy' | 'auto';
type Connect = (t: TestContext, host: FakeHost, client: Client) => Promise<void>;

const narrowing = { tools: 'all' } as const;
const overStdio: Connect = async (t, host, client) => {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const served = await serveMcpStream(host, { input: toServer, output: toClient, narrowing });
  await client.connect(new StdioServerTransport(toClient, toServer));
  t.after(async () => {
    await client.close();
    await served.close();
  });
};
const overHttp: Connect = async (t, host, client) => {
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token(), narrowing });
  const requestInit = { headers: { Authorization: `Bearer ${await host.token()}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit }));
  t.after(async () => {
    await client.close();
    await http.close();
  });
};

const WAYS: readonly (readonly [string, Generation, Connect])[] = [
  ['2025-11-25 over stdio', 'legacy', overStdio],
  ['2025-11-25 over HTTP', 'legacy', overHttp],
  ['2026-07-28 over stdio', 'auto', overStdio],
  ['2026-07-28 over HTTP', 'auto', overHttp],
];

const ALL: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
const SEEN: { readonly [threshold: string]: readonly string[] } = {
  debug: ['trace', 'debug', 'info', 'warn', 'error'],
  info: ['info', 'warn', 'error'],
  notice: ['warn', 'error'],
  warning: ['warn', 'error'],
  error: ['error'],
  critical: [],
  emergency: [],
};

for (const [way, mode, connect] of WAYS) {
  test(`[mcp.tools] ${way}: 900 tools come in pages, each tool once, in the same order each time`, async (t) => {
    const host = createFakeHost();
    for (let c = 0; c < 9; c++) {
      const functions = Array.from({ length: 100 }, (_, i) => ({ id: `f${i}`, run: () => undefined }));
      host.add(`many:c${c}@1.0.0`, functions);
    }
    const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode } });
    await connect(t, host, client);
    const all = async (): Promise<string[]> => {
      const names: string[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        const page = await client.request({ method: 'tools/list', params: cursor === undefined ? {} : { cursor } });
        names.push(...page.tools.map((tool) => tool.name));
        cursor = page.nextCursor;
        pages++;
      } while (cursor !== undefined && pages < 10);
      assert.equal(pages, 4);
      return names;
    };
    const names = await all();
    assert.equal(new Set(names).size, 906);
    assert.equal(names.length, 906);
    assert.deepEqual(await all(), names);
    await client.callTool({ name: names[899] ?? '' });
    for (const cursor of ['', '!', Buffer.from('not a name').toString('base64url')]) {
      await assert.rejects(client.request({ method: 'tools/list', params: { cursor } }), { code: -32602 });
    }
  });

  test(`[mcp.tools] ${way}: a client gets the logs of the level that it asked for, and none unasked`, async (t) => {
    const host = createFakeHost();
    host.add('demo:log@1.0.0', [
      {
        id: 'all',
        run(_, { options, component }) {
          for (const level of ALL) options.onLog?.({ at: 0, component, stream: 'log', level, message: level });
          return undefined;
        },
      },
    ]);
    const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode } });
    const seen: unknown[] = [];
    client.setNotificationHandler('notifications/message', ({ params }) => void seen.push(params.data));
    await connect(t, host, client);
    const logged = async (level?: LoggingLevel): Promise<unknown[]> => {
      seen.length = 0;
      const perRequest = mode === 'auto' && level !== undefined;
      if (level !== undefined && !perRequest) await client.setLoggingLevel(level);
      const _meta = perRequest ? { _meta: { 'io.modelcontextprotocol/logLevel': level } } : {};
      await client.callTool({ name: 'demo_log_all', ..._meta });
      return [...seen];
    };
    assert.deepEqual(await logged(), []);
    for (const [level, expected] of Object.entries(SEEN)) {
      assert.deepEqual(await logged(level as LoggingLevel), expected, level);
    }
    if (mode === 'auto') {
      assert.deepEqual(await logged(), [], 'a level counts for its own request');
      return;
    }
    await assert.rejects(client.setLoggingLevel('loud' as never), {
      code: -32602,
      message: /Invalid params: params\.level: /,
    });
  });

  test(`[limit.cancel] ${way}: cancelling what is not under way changes nothing`, async (t) => {
    const host = createFakeHost();
    host.add('demo:one@1.0.0', [{ id: 'a', result: { type: 'string' }, run: () => 'done' }]);
    const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode } });
    await connect(t, host, client);
    for (const requestId of [0, 99_999, 'nothing', -1]) {
      await client.notification({ method: 'notifications/cancelled', params: { requestId } });
    }
    assert.deepEqual((await client.callTool({ name: 'demo_one_a' })).structuredContent, { result: 'done' });
  });
}
