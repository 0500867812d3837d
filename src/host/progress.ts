/** Reports of one call in the order that a caller may rely on: each value above the one before. */
import type { Caller, ProgressReport } from '#core';

export interface CallProgress {
  readonly report: (report: ProgressReport) => void;
  /** The call has settled: nothing is told any more. */
  end(): void;
}

/** What Switchboard itself reports comes before a component's first value, which may be 0: it gets little of the scale. */
const STEP = 1e-3;

/**
 * Host's reports rise by little steps. A component's value counts if it rises above its own before; where the host's are
 * above it, it goes above them by a step. What the receiver throws is its own affair.
 */
export function callProgress(tell: NonNullable<Caller['progress']>): CallProgress {
  let told = -STEP;
  let own = Number.NEGATIVE_INFINITY;
  let over = false;
  return {
    report(report) {
      if (over || (report.by === 'component' && report.progress <= own)) return;
      if (report.by === 'component') own = report.progress;
      const progress = report.by === 'component' && report.progress > told ? report.progress : above(told);
      told = progress;
      try {
        tell({ ...report, progress });
      } catch {
        // The caller's own failure.
      }
    },
    end() {
      over = true;
    },
  };
}

/** A step further; at sizes where a step is nothing, the next number. */
function above(value: number): number {
  const next = Math.round((value + STEP) / STEP) * STEP;
  return next > value ? Number(next.toFixed(3)) : value + Math.max(STEP, Math.abs(value) * Number.EPSILON * 2);
}
