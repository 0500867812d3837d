/** Memory that MCP sessions give back: many opened over HTTP, used, and left. */
import type { CallCounts } from '../counted-host.ts';
import { runScript } from '../processes.ts';
import { comparedRow } from '../row.ts';
import type { Suite } from '../suite.ts';

const MB = 1_000_000;

export const sessionMemory: Suite = async ({ quick, count }) => {
  const wanted = quick ? 20 : 1000;
  const printed = await runScript(['--expose-gc', 'bench/fixtures/memory-sessions.ts', String(wanted)]);
  const { before, after, most, counts } = JSON.parse(printed) as Memory;
  if (most !== wanted) throw new Error(`${most} sessions were open at once, not ${wanted}`);
  count(counts);
  return [
    comparedRow(
      `memory after ${wanted} MCP sessions opened, used and left`,
      'MB',
      after / MB,
      before / MB,
      (1.1 * before) / MB,
    ),
  ];
};

interface Memory {
  /** Bytes. */
  readonly before: number;
  readonly after: number;
  readonly most: number;
  readonly counts: CallCounts;
}
