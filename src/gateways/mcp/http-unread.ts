/** Answers under way: what clients do not read must not pile up, and a stream ends with the token it was asked with. */
import type { ServerResponse } from 'node:http';

/** All unread answers together; past it those that stand still go, the largest first. */
const MOST_UNREAD = 128 * 1024 * 1024;
/** An answer of which nothing more was taken for so long stands still. */
const STILL_MS = 3_000;
const SWEEP_MS = 1_000;

export interface Answers {
  /** Watches a response until it closes. `endsAt`: milliseconds since the epoch at which it is ended. */
  watch(response: ServerResponse, endsAt?: number): void;
  close(): void;
}

interface Watched {
  readonly endsAt: number;
  unread: number;
  /** When `unread` changed last. */
  at: number;
}

/** Looks once a second. */
export function watchAnswers(mostUnread: number = MOST_UNREAD): Answers {
  const open = new Map<ServerResponse, Watched>();
  const sweep = (): void => {
    const now = performance.now();
    let total = 0;
    const still: ServerResponse[] = [];
    for (const [response, watched] of open) {
      const unread = response.writableLength;
      total += unread;
      if (unread !== watched.unread) {
        watched.unread = unread;
        watched.at = now;
      } else if (unread > 0 && now - watched.at > STILL_MS) still.push(response);
      if (Date.now() > watched.endsAt) response.destroy();
    }
    still.sort((a, b) => b.writableLength - a.writableLength);
    for (const response of still) {
      if (total <= mostUnread) break;
      total -= response.writableLength;
      response.destroy();
    }
  };
  const timer = setInterval(sweep, SWEEP_MS).unref();
  return {
    watch(response, endsAt = Number.POSITIVE_INFINITY) {
      open.set(response, { endsAt, unread: 0, at: performance.now() });
      response.once('close', () => open.delete(response));
    },
    close: () => clearInterval(timer),
  };
}
