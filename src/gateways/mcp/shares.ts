/** What clients hold of something there is a bounded number of: each has a share, so that one cannot have it all. */
import { SwitchboardError } from '#core/errors';

export interface Shares {
  /** One more for the client, until what is returned is called. Errors: `busy`. */
  enter(client: string): () => void;
}

export interface ShareBounds {
  /** Of all clients. */
  readonly most: number;
  readonly ofOne: number;
  /** What they are, for the refusal: `requests are under way`. */
  readonly what: string;
}

export function createShares({ most, ofOne, what }: ShareBounds): Shares {
  const held = new Map<string, number>();
  let all = 0;
  return {
    enter(client) {
      const own = held.get(client) ?? 0;
      if (own >= ofOne) throw new SwitchboardError('busy', `${own} ${what} for this client, and no more may`);
      if (all >= most) throw new SwitchboardError('busy', `${all} ${what}, and no more may`);
      held.set(client, own + 1);
      all += 1;
      let over = false;
      return () => {
        if (over) return;
        over = true;
        all -= 1;
        const left = (held.get(client) ?? 1) - 1;
        if (left === 0) held.delete(client);
        else held.set(client, left);
      };
    },
  };
}
