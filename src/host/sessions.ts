import { type Random, SwitchboardError } from '#core';

/** The host's open sessions. What lives in them is in the cells. */
export interface Sessions {
  open(): string;
  /** Throws `session-not-found`. */
  check(id: string): void;
  /** False if it was closed before. */
  close(id: string): boolean;
  readonly size: number;
}

const MOST = 10_000;

export function createSessions(random: Random): Sessions {
  const open = new Set<string>();
  return {
    open() {
      if (open.size >= MOST) throw new SwitchboardError('busy', `${MOST} sessions are open`);
      const id = `s_${Buffer.from(random.bytes(16)).toString('base64url')}`;
      open.add(id);
      return id;
    },
    check(id) {
      if (!open.has(id)) throw new SwitchboardError('session-not-found', 'the session has ended or never was');
    },
    close: (id) => open.delete(id),
    get size() {
      return open.size;
    },
  };
}
