/**
 * The process in which a project's tests run: `test-process <request as JSON>`, with a channel to its parent and a
 * temporary directory of its own.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toSwitchboardError } from '#core/errors';
import { runProjectTests } from '#devkit';
import { createHost } from '#host';
import { devkitPorts } from './devkit-ports.ts';

/** What the parent asks for. */
export interface TestRequest {
  readonly home: string;
  readonly folder: string;
  readonly coverage: boolean;
  readonly only?: string | undefined;
  readonly include: readonly string[];
  /** Whether the report for people is wanted, on stdout. */
  readonly report: boolean;
}

/** Who stops the tests waits a little longer, then kills. */
const GRACE_MS = 900;

const over = new AbortController();
/** The compiler runs in a process group of its own: it would go on where this process just ended. */
function stop(): void {
  if (over.signal.aborted) return;
  over.abort();
  setTimeout(() => process.exit(1), GRACE_MS).unref();
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
process.on('disconnect', stop);
// Listening keeps the process, and node:test takes tests for done when nothing does.
process.channel?.unref();

const request = JSON.parse(process.argv[2] ?? '{}') as TestRequest;
// Each sandbox has a home of its own; what was compiled for one serves all.
const cache = join(tmpdir(), 'cache');
try {
  const ports = await devkitPorts(request.home, (line) => void process.stderr.write(`${line}\n`));
  const outcome = await runProjectTests(request.folder, ports, {
    coverage: request.coverage,
    only: request.only,
    include: request.include,
    openHost: (home, fakeNetwork) => createHost({ home, cache, fakeNetwork }),
    signal: over.signal,
    report: request.report ? process.stdout : undefined,
  });
  await tell({ outcome });
} catch (error) {
  await tell({ error: toSwitchboardError(error).toJSON() });
}
// What the tests left behind may keep it alive for ever.
process.exit(0);

function tell(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, () => process.stdout.write('', () => resolve()));
    else resolve();
  });
}
