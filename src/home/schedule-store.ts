import type { DatabaseSync } from 'node:sqlite';
import { SwitchboardError } from '#core/errors';
import type { FaultPoints, ScheduleStore } from '#core/ports';
import type { Schedule } from '#core/schedule';
import { transaction } from './database.ts';
import { homeFailure } from './failures.ts';
import type { HomePaths } from './layout.ts';

interface StoreOptions {
  readonly paths: HomePaths;
  readonly db: DatabaseSync;
  readonly faults: FaultPoints;
}

/** Schedules in SQLite, a row each, the record as JSON. Fault points: `schedules.before-commit`, `.after-commit`. */
export function sqliteScheduleStore({ paths, db, faults }: StoreOptions): ScheduleStore {
  const columns = 'record FROM schedules';
  const upsert = db.prepare(
    `INSERT INTO schedules (component, name, next, record) VALUES (?, ?, ?, ?)
     ON CONFLICT (component, name) DO UPDATE SET next = excluded.next, record = excluded.record`,
  );
  const others = db.prepare('SELECT count(*) AS n FROM schedules WHERE component = ? AND name <> ?');
  const all = db.prepare(`SELECT ${columns} ORDER BY next, component, name`);
  const ofOne = db.prepare(`SELECT ${columns} WHERE component = ? ORDER BY next, name`);
  const due = db.prepare(
    `SELECT record FROM (
       SELECT record, next, component, row_number() OVER (PARTITION BY component ORDER BY next, name) AS place
       FROM schedules WHERE next <= ?
     ) WHERE place = 1 ORDER BY next, component LIMIT ?`,
  );
  const first = db.prepare('SELECT min(next) AS next FROM schedules');
  const one = db.prepare(`SELECT ${columns} WHERE component = ? AND name = ?`);
  const drop = db.prepare('DELETE FROM schedules WHERE component = ? AND name = ? AND record = ?');
  const update = db.prepare(
    'UPDATE schedules SET next = ?, record = ? WHERE component = ? AND name = ? AND record = ?',
  );
  const remove = db.prepare('DELETE FROM schedules WHERE component = ? AND name = ? RETURNING record');
  const removeAll = db.prepare('DELETE FROM schedules WHERE component = ? RETURNING record');

  const guard = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.database);
    }
  };
  const write = <T>(work: () => T): Promise<T> =>
    guard(() => {
      const done = transaction(db, () => {
        const result = work();
        faults.hit('schedules.before-commit');
        return result;
      });
      faults.hit('schedules.after-commit');
      return done;
    });
  const read = (rows: readonly { readonly [column: string]: unknown }[]): Schedule[] =>
    rows.map((row) => JSON.parse(String(row['record'])) as Schedule);

  return {
    set: (schedule, most) =>
      write(() => {
        const { component, name, next } = schedule;
        refuseTooManySchedules(component, Number(others.get(component, name)?.['n']), most);
        upsert.run(component, name, next, textOf(schedule));
      }),
    list: (component) => guard(() => read(component === undefined ? all.all() : ofOne.all(component))),
    due: (now, most) => guard(() => read(due.all(now, most))),
    next: () =>
      guard(() => {
        const next = first.get()?.['next'];
        return typeof next === 'number' ? next : undefined;
      }),
    take: (schedule, next) =>
      write(() => {
        const { component, name } = schedule;
        const text = textOf(schedule);
        if (next === undefined) return drop.run(component, name, text).changes > 0;
        return update.run(next, textOf({ ...schedule, next }), component, name, text).changes > 0;
      }),
    ran: (component, name, last) =>
      write(() => {
        const row = one.get(component, name);
        if (!row) return;
        const [schedule] = read([row]) as [Schedule];
        upsert.run(component, name, schedule.next, textOf({ ...schedule, last }));
      }),
    remove: (component, name) =>
      write(() => read(name === undefined ? removeAll.all(component) : remove.all(component, name))),
  };
}

/** The same schedule, the same text. */
function textOf({ component, name, function: fn, arguments: args, next, every, createdAt, last }: Schedule): string {
  return JSON.stringify({ component, name, function: fn, arguments: args, next, every, createdAt, last });
}

/** Throws `busy`: what nobody bounds, a component sets in a loop. */
export function refuseTooManySchedules(component: string, others: number, most: number): void {
  if (others < most) return;
  throw new SwitchboardError('busy', `${component} has ${others} schedules; there may be ${most}`, {
    fix: 'switchboard schedule list',
  });
}
