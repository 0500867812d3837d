/**
 * The host process of a home: `node daemon.ts <home> [<key>]`, started by `attach`, detached from the terminal.
 * With a key, descriptors 4 and 5 are the streams of an MCP client (lent-streams.ts).
 * Writes one line to file descriptor 3, that it listens or why not, and ends shortly after its last user.
 */
import { compileCacheOf } from './compile-cache.ts';

const home = process.argv[2] ?? '';
compileCacheOf(home);
const { runHost } = await import('./run-host.ts');
const key = process.argv[3];
if (key === undefined) await runHost(home);
else {
  const { lentStreams } = await import('./lent-streams.ts');
  await runHost(home, {}, lentStreams(key, process.ppid));
}
