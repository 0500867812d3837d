import type { DatabaseSync } from 'node:sqlite';
import { SwitchboardError } from '#core/errors';
import type { ApprovalRequest, Grant } from '#core/permission';
import type { ApprovalStore, FaultPoints, GrantStore } from '#core/ports';
import { transaction } from './database.ts';
import { homeFailure } from './failures.ts';
import type { HomePaths } from './layout.ts';

export const MOST_OPEN = 1_000;
export const MOST_OPEN_OF_ONE = 100;
const MOST_DECIDED = 1_000;

interface StoreOptions {
  readonly paths: HomePaths;
  readonly db: DatabaseSync;
  readonly faults: FaultPoints;
}

/** Grants in SQLite, a row each, the record as JSON. Fault points: `grants.before-commit`, `grants.after-commit`. */
export function sqliteGrantStore({ paths, db, faults }: StoreOptions): GrantStore {
  const insert = db.prepare('INSERT INTO grants (id, subject, created_at, record) VALUES (?, ?, ?, ?)');
  const all = db.prepare('SELECT record FROM grants ORDER BY created_at, rowid');
  const ofSubject = db.prepare('SELECT record FROM grants WHERE subject = ? ORDER BY created_at, rowid');
  const remove = db.prepare('DELETE FROM grants WHERE id = ? RETURNING record');
  const guard = guarded(paths);
  return {
    add: (grants) =>
      guard(() => {
        transaction(db, () => {
          for (const grant of grants) insert.run(grant.id, grant.subject, grant.createdAt, JSON.stringify(grant));
          faults.hit('grants.before-commit');
        });
        faults.hit('grants.after-commit');
      }),
    list: (subject) =>
      guard(() => (subject === undefined ? all.all() : ofSubject.all(subject)).map((row) => recordOf<Grant>(row))),
    remove: (ids) =>
      guard(() =>
        transaction(db, () => {
          const gone = ids.flatMap((id) => remove.all(id).map((row) => recordOf<Grant>(row)));
          faults.hit('grants.before-commit');
          return gone;
        }),
      ),
  };
}

/** Requests in SQLite. Fault point: `approvals.before-commit`. */
export function sqliteApprovalStore({ paths, db, faults }: StoreOptions): ApprovalStore {
  const insert = db.prepare('INSERT INTO approvals (id, subject, state, filed_at, record) VALUES (?, ?, ?, ?, ?)');
  const one = db.prepare('SELECT record FROM approvals WHERE id = ?');
  const all = db.prepare('SELECT record FROM approvals ORDER BY filed_at DESC, rowid DESC');
  const ofState = db.prepare('SELECT record FROM approvals WHERE state = ? ORDER BY filed_at DESC, rowid DESC');
  const count = db.prepare("SELECT count(*) AS n, sum(subject = ?) AS own FROM approvals WHERE state = 'open'");
  const decide = db.prepare("UPDATE approvals SET state = ?, record = ? WHERE id = ? AND state = 'open'");
  const prune = db.prepare(
    "DELETE FROM approvals WHERE state <> 'open' AND rowid NOT IN (SELECT rowid FROM approvals WHERE state <> 'open' ORDER BY rowid DESC LIMIT ?)",
  );
  const guard = guarded(paths);
  return {
    file: (request) =>
      guard(() =>
        transaction(db, () => {
          const { n, own } = count.get(request.subject) as { n: number; own: number | null };
          refuseTooMany(n, own ?? 0);
          insert.run(request.id, request.subject, request.state, request.filedAt, JSON.stringify(request));
          faults.hit('approvals.before-commit');
        }),
      ),
    get: (id) =>
      guard(() => {
        const row = one.get(id);
        return row && recordOf<ApprovalRequest>(row);
      }),
    list: (state) =>
      guard(() => (state === undefined ? all.all() : ofState.all(state)).map((row) => recordOf<ApprovalRequest>(row))),
    decide: (id, state, at) =>
      guard(() =>
        transaction(db, () => {
          const row = one.get(id);
          if (!row) return undefined;
          const decided: ApprovalRequest = { ...recordOf<ApprovalRequest>(row), state, decidedAt: at };
          if (decide.run(state, JSON.stringify(decided), id).changes === 0) return undefined;
          prune.run(MOST_DECIDED);
          faults.hit('approvals.before-commit');
          return decided;
        }),
      ),
  };
}

/** Throws `busy`: requests cost nothing to file, and a person must be able to read them. */
export function refuseTooMany(open: number, own: number): void {
  if (open < MOST_OPEN && own < MOST_OPEN_OF_ONE) return;
  throw new SwitchboardError('busy', `${Math.min(open, MOST_OPEN)} requests for permission wait for a decision`, {
    fix: 'switchboard approvals list',
  });
}

function recordOf<T>(row: { readonly [column: string]: unknown }): T {
  return JSON.parse(String(row['record'])) as T;
}

function guarded(paths: HomePaths) {
  return async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.database);
    }
  };
}
