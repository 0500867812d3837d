/** A gateway in a process of its own to be attacked, and a well-behaved client of it meanwhile. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const MiB = 1024 * 1024;
/** What a call of the well-behaved client may take while others do their worst, on a machine that is busy anyway. */
const LONGEST_MS = 4_000;

export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly sessions: number;
}

export interface Target {
  readonly port: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly child: ChildProcess;
  memory(): Promise<Memory>;
}

export async function startTarget(t: TestContext, tools = 0): Promise<Target> {
  const script = new URL('serve-child.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--expose-gc', script, String(tools)], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  const { stdin, stdout } = child;
  assert.ok(stdin && stdout);
  stdin.on('error', () => {});
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    stdin,
    stdout,
    child,
    async memory() {
      const answered = once(child, 'message');
      child.send('memory');
      return ((await answered) as [Memory])[0];
    },
  };
}

/** What V8 and the allocator keep for themselves after heavy work differs from run to run; the heap in use does not. */
const MOST_RSS_MIB = 400;
const MOST_HEAP_MIB = 16;

/** Runs an attack with a well-behaved client beside it, and holds the target's memory to bounds after it. */
export async function attack(t: TestContext, target: Target, work: (t: TestContext) => Promise<void>): Promise<void> {
  const witness = await startWitness(target);
  await witness.settled;
  const before = await target.memory();
  await work(t);
  const longest = await witness.stop();
  assert.equal(target.child.exitCode, null, 'the target still runs');
  const after = await target.memory();
  const grown = (after.rss - before.rss) / MiB;
  assert.ok(grown < MOST_RSS_MIB, `grew by ${grown.toFixed(1)} MiB`);
  const kept = (after.heapUsed - before.heapUsed) / MiB;
  t.diagnostic(`rss ${grown.toFixed(1)} MiB, heap ${kept.toFixed(1)} MiB, longest call ${longest.toFixed(0)} ms`);
  assert.ok(kept < MOST_HEAP_MIB, `keeps ${kept.toFixed(1)} MiB of heap`);
}

interface Witness {
  /** After its first calls, whose code is compiled by then. */
  readonly settled: Promise<void>;
  /** The longest call, in milliseconds. */
  stop(): Promise<number>;
}

/** Calls a tool again and again on one session; every call must be answered rightly and in time. */
async function startWitness({ port }: Target): Promise<Witness> {
  const client = new Client({ name: 'witness', version: '1' });
  const requestInit = { headers: { Authorization: 'Bearer fake-token' } };
  const url = new URL(`http://127.0.0.1:${port}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  const settled = Promise.withResolvers<void>();
  let stopping = false;
  let calls = 0;
  let longest = 0;
  const loop = async (): Promise<void> => {
    while (!stopping) {
      const begun = performance.now();
      const { structuredContent } = await client.callTool({ name: 'demo_text_count', arguments: { text: 'a b' } });
      assert.deepEqual(structuredContent, { words: 2, chars: 3 });
      longest = Math.max(longest, performance.now() - begun);
      if (++calls === 300) settled.resolve();
    }
  };
  const running = loop();
  running.catch((error: unknown) => settled.reject(error as Error));
  return {
    settled: settled.promise,
    async stop() {
      // One call that began after the attack, at least.
      const seen = calls;
      while (calls < seen + 2 && !stopping) await Promise.race([running, new Promise((r) => setTimeout(r, 5))]);
      stopping = true;
      await running;
      await client.close();
      assert.ok(longest < LONGEST_MS, `a call of the well-behaved client took ${longest.toFixed(0)} ms`);
      return longest;
    },
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export const opened = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
};

/** Sends bytes as they are and reads one answer; status 0 where the server hung up without one. */
export async function rawExchange(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  const socket = await opened(port);
  socket.write(bytes);
  const text = await readUntil(socket, isWhole);
  socket.destroy();
  const at = text.indexOf('\r\n\r\n');
  const head = at < 0 ? text : text.slice(0, at);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body: at < 0 ? '' : text.slice(at + 4) };
}

/** What came until `enough`, or the end. */
export async function readUntil(stream: Readable, enough: (text: string) => boolean): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let text = '';
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('latin1');
    if (enough(text)) resolve();
  };
  stream.on('data', onData).once('close', resolve).once('end', resolve);
  await promise;
  stream.off('data', onData);
  return text;
}

function isWhole(text: string): boolean {
  const at = text.indexOf('\r\n\r\n');
  if (at < 0) return false;
  const length = /^content-length: (\d+)/im.exec(text.slice(0, at))?.[1];
  if (length !== undefined) return text.length >= at + 4 + Number(length);
  return /^HTTP\/1\.1 (?:202|204)/.test(text) || text.endsWith('\r\n0\r\n\r\n');
}

export const AUTH = 'Authorization: Bearer fake-token\r\n';
export const HEAD = `Host: localhost\r\n${AUTH}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n`;

/** A POST to /mcp as bytes. */
export function postBytes(body: string | Buffer, more = ''): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    Buffer.from(`POST /mcp HTTP/1.1\r\n${HEAD}${more}Content-Length: ${bytes.length}\r\n\r\n`),
    bytes,
  ]);
}

export const message = (method: string, params: object = {}, id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

export const INITIALIZE = message('initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
});

/** Opens a session; gives its id. */
export async function openSession(port: number): Promise<string> {
  const { head } = await rawExchange(port, postBytes(INITIALIZE));
  const id = /^mcp-session-id: (\S+)/im.exec(head)?.[1];
  assert.ok(id, head);
  return id;
}
