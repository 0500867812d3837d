/** A cell's reports of how far its calls are: the latest wins, so that a guest that reports in a loop floods nobody. */
import type { ServiceEnv } from '#core';
import { sharedNow } from './control-block.ts';
import { type FromCell, PROGRESS_INTERVAL_MS } from './protocol.ts';

type Report = Parameters<ServiceEnv['progress']>[0];

export interface CellProgress {
  /** Passes it on now if the call's last one is long enough ago, else with the next or after a while. */
  report(id: number, report: Report): void;
  /** The call is over: what was kept back is sent, or forgotten. */
  end(id: number, send: boolean): void;
}

interface Kept {
  sentAt: number;
  latest: Report | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** `send` must reach the host at once: a guest that computes lets no timer and no microtask of this thread run. */
export function createCellProgress(send: (message: FromCell & { t: 'progress' }) => void): CellProgress {
  const calls = new Map<number, Kept>();
  const pass = (id: number, kept: Kept, now: number): void => {
    const { latest } = kept;
    clearTimeout(kept.timer);
    kept.timer = undefined;
    kept.latest = undefined;
    if (!latest) return;
    kept.sentAt = now;
    send({ t: 'progress', id, ...latest });
  };
  return {
    report(id, report) {
      const kept = calls.get(id) ?? { sentAt: Number.NEGATIVE_INFINITY, latest: undefined, timer: undefined };
      calls.set(id, kept);
      kept.latest = report;
      const now = sharedNow();
      const left = kept.sentAt + PROGRESS_INTERVAL_MS - now;
      if (left <= 0) pass(id, kept, now);
      else kept.timer ??= setTimeout(() => pass(id, kept, sharedNow()), left).unref();
    },
    end(id, last) {
      const kept = calls.get(id);
      if (!kept) return;
      calls.delete(id);
      clearTimeout(kept.timer);
      if (last) pass(id, kept, sharedNow());
    },
  };
}
