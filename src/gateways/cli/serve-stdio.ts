import type { Socket } from 'node:net';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import { SwitchboardError } from '#core/errors';
import type { Narrowing } from '#core/narrowing';
import type { RemoteHost } from '../control/client.ts';
import { canLend } from '../control/lent-streams.ts';
import type { Rate } from '../mcp/rate-limit.ts';
import type { Context } from './context.ts';
import { pump } from './pump.ts';

/**
 * Serves the client of this process's standard streams. Where this starts the host, the host gets the streams
 * themselves; where a host runs already, this is a byte pipe to it. Nothing else is ever written to stdout. Ends when
 * the client closes its end, or the host does.
 */
export async function serveStdio(
  context: Context,
  prepare: () => Promise<RemoteHost>,
  narrowing: Narrowing,
  rate?: Rate,
): Promise<void> {
  context.bareStdout = true;
  context.lend = canLend();
  const host = await prepare();
  if (host.mcpLent) {
    await host.mcpLent(context.signal, narrowing, rate).catch((error: unknown) => {
      if (!context.signal.aborted) throw error;
    });
    if (context.signal.aborted) context.finished();
    return;
  }
  const pipe = await host.mcpPipe(narrowing, rate);
  if (context.signal.aborted) {
    pipe.destroy();
    context.finished();
    return;
  }
  const fd = blockingDescriptor(pipe);
  if (fd === undefined) await pipeStreams(context, pipe);
  else await pumpDescriptors(pipe, fd);
}

/** What Node's sockets have on systems where they are file descriptors; not a part of its documented API. */
interface Handle {
  readonly fd: number;
  setBlocking(on: boolean): number;
  readStop(): void;
}

/** Takes the socket off the event loop. Undefined where that cannot be done: then streams do, at twice the time a message. */
function blockingDescriptor(pipe: Socket): number | undefined {
  const { _handle: handle } = pipe as Socket & { readonly _handle?: Partial<Handle> };
  if (typeof handle?.fd !== 'number' || handle.fd < 0 || pipe.readableLength > 0) return undefined;
  if (typeof handle.setBlocking !== 'function' || typeof handle.readStop !== 'function') return undefined;
  pipe.pause();
  handle.readStop();
  return handle.setBlocking(true) === 0 ? handle.fd : undefined;
}

/**
 * One thread for each direction. This one stands in `read` and hears no signal, so signals get their default effect
 * again: the process ends at once, and the host sees its socket close.
 */
async function pumpDescriptors(pipe: Socket, fd: number): Promise<void> {
  const inputEnded = new Int32Array(new SharedArrayBuffer(4));
  const file = import.meta.filename.endsWith('.ts') ? './stdio-pump.ts' : './stdio-pump.js';
  const answers = new Worker(new URL(file, import.meta.url), { workerData: { fd, inputEnded } });
  const ended = once(answers, 'exit');
  await once(answers, 'online');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(signal);
  if (!pump(0, fd)) await pumpStream(fd);
  Atomics.store(inputEnded, 0, 1);
  pipe.end();
  await ended;
  pipe.destroy();
}

/** Standard input that does not block, such as a terminal shared with another program. */
async function pumpStream(fd: number): Promise<void> {
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    for (let sent = 0; sent < chunk.length; ) sent += writeSync(fd, chunk, sent);
  }
}

async function pipeStreams(context: Context, pipe: Socket): Promise<void> {
  const stop = (): void => void pipe.destroy();
  context.signal.addEventListener('abort', stop, { once: true });
  process.stdin.on('error', stop);
  process.stdin.pipe(pipe);
  pipe.pipe(process.stdout);
  await finished(pipe).catch(() => undefined);
  process.stdin.unpipe(pipe);
  if (context.signal.aborted) return context.finished();
  if (!process.stdin.readableEnded) throw new SwitchboardError('host-closed', 'the host closed the connection');
}
