/** Streamable HTTP of protocol revision 2025-11-25: connections that break and are taken up again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Json } from '#host/api';
import { createFakeHost, type FakeHost } from '#test/fakes/fake-host';
import { type HttpOptions, type ServedHttp, startHttp } from './index.ts';

interface Serving {
  readonly host: FakeHost;
  readonly http: ServedHttp;
  /** Ends the call of `slow` that is under way, with a text. */
  readonly finish: (text: string) => void;
}

async function serve(t: TestContext, options: Partial<HttpOptions> = {}): Promise<Serving> {
  const host = createFakeHost();
  let finish: (value: Json) => void = () => {};
  host.add('demo:slow@1.0.0', [
    { id: 'slow', result: { type: 'string' }, run: () => new Promise<Json>((resolve) => (finish = resolve)) },
    { id: 'quick', result: { type: 'string' }, run: () => 'quick' },
  ]);
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token(), ...options });
  t.after(() => http.close());
  return { host, http, finish: (text) => finish(text) };
}

const HEADERS = {
  Authorization: 'Bearer fake-token',
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
};

interface Session {
  readonly post: (message: object, signal?: AbortSignal) => Promise<Response>;
  readonly get: (lastEventId?: string, signal?: AbortSignal) => Promise<Response>;
}

async function open({ http }: Serving, revision = '2025-11-25'): Promise<Session> {
  const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'hello', method: 'initialize', params });
  const opened = await fetch(http.url, { method: 'POST', headers: HEADERS, body });
  await opened.text();
  const session = { 'Mcp-Session-Id': String(opened.headers.get('mcp-session-id')), 'MCP-Protocol-Version': revision };
  return {
    post: (message, signal) =>
      fetch(http.url, {
        method: 'POST',
        headers: { ...HEADERS, ...session },
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
        ...(signal === undefined ? {} : { signal }),
      }),
    get: (lastEventId, signal) =>
      fetch(http.url, {
        ...(signal === undefined ? {} : { signal }),
        headers: { ...HEADERS, ...session, ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }) },
      }),
  };
}

const call = (id: number, name: string): object => ({ id, method: 'tools/call', params: { name } });

interface Event {
  readonly id: string;
  readonly data: string;
  readonly retry: string | undefined;
}

/** The events of a stream, as they come. */
async function* events(response: Response): AsyncGenerator<Event> {
  assert.equal(response.status, 200);
  assert.ok(response.body);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const field = (name: string): string | undefined => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1];
      const id = field('id');
      if (id !== undefined) yield { id, data: field('data') ?? '', retry: field('retry') };
    }
  }
}

async function first(response: Response): Promise<Event> {
  for await (const event of events(response)) return event;
  throw new Error('the stream ended without an event');
}

function textOf(event: Event): string {
  return (JSON.parse(event.data) as { result: { content: { text: string }[] } }).result.content[0]?.text ?? '';
}

/** Calls `slow` and drops the connection after the opening event. */
async function dropped(serving: Serving, session: Session, id: number): Promise<string> {
  const gone = new AbortController();
  const opening = (await session.post(call(id, 'demo_slow_slow'), gone.signal)) satisfies Response;
  const reader = events(opening);
  const { value } = await reader.next();
  await serving.host.called('slow');
  gone.abort();
  assert.ok(value);
  assert.equal((value as Event).data, '', 'the opening event carries nothing');
  assert.equal((value as Event).retry, '1000');
  return (value as Event).id;
}

test('[mcp.resume] a call goes on when its connection breaks, and its result is there for who comes back', async (t) => {
  const serving = await serve(t);
  const session = await open(serving);
  const opening = await dropped(serving, session, 1);
  const back = await session.get(opening);
  serving.finish('while connected again');
  assert.equal(textOf(await first(back)), 'while connected again');

  const second = await dropped(serving, session, 2);
  const done = new Promise((resolve) => setImmediate(resolve));
  serving.finish('while nobody was there');
  await done;
  const all: Event[] = [];
  for await (const event of events(await session.get(second))) all.push(event);
  assert.deepEqual(all.map(textOf), ['while nobody was there']);
  // What was fetched can be fetched again: that answer may have been lost too.
  assert.equal(textOf(await first(await session.get(second))), 'while nobody was there');
});

