import { randomBytes } from 'node:crypto';
import { SwitchboardError } from '#core';
import type { Handles } from '#wit';
import type { Instance } from './instance.ts';

type Prepare = (instance: Instance) => void;
type Create = (prepare: Prepare) => Instance | Promise<Instance>;

/** Sessions of a cell: each has an instance of its own and a table of the resource handles it gave out. */
export interface CellSessions {
  take(session: string, prepare: Prepare): Instance | Promise<Instance>;
  handles(session: string): Handles;
  /** Drops all handles, then the instance. */
  drop(session: string): void;
}

interface CellSession {
  instance?: Instance;
  readonly table: Map<string, { readonly resource: number; readonly value: object }>;
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
    return {
      table,
      handles: {
        lift: (resource, value) => lift(table, most, resource, value),
        lower: (resource, handle, own) => lower(table, resource, handle, own),
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
    drop(name) {
      const session = sessions.get(name);
      sessions.delete(name);
      if (!session) return;
      if (session.instance && !session.instance.dead) for (const { value } of session.table.values()) dispose(value);
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

function lower(table: CellSession['table'], resource: number, handle: string, own: boolean): object {
  const entry = table.get(handle);
  if (!entry || entry.resource !== resource) {
    throw new SwitchboardError('invalid-handle', 'the handle is not one of this session, or was given away');
  }
  if (own) table.delete(handle);
  return entry.value;
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
