import { randomBytes } from 'node:crypto';
import { type ErrorCode, SwitchboardError } from '#core';
import type { Handles } from '#wit/coerce-common';
import type { Instance } from './instance.ts';

type Prepare = (instance: Instance) => void;
type Create = (prepare: Prepare) => Instance | Promise<Instance>;

/** Sessions of a cell: each has an instance of its own and a table of the resource handles it gave out. */
export interface CellSessions {
  take(session: string, prepare: Prepare): Instance | Promise<Instance>;
  handles(session: string): Handles;
  /**
   * The session's call failed. Handles that it gave away to a guest which never ran are the caller's again; handles
   * that it made are dropped if nobody learnt of them. Else one bad argument would lose a resource, and one result
   * too large would fill the session for good.
   */
  failed(session: string, error: ErrorCode): void;
  /** Drops all handles, then the instance. */
  drop(session: string): void;
}

interface Entry {
  readonly resource: number;
  readonly value: object;
}

interface CellSession {
  instance?: Instance;
  readonly table: Map<string, Entry>;
  /** Handles given away and made by the call under way: a session runs one at a time. */
  readonly given: [string, Entry][];
  readonly made: string[];
  readonly handles: Handles;
}

/** Handles outside a session: there are none; the host refuses such calls before they get here. */
export const NO_HANDLES: Handles = {
  lift: () => refuse(),
  lower: () => refuse(),
};

/** `most` is the number of handles one session may hold. */
export function createCellSessions(most: number, create: Create): CellSessions {
  const sessions = new Map<string, CellSession>();

  const open = (): CellSession => {
    const table: CellSession['table'] = new Map();
    const given: CellSession['given'] = [];
    const made: string[] = [];
    return {
      table,
      given,
      made,
      handles: {
        lift(resource, value) {
          const handle = lift(table, most, resource, value);
          made.push(handle);
          return handle;
        },
        lower(resource, handle, own) {
          const entry = lower(table, resource, handle);
          if (own) {
            table.delete(handle);
            given.push([handle, entry]);
          }
          return entry.value;
        },
      },
    };
  };
  const of = (session: string): CellSession => {
    const known = sessions.get(session) ?? open();
    sessions.set(session, known);
    return known;
  };

  return {
    take(name, prepare) {
      const session = of(name);
      session.given.length = 0;
      session.made.length = 0;
      if (session.instance) {
        prepare(session.instance);
        return session.instance;
      }
      const made = create(prepare);
      if (!(made instanceof Promise)) {
        session.instance = made;
        return made;
      }
      return made.then((instance) => {
        session.instance = instance;
        return instance;
      });
    },
    handles: (name) => of(name).handles,
    failed(name, error) {
      const session = sessions.get(name);
      if (!session) return;
      if (error === 'invalid-arguments' || error === 'invalid-handle') {
        for (const [handle, entry] of session.given) session.table.set(handle, entry);
      } else if (error === 'handle-limit' || error === 'invalid-result') {
        for (const handle of session.made) {
          dispose(session.table.get(handle)?.value ?? {});
          session.table.delete(handle);
        }
      }
    },
    drop(name) {
      const session = sessions.get(name);
      sessions.delete(name);
      if (!session) return;
      // Its destructors cannot run while it waits in a call; it is discarded anyway.
      const idle = session.instance && !session.instance.dead && session.instance.callId < 0;
      if (idle) for (const { value } of session.table.values()) dispose(value);
      session.table.clear();
      session.instance?.discard(new SwitchboardError('session-not-found', 'the session was closed'));
    },
  };
}

function lift(table: CellSession['table'], most: number, resource: number, value: object): string {
  if (table.size >= most) {
    dispose(value);
    throw new SwitchboardError('handle-limit', `the session holds ${most} handles, as many as it may`, {
      fix: `switchboard limits <component> --handles ${most * 2}`,
    });
  }
  // 128 random bits: a handle of another session cannot be guessed, and each is looked up in its own session only.
  const handle = `h_${randomBytes(16).toString('base64url')}`;
  table.set(handle, { resource, value });
  return handle;
}

function lower(table: CellSession['table'], resource: number, handle: string): Entry {
  const entry = table.get(handle);
  if (!entry || entry.resource !== resource) {
    throw new SwitchboardError('invalid-handle', 'the handle is not one of this session, or was given away');
  }
  return entry;
}

function dispose(value: object): void {
  try {
    (value as Partial<Disposable>)[Symbol.dispose]?.();
  } catch {
    // The guest's destructor failed; its instance is discarded next.
  }
}

function refuse(): never {
  throw new SwitchboardError('session-required', 'resource handles need a session');
}