test('[mcp.resume] the official client takes up a broken stream by itself', async (t) => {
  const serving = await serve(t);
  const { http, host } = serving;
  let breakIt = (): void => {};
  const client = new Client({ name: 'tester', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(http.url), {
    requestInit: { headers: { Authorization: 'Bearer fake-token' } },
    reconnectionOptions: {
      initialReconnectionDelay: 10,
      maxReconnectionDelay: 10,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 3,
    },
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (init?.method !== 'POST' || !String(init.body).includes('demo_slow_slow') || !response.body) return response;
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const broken = new AbortController();
      response.body.pipeTo(writable, { signal: broken.signal }).catch(() => {});
      breakIt = () => broken.abort(new Error('the network is gone'));
      return new Response(readable, response);
    },
  });
  await client.connect(transport);
  t.after(() => client.close());
  const opened = Promise.withResolvers<string>();
  const calling = client.callTool({ name: 'demo_slow_slow' }, { onresumptiontoken: opened.resolve });
  await Promise.all([host.called('slow'), opened.promise]);
  breakIt();
  serving.finish('made it');
  assert.deepEqual((await calling).structuredContent, { result: 'made it' });
});

test('[mcp.resume] [limit.cancel] a client that comes back and leaves again is waited for anew, then its call is cancelled', async (t) => {
  const serving = await serve(t, { resumeMs: 100 });
  const session = await open(serving);
  const opening = await dropped(serving, session, 1);
  const { signal } = (await serving.host.called('slow')).options;
  const ended = once(signal as AbortSignal, 'abort');
  const again = new AbortController();
  const back = await session.get(opening, again.signal);
  assert.equal(back.status, 200);
  // Longer than it would have been waited for had nobody come.
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal(signal?.aborted, false, 'it goes on while somebody is there');
  again.abort();
  await ended;
});

test('[mcp.resume] [limit.cancel] who takes up the standing stream alone does not keep a call from being cancelled', async (t) => {
  const serving = await serve(t, { resumeMs: 300 });
  const session = await open(serving);
  const standing = events(await session.get());
  const told = standing.next();
  serving.host.add('demo:more@1.0.0', []);
  const event = (await told).value as Event;
  await standing.return(undefined);
  await dropped(serving, session, 1);
  const { signal } = (await serving.host.called('slow')).options;
  const ended = once(signal as AbortSignal, 'abort');
  assert.equal((await session.get(event.id)).status, 200);
  await ended;
});

test('[mcp.resume] an event nobody sent, or of another session, is refused', async (t) => {
  const serving = await serve(t);
  const [one, two] = [await open(serving), await open(serving)];
  const { id } = await first(await one.post(call(1, 'demo_slow_quick')));
  assert.equal(textOf(await first(await one.get(id))), 'quick');
  for (const refused of [await two.get(id), await one.get('no such event'), await one.get('_GET_stream~5')]) {
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /Last-Event-ID is not kept/);
  }
});

test('[mcp.resume] who comes back takes the stream over from a connection that is not known to be dead', async (t) => {
  const serving = await serve(t);
  const session = await open(serving);
  const standing = events(await session.post(call(1, 'demo_slow_slow')));
  const opening = (await standing.next()).value as Event;
  await serving.host.called('slow');
  const back = await session.get(opening.id);
  serving.finish('once');
  assert.equal(textOf(await first(back)), 'once');
  assert.equal((await standing.next()).done, true);
});

test('[mcp.resume] [mcp.list-changed] a change that was told while the standing stream was broken is told again', async (t) => {
  const serving = await serve(t);
  const session = await open(serving);
  const standing = events(await session.get());
  const told = standing.next();
  serving.host.add('demo:more@1.0.0', []);
  const event = (await told).value as Event;
  assert.match(event.data, /notifications\/tools\/list_changed/);
  await standing.return(undefined);
  const other = first(await (await open(serving)).get());
  serving.host.add('demo:evenmore@1.0.0', []);
  await other;
  const again = await first(await session.get(event.id));
  assert.match(again.data, /notifications\/tools\/list_changed/);
  assert.notEqual(again.id, event.id);
});

test('[mcp.resume] a client of an older revision is sent no event without data, which it would not understand', async (t) => {
  const serving = await serve(t);
  for (const revision of ['2025-03-26', '2025-06-18']) {
    const session = await open(serving, revision);
    const all: Event[] = [];
    for await (const event of events(await session.post(call(1, 'demo_slow_quick')))) all.push(event);
    assert.deepEqual(all.map(textOf), ['quick']);
  }
});
