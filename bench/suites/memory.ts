/** Memory of an instance that stays, at a thousand of them, each against jco alone in a process of its own. */
import { runScript } from '../processes.ts';
import { interleave } from '../rounds.ts';
import type { CallCounts } from '../counted-host.ts';
import { comparedRow } from '../row.ts';
import type { Suite } from '../suite.ts';

export const residentMemory: Suite = async ({ quick, count }) => {
  const wanted = quick ? 20 : 1000;
  const growth = async (script: string): Promise<number> => {
    const printed = await runScript(['--expose-gc', `bench/fixtures/${script}.ts`, String(wanted)]);
    const { growth: bytes, counts } = JSON.parse(printed) as Growth;
    if (counts) count(counts);
    return bytes;
  };
  const took = await interleave(
    { direct: () => growth('memory-direct'), ours: () => growth('memory-ours') },
    { least: quick ? 1 : 2, most: quick ? 1 : 2, budgetMs: 20_000, warmUp: false },
  );
  return [
    comparedRow(
      `memory of a resident C instance, ${wanted} of them`,
      'bytes',
      took.ours,
      took.direct,
      1.2 * took.direct,
    ),
  ];
};

interface Growth {
  /** Bytes for each instance. */
  readonly growth: number;
  readonly counts?: CallCounts;
}
