import type { Cell } from './cell.ts';

/** Which cell holds a session's instance, and the session's calls in order: an instance runs one at a time. */
export interface SessionTable<Call> {
  has(session: string): boolean;
  /** Whether the call may go on now; else it waits its turn, or there are `most` sessions and it is refused. */
  enter(session: string, call: Call, most: number): boolean;
  /** A waiting call gives up. False if it is the one whose turn it is: then `next` is due. */
  leave(session: string, call: Call): boolean;
  /** The call under way ended: the next one, if any, is under way now. */
  next(session: string): Call | undefined;
  /** The call whose turn it is. */
  current(session: string): Call | undefined;
  cell(session: string): Cell | undefined;
  bind(session: string, cell: Cell): void;
  /** The cell is gone, and with it the instances of its sessions. */
  forget(cell: Cell): void;
  close(session: string): { readonly cell: Cell | undefined; readonly waiting: readonly Call[] };
  waiting(): number;
  all(): Iterable<Call>;
}

interface Entry<Call> {
  cell: Cell | undefined;
  current: Call | undefined;
  waiting: Call[];
}

export function createSessionTable<Call>(): SessionTable<Call> {
  const entries = new Map<string, Entry<Call>>();
  return {
    has: (session) => entries.has(session),
    enter(session, call, most) {
      let entry = entries.get(session);
      if (!entry) {
        if (entries.size >= most) return false;
        entry = { cell: undefined, current: undefined, waiting: [] };
        entries.set(session, entry);
      }
      if (entry.current === undefined) {
        entry.current = call;
        return true;
      }
      entry.waiting.push(call);
      return false;
    },
    leave(session, call) {
      const entry = entries.get(session);
      if (!entry) return true;
      entry.waiting = entry.waiting.filter((waiting) => waiting !== call);
      return entry.current !== call;
    },
    next(session) {
      const entry = entries.get(session);
      if (!entry) return undefined;
      entry.current = entry.waiting.shift();
      return entry.current;
    },
    current: (session) => entries.get(session)?.current,
    cell: (session) => entries.get(session)?.cell,
    bind(session, cell) {
      const entry = entries.get(session);
      if (entry) entry.cell = cell;
    },
    forget(cell) {
      for (const entry of entries.values()) if (entry.cell === cell) entry.cell = undefined;
    },
    close(session) {
      const entry = entries.get(session);
      entries.delete(session);
      return { cell: entry?.cell, waiting: entry?.waiting ?? [] };
    },
    waiting: () => [...entries.values()].reduce((sum, entry) => sum + entry.waiting.length, 0),
    *all() {
      for (const entry of entries.values()) yield* entry.waiting;
    },
  };
}
