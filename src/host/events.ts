import { EVENT_VERSION, type EventBody, type EventType, type HostEvent, isDecision } from '#core';

/** Called with each event; the next one waits for a returned promise. */
export type EventListener = (event: HostEvent) => void | Promise<void>;

/** The host's one event stream. */
export interface EventHub {
  /** Numbers and dates the event, then hands it to every subscriber, later in this turn of the event loop. */
  emit(body: EventBody): void;
  /**
   * Events from now on, in order: of these types, or of all. `events.dropped` is always told. Returns the end of the
   * subscription.
   */
  subscribe(listener: EventListener, types?: readonly EventType[], bound?: number): () => void;
  /** Settles when every subscriber has had everything, or `longest` ms are over: one that hangs holds nothing up. */
  drained(longest: number): Promise<void>;
}

/** Events a subscriber may be behind before others than decisions are dropped for it. */
export const SUBSCRIBER_BOUND = 10_000;

interface Subscriber {
  readonly listener: EventListener;
  readonly types: ReadonlySet<EventType> | undefined;
  readonly bound: number;
  queue: HostEvent[];
  dropped: number;
  delivering: Promise<void> | undefined;
  ended: boolean;
}

/** A slow or failing subscriber holds up nobody else: each has its own queue. */
export function createEventHub(now: () => number): EventHub {
  const subscribers = new Set<Subscriber>();
  let seq = 0;

  const deliver = async (subscriber: Subscriber): Promise<void> => {
    await Promise.resolve();
    while (subscriber.queue.length > 0 && !subscriber.ended) {
      const batch = subscriber.queue;
      subscriber.queue = [];
      if (subscriber.dropped > 0) {
        const last = batch.at(-1);
        if (last)
          batch.push({
            v: EVENT_VERSION,
            seq: last.seq,
            at: last.at,
            type: 'events.dropped',
            count: subscriber.dropped,
          });
        subscriber.dropped = 0;
      }
      for (const event of batch) {
        if (subscriber.ended) return;
        try {
          const slow = subscriber.listener(event);
          if (slow) await slow;
        } catch {
          // The listener's own failure; the stream goes on for it and for everybody else.
        }
      }
    }
    subscriber.delivering = undefined;
  };

  return {
    emit(body) {
      seq += 1;
      let event: HostEvent | undefined;
      for (const subscriber of subscribers) {
        if (subscriber.types !== undefined && !subscriber.types.has(body.type)) continue;
        event ??= { v: EVENT_VERSION, seq, at: now(), ...body };
        if (subscriber.queue.length >= subscriber.bound && !isDecision(event)) {
          subscriber.dropped += 1;
          continue;
        }
        subscriber.queue.push(event);
        subscriber.delivering ??= deliver(subscriber);
      }
    },
    subscribe(listener, types, bound = SUBSCRIBER_BOUND) {
      const subscriber: Subscriber = {
        listener,
        types: types && new Set(types),
        bound,
        queue: [],
        dropped: 0,
        delivering: undefined,
        ended: false,
      };
      subscribers.add(subscriber);
      return () => {
        subscriber.ended = true;
        subscribers.delete(subscriber);
      };
    },
    async drained(longest) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, longest);
      await Promise.race([Promise.all([...subscribers].map((s) => s.delivering ?? Promise.resolve())), promise]);
      clearTimeout(timer);
    },
  };
}
