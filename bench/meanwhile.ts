/** How other components' calls fare while something has a processor to itself. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { interleave } from './rounds.ts';
import { quantile } from './stats.ts';

/** What goes on; resolves when it is over. */
export type Disturbance = () => Promise<unknown>;

export interface Meanwhile {
  /** 99th percentile of the calls' times while `ours` went on, in ms: the median over windows. */
  readonly ours: number;
  /** The same while a bare worker computed for as long. */
  readonly busy: number;
  /** Calls that failed. */
  readonly failed: number;
}

/** Pauses between windows: a stopped cell's successor is started then, not in the other's window. */
const PAUSE_MS = 300;

/**
 * Runs the disturbance and a bare busy worker in turn, `windows` times each, calling `run` one after the other all the
 * while. Against the busy worker and not against quiet: a guest is allowed a processor, so what the others lose by it
 * is not the question; the question is what they lose beyond.
 */
export async function measureMeanwhile(
  windowMs: number,
  windows: number,
  run: () => Promise<unknown>,
  disturbance: Disturbance,
): Promise<Meanwhile> {
  let failed = 0;
  const window = async (other: Disturbance): Promise<number> => {
    await sleep(PAUSE_MS);
    let over = false;
    const times: number[] = [];
    const disturbed = other().finally(() => {
      over = true;
    });
    while (!over) {
      const started = performance.now();
      try {
        await run();
      } catch {
        failed += 1;
      }
      times.push(performance.now() - started);
    }
    await disturbed;
    return quantile(times, 0.99);
  };
  const worker = new Worker(new URL('./fixtures/busy-worker.ts', import.meta.url));
  const busyWorker: Disturbance = async () => {
    worker.postMessage(windowMs);
    await once(worker, 'message');
  };
  const took = await interleave(
    { busy: () => window(busyWorker), ours: () => window(disturbance) },
    { least: windows, most: windows, budgetMs: Number.POSITIVE_INFINITY },
  );
  await worker.terminate();
  return { ...took, failed };
}
