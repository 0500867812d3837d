/** Calls that components arranged for later: kept, made when they are due, ended when their component is. */
import {
  type Clock,
  decideAccess,
  dueTimes,
  type ErrorCode,
  formatReference,
  isScheduleName,
  type LogRecord,
  parseReference,
  printable,
  type Schedule,
  type ScheduleBounds,
  scheduleNotFound,
  type ScheduleStore,
  type ScheduleTime,
  SwitchboardError,
  timeAfter,
  toSwitchboardError,
} from '#core';
import type { AskTurn, EngineCall } from '#engine';
import type { Host } from './api.ts';
import { callFunction, type CallPath } from './call.ts';
import type { CatalogEntry } from './catalog.ts';
import { denialText } from './denials.ts';

export interface SchedulePorts {
  readonly store: ScheduleStore;
  readonly path: CallPath;
  readonly clock: Clock;
  readonly bounds: ScheduleBounds;
  readonly log: (record: LogRecord) => void;
}

export interface Schedules extends Pick<Host, 'schedules' | 'removeSchedule'> {
  /** Answers a cell. Errors: `denied` (it is not granted). */
  answer(request: EngineCall, payload: unknown, turn: AskTurn): Promise<unknown>;
  /** Begins to make calls that are due. */
  start(): Promise<void>;
  /** The last version of a component goes: nothing of it is left to be called. */
  forget(component: string): Promise<void>;
  /** Runs under way. */
  readonly running: number;
  /** Starts no more runs; settles when those under way have ended, which somebody else must see to. */
  close(): Promise<void>;
}

/** A machine that slept, or whose clock was set, is looked at again within this. */
const LONGEST_WAIT_MS = 30_000;
/** Components whose schedules run at the same time; those of one component run one after another. */
const LANES = 4;
const AT_ONCE = 100;
/** While a component's turn is not over, its times that have come are not looked for more often. */
const BUSY_WAIT_MS = 1_000;

type Reply = { readonly ok: unknown } | { readonly failed: { readonly tag: string; readonly val?: string } };
const failed = (tag: 'invalid' | 'limit' | 'unavailable', val: string): Reply => ({ failed: { tag, val } });

