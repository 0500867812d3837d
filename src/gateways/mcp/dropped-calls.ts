/**
 * Calls whose connection broke. In the 2025 revisions that is no cancellation (MCP 2025-11-25, "Streamable HTTP"): the
 * client may come back for the answer, and is waited for. One that went for good must not leave its calls running.
 */
export interface DroppedCalls {
  /** The signal of one call: aborts when it is cancelled, or a while after its connection broke and nobody came back. */
  signal(cancelled: AbortSignal, connection: AbortSignal): AbortSignal;
  /** The client is back: calls that wait for it go on. */
  resumed(): void;
}

export function createDroppedCalls(waitMs: number): DroppedCalls {
  const waiting = new Set<NodeJS.Timeout>();
  return {
    signal(cancelled, connection) {
      const call = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const drop = (): void => {
        if (call.signal.aborted) return;
        timer = setTimeout(() => call.abort(), waitMs).unref();
        waiting.add(timer);
      };
      const cancel = (): void => {
        clearTimeout(timer);
        call.abort();
      };
      if (cancelled.aborted) cancel();
      else cancelled.addEventListener('abort', cancel, { once: true });
      if (connection.aborted) drop();
      else connection.addEventListener('abort', drop, { once: true });
      return call.signal;
    },
    resumed() {
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    },
  };
}
