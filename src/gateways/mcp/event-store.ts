/**
 * What was sent on the event streams of one MCP session, kept so that a client whose connection broke can have the
 * rest: MCP 2025-11-25, "Streamable HTTP", resumability. A client gets all that came after the event it names, or is
 * told that it cannot: never a part.
 */
import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

export interface EventBounds {
  /** Messages kept at once; the oldest go first. */
  readonly mostEvents: number;
  /** Their size, roughly as JSON. A larger message is sent but not kept. */
  readonly mostBytes: number;
}

const BOUNDS: EventBounds = { mostEvents: 256, mostBytes: 1024 * 1024 };
/** Streams remembered; the one without an event for longest is forgotten first. */
const MOST_STREAMS = 512;
/** Parts of a message that are looked at for its size; one of more parts is taken for too large. */
const MOST_PARTS = 10_000;

export interface SessionEvents extends EventStore {
  /** Whether everything after the event is there still. */
  resumable(eventId: string): boolean;
}

interface Stream {
  /** No event before this number is known of. */
  readonly first: number;
  /** Of the next event; the opening one of a stream counts, which carries no message and is never kept. */
  next: number;
  /** By number, ascending. */
  readonly kept: Map<number, Kept>;
}

interface Kept {
  readonly streamId: string;
  readonly number: number;
  readonly message: JSONRPCMessage;
  readonly bytes: number;
}

/** An event's id is `<stream>~<number>`; it means something in its own session only. */
export function createEventStore(bounds: EventBounds = BOUNDS): SessionEvents {
  const streams = new Map<string, Stream>();
  /** In the order they came. */
  const all = new Set<Kept>();
  let bytes = 0;
  /** Events of all streams: a stream begins to count here, so that one forgotten and begun anew gives no number twice. */
  let total = 0;

  const forget = (event: Kept): void => {
    all.delete(event);
    bytes -= event.bytes;
    streams.get(event.streamId)?.kept.delete(event.number);
  };
  const streamOf = (streamId: string): Stream => {
    const stream = streams.get(streamId) ?? { first: total, next: total, kept: new Map() };
    // Moved to the end: the first is the one without an event for longest.
    streams.delete(streamId);
    streams.set(streamId, stream);
    if (streams.size > MOST_STREAMS) {
      for (const [id, { kept }] of streams) {
        for (const event of kept.values()) forget(event);
        streams.delete(id);
        break;
      }
    }
    return stream;
  };
  const keep = (event: Kept, stream: Stream): void => {
    stream.kept.set(event.number, event);
    all.add(event);
    bytes += event.bytes;
    for (const oldest of all) {
      if (all.size <= bounds.mostEvents && bytes <= bounds.mostBytes) break;
      forget(oldest);
    }
  };
  /** The events after the one named; undefined where one of them is not there any more. */
  const after = (eventId: string): { streamId: string; events: Kept[] } | undefined => {
    const [, streamId, number] = /^(.+)~(\d{1,15})$/.exec(eventId) ?? [];
    const stream = streamId === undefined ? undefined : streams.get(streamId);
    const last = Number(number);
    if (streamId === undefined || stream === undefined || last < stream.first || last >= stream.next) return undefined;
    const events = [...stream.kept.values()].filter((event) => event.number > last);
    return events.length === stream.next - 1 - last ? { streamId, events } : undefined;
  };

  return {
    async storeEvent(streamId, message) {
      const stream = streamOf(streamId);
      const number = stream.next++;
      total++;
      // The opening event of a stream comes as `{}`.
      if ('jsonrpc' in message) {
        const size = weigh(message, bounds.mostBytes);
        if (size <= bounds.mostBytes) keep({ streamId, number, message, bytes: size }, stream);
      }
      return `${streamId}~${number}`;
    },
    async replayEventsAfter(lastEventId, { send }) {
      const found = after(lastEventId);
      if (!found) throw new Error('not all events after this one are there');
      for (const { streamId, number, message } of found.events) await send(`${streamId}~${number}`, message);
      return found.streamId;
    },
    resumable: (eventId) => after(eventId) !== undefined,
  };
}

/** Roughly the length of the value as JSON; more than `most` as soon as it is known to be. */
function weigh(value: unknown, most: number): number {
  const pending: unknown[] = [value];
  let bytes = 0;
  for (let parts = 0; pending.length > 0; parts++) {
    if (bytes > most || parts + pending.length > MOST_PARTS) return most + 1;
    const part = pending.pop();
    bytes += typeof part === 'string' ? part.length : 4;
    if (typeof part !== 'object' || part === null) continue;
    const inner: readonly unknown[] = Array.isArray(part) ? part : Object.entries(part).flat();
    if (inner.length > MOST_PARTS) return most + 1;
    pending.push(...inner);
  }
  return bytes;
}
