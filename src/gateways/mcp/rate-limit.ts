/** How often a client may ask: a token bucket for each, in a table that cannot be grown from outside. */
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

export interface Rate {
  /** Requests a second, in the long run. */
  readonly perSecond: number;
  /** Requests at once after a rest. */
  readonly burst: number;
}

export interface RateLimiter {
  /** Takes `cost` requests from the client's bucket: 0 where they may be made, else milliseconds to wait. */
  take(client: string, cost?: number): number;
  /** Gives one back. */
  give(client: string): void;
  /** Clients that are remembered. */
  readonly size: number;
}

/** What a client that signed in through OAuth may ask where the owner says nothing. */
export const OAUTH_RATE: Rate = { perSecond: 100, burst: 200 };

const MOST_CLIENTS = 10_000;
const HIGHEST = 1_000_000;
const UNITS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600 };

/** `100/s`, `600/m`, `5000/h`; the burst is what two seconds bring, and at least 10. Errors: `invalid-usage`. */
export function parseRate(text: string): Rate {
  const m = /^(\d{1,9})\/([smh])$/.exec(text.trim());
  const perSecond = Number(m?.[1]) / (UNITS[m?.[2] ?? ''] ?? Number.NaN);
  if (!(perSecond > 0 && perSecond <= HIGHEST)) {
    throw new SwitchboardError('invalid-usage', `--rate takes requests a second, as 100/s, not "${printable(text)}"`, {
      fix: 'write --rate 100/s, --rate 600/m or --rate 5000/h',
    });
  }
  return rateOf(perSecond);
}

/** The rate of that many requests a second. */
export const rateOf = (perSecond: number): Rate => ({ perSecond, burst: Math.max(10, Math.ceil(2 * perSecond)) });

interface Bucket {
  left: number;
  at: number;
}

/**
 * Past `most` clients the one that asked longest ago is forgotten, which gives it a full bucket: whoever makes up
 * clients (addresses, sessions) without end wins bursts, never memory.
 */
export function createRateLimiter(
  rate: Rate,
  now: () => number = () => performance.now(),
  most = MOST_CLIENTS,
): RateLimiter {
  const buckets = new Map<string, Bucket>();
  const touch = (client: string): Bucket => {
    const at = now();
    const known = buckets.get(client);
    if (known) {
      known.left = Math.min(rate.burst, known.left + ((at - known.at) / 1000) * rate.perSecond);
      known.at = at;
      buckets.delete(client);
      buckets.set(client, known);
      return known;
    }
    if (buckets.size >= most) {
      const [oldest] = buckets.keys();
      if (oldest !== undefined) buckets.delete(oldest);
    }
    const fresh = { left: rate.burst, at };
    buckets.set(client, fresh);
    return fresh;
  };
  return {
    take(client, cost = 1) {
      const bucket = touch(client);
      // What costs more than a bucket holds goes through a full one, and is paid off afterwards.
      const needed = Math.min(cost, rate.burst);
      if (bucket.left >= needed) {
        bucket.left -= cost;
        return 0;
      }
      return Math.ceil(((needed - bucket.left) / rate.perSecond) * 1000);
    },
    give(client) {
      const bucket = buckets.get(client);
      if (bucket) bucket.left = Math.min(rate.burst, bucket.left + 1);
    },
    get size() {
      return buckets.size;
    },
  };
}

/** The refusal; `data.retryAfterMs` says when to come again. */
export function rateLimited(retryAfterMs: number): SwitchboardError {
  return new SwitchboardError('rate-limited', 'too many requests', {
    fix: `wait ${Math.ceil(retryAfterMs / 1000)} s, or have the owner raise switchboard serve --rate`,
    data: { retryAfterMs },
  });
}
