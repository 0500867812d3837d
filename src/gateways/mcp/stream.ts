/** MCP over a pair of byte streams: stdio, or a socket that stands for it. */
import type { Readable, Writable } from 'node:stream';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { SwitchboardError } from '#core/errors';
import type { Narrowing } from '#core/narrowing';
import type { Host } from '#host/api';
import type { Server } from '@modelcontextprotocol/server';
import { type Connection, createConnection } from './connection.ts';
import { createParkedCalls } from './parked-calls.ts';
import { createPlainCalls } from './plain-calls.ts';
import { createRateLimiter, type Rate, rateLimited } from './rate-limit.ts';
import { createStreamTransport } from './stream-transport.ts';
import { readTable, toolboxOf } from './toolbox.ts';
import { hostVersion } from './version.ts';

export interface McpStream {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal?: AbortSignal | undefined;
  /** What the client is offered; everything, listed, unless given. */
  readonly narrowing?: Narrowing | undefined;
  /** How often the client may ask; as often as it likes unless given. */
  readonly rate?: Rate | undefined;
}

export interface ServedStream {
  /** Settles when the client has gone or `close` was called; its calls are aborted by then. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Serves one connection, both protocol generations: its first message tells which it is. */
export async function serveStream(host: Host, io: McpStream): Promise<ServedStream> {
  io.signal?.throwIfAborted();
  const toolbox = toolboxOf(host, io.narrowing);
  try {
    const version = await hostVersion(host);
    const transport = createStreamTransport(io.input, io.output, io.rate && refusalBy(io.rate));
    let plainCall: Connection['plainCall'] | undefined;
    const plain = createPlainCalls({
      call: (params, signal) => plainCall?.(params, signal),
      send: (message) => transport.write(message),
    });
    transport.intercept = (message) => plain.take(message);
    const parked = createParkedCalls();
    const connect = async ({ era }: { readonly era: string }): Promise<Server> => {
      await readTable(toolbox);
      const connection = createConnection({ host, toolbox, version, sessions: true, parked });
      plainCall = era === 'legacy' ? connection.plainCall : undefined;
      return connection.server;
    };
    const served = serveStdio(connect, { transport, legacy: 'serve' });
    const close = (): Promise<void> => served.close();
    const onAbort = (): void => void close();
    io.signal?.addEventListener('abort', onAbort, { once: true });
    const closed = transport.closed.then(() => {
      plain.close();
      parked.close();
      io.signal?.removeEventListener('abort', onAbort);
      toolbox.release();
    });
    return { closed, close };
  } catch (error) {
    toolbox.release();
    throw error;
  }
}

function refusalBy(rate: Rate): () => SwitchboardError | undefined {
  const limiter = createRateLimiter(rate);
  return () => {
    const wait = limiter.take('');
    return wait > 0 ? rateLimited(wait) : undefined;
  };
}
