import { finished } from 'node:stream/promises';
import type { RemoteHost } from '../control/client.ts';
import type { Context } from './context.ts';

/**
 * A byte pipe between this process's standard streams and an MCP server in the host. Nothing else is ever
 * written to stdout. Ends when the client closes its end, or the host does.
 */
export async function serveStdio(context: Context, prepare: () => Promise<RemoteHost>): Promise<void> {
  context.bareStdout = true;
  const host = await prepare();
  const pipe = await host.mcpPipe();
  const stop = (): void => void pipe.destroy();
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  process.stdin.on('error', stop);
  process.stdin.pipe(pipe);
  pipe.pipe(process.stdout);
  await finished(pipe).catch(() => undefined);
  process.stdin.unpipe(pipe);
  if (context.signal.aborted) context.finished();
}