export function createSchedules({ store, path, clock, bounds, log }: SchedulePorts): Schedules {
  const { catalog, events } = path;
  const changes = new WeakMap<EngineCall, number>();
  const lanes = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const arm = async (): Promise<void> => {
    clearTimeout(timer);
    const next = closed ? undefined : await store.next();
    if (next === undefined || closed) return;
    clearTimeout(timer);
    const wait = Math.max(next - clock.now(), lanes.size > 0 ? BUSY_WAIT_MS : 0);
    timer = setTimeout(() => void tick().catch(() => undefined), Math.min(LONGEST_WAIT_MS, Math.max(1, wait))).unref();
  };

  const tick = async (): Promise<void> => {
    const due = await store.due(clock.now(), AT_ONCE);
    for (const component of new Set(due.map((one) => one.component))) {
      if (closed || lanes.has(component) || lanes.size >= LANES) continue;
      const own = due.filter((one) => one.component === component);
      const lane = runAll(own)
        .catch(() => undefined)
        .finally(() => {
          lanes.delete(component);
          if (!closed) void tick().catch(() => undefined);
        });
      lanes.set(component, lane);
    }
    await arm();
  };

  const runAll = async (due: readonly Schedule[]): Promise<void> => {
    for (const schedule of due) if (!closed) await run(schedule);
  };

  const run = async (schedule: Schedule): Promise<void> => {
    const { component, name, function: fn, next, every } = schedule;
    const now = clock.now();
    // Taken before it is run: a host that ends meanwhile has run it, and no other host runs it as well.
    if (!(await store.take(schedule, timeAfter(schedule, now)))) return;
    const missed = every === undefined ? 0 : Math.floor(Math.max(0, now - next) / every);
    let outcome: 'ok' | ErrorCode = 'ok';
    try {
      const entry = await catalog.current(component);
      if (maySchedule(entry)) {
        const principal = { kind: 'schedule', label: name } as const;
        await callFunction(path, component, fn, schedule.arguments, { principal });
      } else outcome = 'denied';
    } catch (thrown) {
      outcome = toSwitchboardError(thrown).code;
    }
    events.emit({ type: 'schedule.due', component, name, function: fn, outcome, missed });
    if (outcome === 'component-not-found' && !(await catalog.isInstalled(component))) await remove(component);
    else await store.ran(component, name, { at: now, outcome });
  };

  /** What counts now, for a call that nobody but the time makes. Says so where it is not granted any more. */
  const maySchedule = (entry: CatalogEntry): boolean => {
    const { installed } = entry;
    const decision = decideAccess(entry.targetFor('schedule').policy, { kind: 'schedule' });
    if (decision.allowed) return true;
    const message = denialText(installed.name, decision.denial, installed.description.manifest);
    log({ at: clock.now(), component: formatReference(installed), stream: 'log', level: 'warn', message });
    return false;
  };

  const set = async (component: string, payload: SetPayload): Promise<Reply> => {
    const { name, time, function: wanted, args } = payload;
    if (!isScheduleName(name)) return failed('invalid', 'a name is letters, digits and . _ -, at most 64');
    if (args.length > bounds.longestArguments) return failed('limit', 'the arguments are too long');
    const checked = await checkedCall(await catalog.current(component), wanted, args);
    if ('problem' in checked) return failed('invalid', checked.problem);
    const now = clock.now();
    const times = dueTimes(time, now, bounds);
    if (typeof times === 'string') return failed('invalid', times);
    const schedule: Schedule = {
      component: parseReference(component).name,
      name,
      function: checked.id,
      arguments: args,
      createdAt: now,
      ...times,
    };
    try {
      await store.set(schedule, bounds.most);
    } catch (thrown) {
      const { code, message } = toSwitchboardError(thrown);
      if (code === 'busy') return failed('limit', message);
      throw thrown;
    }
    events.emit({ type: 'schedule.set', schedule: told(schedule) });
    // It may have been uninstalled meanwhile.
    if (!(await catalog.isInstalled(schedule.component))) await remove(schedule.component);
    await arm();
    return { ok: schedule };
  };

  const remove = async (component: string, name?: string): Promise<readonly Schedule[]> => {
    const gone = await store.remove(component, name);
    for (const schedule of gone) events.emit({ type: 'schedule.removed', schedule: told(schedule) });
    return gone;
  };

  /** Every change is a durable write: a guest that sets and cancels in a loop must not have as many as it has time. */
  const mayChange = (request: EngineCall): boolean => {
    let root = request;
    while (root.from) root = root.from.request;
    const made = (changes.get(root) ?? 0) + 1;
    changes.set(root, made);
    return made <= bounds.changesOfCall;
  };

  return {
    async answer(request, payload) {
      const { context, policy } = request;
      // The cell decided the same before it asked; the cell is not trusted with it.
      const decision = decideAccess(policy, { kind: 'schedule' });
      if (!decision.allowed) {
        throw new SwitchboardError('denied', `${decision.denial.what}: ${decision.denial.reason}`);
      }
      const { name } = parseReference(context.component);
      const asked = payload as { readonly op: unknown } & Partial<SetPayload>;
      if (asked.op === 'list') return { ok: await store.list(name) };
      if (!mayChange(request)) {
        return failed('limit', `one call sets and cancels at most ${bounds.changesOfCall} schedules`);
      }
      const { name: wanted } = asked;
      if (typeof wanted !== 'string') return failed('invalid', 'a schedule has a name');
      if (asked.op === 'cancel') return { ok: (await remove(name, wanted)).length > 0 };
      return set(context.component, { ...asked, name: wanted } as SetPayload);
    },
    start: tick,
    schedules: (component) => store.list(component === undefined ? undefined : parseReference(component).name),
    async removeSchedule(component, name) {
      const subject = parseReference(component).name;
      const [gone] = await remove(subject, name);
      if (!gone) throw scheduleNotFound(subject, printable(name, 80));
      return gone;
    },
    async forget(component) {
      await remove(component);
    },
    get running() {
      return lanes.size;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.all(lanes.values());
    },
  };
}

interface SetPayload {
  readonly name: string;
  readonly time: ScheduleTime;
  readonly function: string;
  readonly args: string;
}

/** For events: arguments are the component's own. */
function told({ component, name, function: fn, next, every, createdAt, last }: Schedule): Omit<Schedule, 'arguments'> {
  const often = every === undefined ? {} : { every };
  return { component, name, function: fn, next, createdAt, ...often, ...(last ? { last } : {}) };
}

/** The function that is meant, if it may be called without a session and the arguments fit it. */
async function checkedCall(
  entry: CatalogEntry,
  wanted: string,
  text: string,
): Promise<{ readonly id: string } | { readonly problem: string }> {
  try {
    const { described } = entry.find(wanted.slice(0, 300));
    if (described.needsSession) return { problem: `${described.id} needs a session` };
    const { checkArguments } = await import('#wit');
    checkArguments(entry.installed.description.types, described, JSON.parse(text));
    return { id: described.id };
  } catch (thrown) {
    const problem = thrown instanceof SyntaxError ? `the arguments are not JSON: ${thrown.message}` : undefined;
    return { problem: printable(problem ?? toSwitchboardError(thrown).message, 500) };
  }
}
