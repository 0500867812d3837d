import type { Schedule, ScheduleTime } from '#core/schedule';
import type { ServiceInterface } from '#core/services';
import { askHost } from '../ask.ts';
import type { Scope } from '../scope.ts';

/** `switchboard:host/schedule`. */
export function scheduleInterface({ env }: Scope): ServiceInterface {
  return {
    async set(name: string, time: { tag: ScheduleTime['tag']; val: bigint }, fn: string, args: string) {
      const payload = { op: 'set', name, time: { tag: time.tag, val: Number(time.val) }, function: fn, args };
      return entryOf((await askHost(env, 'schedule', payload)) as Schedule);
    },
    async list(): Promise<object[]> {
      const schedules = (await askHost(env, 'schedule', { op: 'list' })) as readonly Schedule[];
      for (const schedule of schedules) env.charge(schedule.arguments.length);
      return schedules.map(entryOf);
    },
    cancel: (name: string): Promise<unknown> => askHost(env, 'schedule', { op: 'cancel', name }),
  };
}

function entryOf({ name, function: fn, arguments: args, next, every, last }: Schedule): object {
  return {
    name,
    function: fn,
    arguments: args,
    next: BigInt(Math.round(next)),
    every: every === undefined ? undefined : BigInt(Math.round(every)),
    lastOutcome: last?.outcome,
  };
}
