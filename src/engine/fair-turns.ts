/**
 * The order in which calls that wait get an instance: clients take turns (start-time fair queuing), so that one that
 * sends many calls waits for its own. Without it a client that fills the queue would keep all others out.
 */

/** A call that waits. */
export interface Waiting {
  /** Whose it is. */
  readonly client: string;
  /** When it is due, among those that wait; set by `place`. */
  turn: number;
}

export interface FairTurns<W extends Waiting> {
  /** Puts one more among those that wait: after all of its own client, after others that are due no later. */
  place(queue: W[], call: W): void;
  /** The call got its instance. */
  served(call: W): void;
  /** The call waits no more and was not served; `queue` is without it. Its client is not made to wait for it. */
  left(queue: readonly W[], call: W): void;
}

/** Clients that are remembered before those that have no turn to come are forgotten. */
const REMEMBERED = 64;

export function createFairTurns<W extends Waiting>(): FairTurns<W> {
  /** The last turn that each client has. One before `now` means nothing any more. */
  const last = new Map<string, number>();
  let now = 0;
  let most = REMEMBERED;
  return {
    place(queue, call) {
      call.turn = Math.max(now, (last.get(call.client) ?? -1) + 1);
      last.set(call.client, call.turn);
      let at = queue.length;
      while (at > 0 && (queue[at - 1]?.turn ?? 0) > call.turn) at -= 1;
      queue.splice(at, 0, call);
    },
    served({ turn }) {
      now = Math.max(now, turn);
      if (last.size <= most) return;
      for (const [client, its] of last) if (its < now) last.delete(client);
      most = Math.max(REMEMBERED, 2 * last.size);
    },
    left(queue, { client, turn }) {
      if (last.get(client) === turn) last.set(client, queue.findLast((one) => one.client === client)?.turn ?? now);
    },
  };
}

/** Whose call gives way where one more has no room: the last one of the client that has most of them. */
export function givesWay<W extends Waiting>(waiting: readonly W[], newcomer: W): W {
  const counts = new Map<string, number>();
  for (const { client } of waiting) counts.set(client, (counts.get(client) ?? 0) + 1);
  let heaviest = newcomer.client;
  for (const [client, count] of counts) if (count > (counts.get(heaviest) ?? 0)) heaviest = client;
  if (heaviest === newcomer.client) return newcomer;
  return waiting.findLast(({ client }) => client === heaviest) ?? newcomer;
}
