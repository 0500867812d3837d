/**
 * Calls whose connection broke. In the 2025 revisions that is no cancellation (MCP 2025-11-25, "Streamable HTTP"): the
 * client may come back for the answer, and is waited for. One that went for good must not leave its calls running,
 * however often it came back before.
 */
export interface DroppedCalls {
  /** A call begins. `connection` is the signal of its HTTP request, and aborts if the client drops it. */
  begin(cancelled: AbortSignal, connection: AbortSignal): DroppableCall;
  /**
   * The response to the request with this signal is closed: as if the client had dropped it, where calls of it still run.
   * So it is when the client came back before it was known to be gone: the stream it takes over is ended, not broken.
   */
  closed(connection: AbortSignal): void;
  /** The client is back for what it missed: calls that wait for it go on, until what is returned says that it left again. */
  resumed(): () => void;
}

export interface DroppableCall {
  /** Aborts when the call is cancelled, or a while after its connection broke and nobody came back, or not for good. */
  readonly signal: AbortSignal;
  /** The call is over. */
  end(): void;
}

export function createDroppedCalls(waitMs: number): DroppedCalls {
  /** Calls without a connection of their own; with a timer while nobody is there for them. */
  const orphans = new Map<AbortController, NodeJS.Timeout | undefined>();
  /** By their connection. */
  const attached = new Map<AbortSignal, Set<() => void>>();
  let present = 0;
  const wait = (call: AbortController): void => {
    clearTimeout(orphans.get(call));
    const give = (): void => {
      orphans.delete(call);
      call.abort();
    };
    orphans.set(call, present > 0 ? undefined : setTimeout(give, waitMs).unref());
  };
  return {
    begin(cancelled, connection) {
      const call = new AbortController();
      const drop = (): void => {
        detach();
        wait(call);
      };
      const detach = (): void => {
        connection.removeEventListener('abort', drop);
        const others = attached.get(connection);
        others?.delete(drop);
        if (others?.size === 0) attached.delete(connection);
      };
      const end = (): void => {
        clearTimeout(orphans.get(call));
        orphans.delete(call);
        cancelled.removeEventListener('abort', cancel);
        detach();
      };
      const cancel = (): void => {
        end();
        call.abort();
      };
      if (cancelled.aborted) cancel();
      else {
        cancelled.addEventListener('abort', cancel, { once: true });
        if (connection.aborted) drop();
        else {
          connection.addEventListener('abort', drop, { once: true });
          attached.set(connection, (attached.get(connection) ?? new Set()).add(drop));
        }
      }
      return { signal: call.signal, end };
    },
    closed(connection) {
      for (const drop of attached.get(connection) ?? []) drop();
    },
    resumed() {
      present += 1;
      for (const [call, timer] of orphans) {
        clearTimeout(timer);
        orphans.set(call, undefined);
      }
      let gone = false;
      return () => {
        if (gone) return;
        gone = true;
        present -= 1;
        if (present === 0) for (const call of orphans.keys()) wait(call);
      };
    },
  };
}
