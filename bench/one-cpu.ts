import { readFile } from 'node:fs/promises';
import { run } from './processes.ts';

/**
 * A command prefix that binds a process to one processor, empty where there is none (macOS). For what passes a message
 * to and fro and never computes in two threads at once: whether the scheduler puts two such threads on one processor
 * or on two changes from second to second and changes the time threefold, for the baseline and for us by turns.
 */
export async function onOneCpu(): Promise<readonly string[]> {
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
