import { readFile } from 'node:fs/promises';
import type { CallCounts } from './counted-host.ts';
import { run } from './processes.ts';
import type { Row } from './row.ts';
import type { Suite } from './suite.ts';

/**
 * A command prefix that binds a process to one processor, empty where there is none (macOS). For what passes a message
 * to and fro and never computes in two threads at once: whether the scheduler puts two such threads on one processor
 * or on two changes from second to second and changes the time threefold, for the baseline and for us by turns.
 */
async function onOneCpu(): Promise<readonly string[]> {
  try {
    const status = await readFile('/proc/self/status', 'utf8');
    const cpu = /^Cpus_allowed_list:.*?(\d+)$/m.exec(status)?.[1];
    if (cpu === undefined) return [];
    const prefix = ['taskset', '-c', cpu] as const;
    await run(prefix[0], [...prefix.slice(1), 'true']);
    return prefix;
  } catch {
    return [];
  }
}

/** The suite of that name in `fixtures/bound-child.ts`, in a process that is bound to one processor with its children. */
export function boundSuite(name: string): Suite {
  return async ({ quick, count }) => {
    const [bind, ...prefix] = await onOneCpu();
    const script = ['bench/fixtures/bound-child.ts', name, quick ? 'quick' : 'full'];
    const printed = await (bind === undefined
      ? run(process.execPath, script)
      : run(bind, [...prefix, process.execPath, ...script]));
    const { rows, counts } = JSON.parse(printed) as {
      readonly rows: readonly Row[];
      readonly counts: CallCounts;
    };
    count(counts);
    return rows;
  };
}
