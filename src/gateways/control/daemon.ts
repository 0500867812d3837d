/**
 * The host process of a home: `node daemon.ts <home>`, started by `attach`, detached from the terminal.
 * Writes one line to file descriptor 3, that it listens or why not, and ends shortly after its last user.
 */
import { compileCacheOf } from './compile-cache.ts';

const home = process.argv[2] ?? '';
compileCacheOf(home);
const { runHost } = await import('./run-host.ts');
await runHost(home);
