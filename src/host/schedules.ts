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
  /** Whether anybody uses the host: where nobody does no more runs begin. */
  readonly inUse: () => boolean;
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
/** Components of which one schedule each is looked at in a turn. */
const AT_ONCE = 1_000;
/** While a component's turn is not over, its times that have come are not looked for more often. */
const BUSY_WAIT_MS = 1_000;

type Reply = { readonly ok: unknown } | { readonly failed: { readonly tag: string; readonly val?: string } };
const failed = (tag: 'invalid' | 'limit' | 'unavailable', val: string): Reply => ({ failed: { tag, val } });

/** One that is being run. `barred`: the owner removed it meanwhile; what its run does now arranges nothing. */
interface Run {
  readonly schedule: Schedule;
  barred: boolean;
}

export function createSchedules({ store, path, clock, bounds, log, inUse }: SchedulePorts): Schedules {
  const { catalog, events } = path;
  const changes = new WeakMap<EngineCall, number>();
  const lanes = new Map<string, Promise<void>>();
  /** By component: a lane runs one at a time. */
  const runs = new Map<string, Run>();
  /** Turns that components have had; the one whose last is longest ago is next. */
  const turns = new Map<string, number>();
  let turn = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const arm = async (): Promise<void> => {
    clearTimeout(timer);
    const next = closed ? undefined : await store.next();
    if (next === undefined || closed) return;
    clearTimeout(timer);
    const wait = Math.max(next - clock.now(), lanes.size > 0 || !inUse() ? BUSY_WAIT_MS : 0);
    timer = setTimeout(() => void tick().catch(() => undefined), Math.min(LONGEST_WAIT_MS, Math.max(1, wait))).unref();
  };

  const tick = async (): Promise<void> => {
    const due = inUse() ? await store.due(clock.now(), AT_ONCE) : [];
    // In turns: one component's many must not keep another's waiting.
    const inTurn = due.toSorted((a, b) => (turns.get(a.component) ?? 0) - (turns.get(b.component) ?? 0));
    for (const schedule of inTurn) {
      const { component } = schedule;
      if (closed || lanes.has(component) || lanes.size >= LANES) continue;
      turn += 1;
      turns.set(component, turn);
      const lane = run(schedule)
        .catch(() => undefined)
        .finally(() => {
          lanes.delete(component);
          runs.delete(component);
          if (!closed) void tick().catch(() => undefined);
        });
      lanes.set(component, lane);
    }
    await arm();
  };

  const run = async (schedule: Schedule): Promise<void> => {
    const { component, name, function: fn, next, every } = schedule;
    const now = clock.now();
    // Taken before it is run: a host that ends meanwhile has run it, and no other host runs it as well.
    const under: Run = { schedule, barred: false };
    runs.set(component, under);
    if (!(await store.take(schedule, timeAfter(schedule, now)))) return;
    const missed = every === undefined ? 0 : Math.floor(Math.max(0, now - next) / every);
    let outcome: 'ok' | ErrorCode = 'ok';
    try {
      const entry = await catalog.current(component);
      if (maySchedule(entry)) {
        if (under.barred) return;
        const principal = { kind: 'schedule', label: name } as const;
        await callFunction(path, component, fn, schedule.arguments, { principal });
      } else outcome = 'denied';
    } catch (thrown) {
      outcome = toSwitchboardError(thrown).code;
    }
    runs.delete(component);
    events.emit({ type: 'schedule.due', component, name, function: fn, outcome, missed });
    if (outcome === 'component-not-found' && !(await catalog.isInstalled(component))) await remove(component);
    else if (!under.barred) await store.ran(component, name, { at: now, outcome });
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

  /** The run of a schedule that this call is, or was made from. */
  const runOf = (request: EngineCall): Run | undefined => {
    const { principal, component } = rootOf(request).context;
    const under = principal.kind === 'schedule' ? runs.get(parseReference(component).name) : undefined;
    return under?.schedule.name === principal.label ? under : undefined;
  };

  const set = async (request: EngineCall, payload: SetPayload): Promise<Reply> => {
    const { component, principal } = request.context;
    const under = runOf(request);
    const { name, time, function: wanted, args } = payload;
    if (!isScheduleName(name)) return failed('invalid', 'a name is letters, digits and . _ -, at most 64');
    if (args.length > bounds.longestArguments) return failed('limit', 'the arguments are too long');
    const checked = await checkedCall(await catalog.current(component), wanted, args);
    if ('problem' in checked) return failed('invalid', checked.problem);
    const now = clock.now();
    const times = dueTimes(time, now, bounds, principal.kind === 'schedule');
    if (typeof times === 'string') return failed('invalid', times);
    const schedule: Schedule = {
      component: parseReference(component).name,
      name,
      function: checked.id,
      arguments: args,
      createdAt: now,
      ...times,
    };
    const barred = failed('unavailable', 'the schedule that this runs for was removed');
    if (under?.barred) return barred;
    try {
      await store.set(schedule, bounds.most);
    } catch (thrown) {
      const { code, message } = toSwitchboardError(thrown);
      if (code === 'busy') return failed('limit', message);
      throw thrown;
    }
    events.emit({ type: 'schedule.set', schedule: told(schedule) });
    // So it may have been by the owner, between the question and the store's answer.
    if (under?.barred) {
      await remove(schedule.component, name);
      return barred;
    }
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
    const root = rootOf(request);
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
      return set(request, { ...asked, name: wanted } as SetPayload);
    },
    start: tick,
    async schedules(component) {
      const subject = component === undefined ? undefined : parseReference(component).name;
      const kept = await store.list(subject);
      const own = [...runs.values()].filter(
        ({ schedule, barred }) => !barred && (subject === undefined || schedule.component === subject),
      );
      const isRun = (one: Schedule) => (run: Run) =>
        run.schedule.component === one.component && run.schedule.name === one.name;
      const due = own.filter((run) => !kept.some((one) => isRun(one)(run))).map(({ schedule }) => schedule);
      return [
        ...due.map((one): Schedule => ({ ...one, running: true })),
        ...kept.map((one): Schedule => (own.some(isRun(one)) ? { ...one, running: true } : one)),
      ];
    },
    async removeSchedule(component, name) {
      const subject = parseReference(component).name;
      const under = runs.get(subject);
      const isRun = under !== undefined && under.schedule.name === name && !under.barred;
      if (isRun) under.barred = true;
      const [gone] = await remove(subject, name);
      if (gone) return gone;
      if (!isRun) throw scheduleNotFound(subject, printable(name, 80));
      events.emit({ type: 'schedule.removed', schedule: told(under.schedule) });
      return under.schedule;
    },
    async forget(component) {
      turns.delete(component);
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

/** The call from outside that this one was made in the end for. */
function rootOf(request: EngineCall): EngineCall {
  let root = request;
  while (root.from) root = root.from.request;
  return root;
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
