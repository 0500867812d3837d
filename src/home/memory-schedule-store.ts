import type { ScheduleStore } from '#core/ports';
import type { Schedule } from '#core/schedule';
import { refuseTooManySchedules } from './schedule-store.ts';

/** Schedules that end with the process. */
export function memoryScheduleStore(): ScheduleStore {
  let schedules: readonly Schedule[] = [];
  const is = (component: string, name: string) => (one: Schedule) => one.component === component && one.name === name;
  const keep = (next: readonly Schedule[]): void => {
    schedules = next.toSorted((a, b) => a.next - b.next || order(a.component, b.component) || order(a.name, b.name));
  };
  const without = (one: Schedule): readonly Schedule[] =>
    schedules.filter((other) => !is(one.component, one.name)(other));
  return {
    async set(schedule, most) {
      const others = without(schedule);
      const own = others.filter(({ component }) => component === schedule.component).length;
      refuseTooManySchedules(schedule.component, own, most);
      keep([...others, structuredClone(schedule)]);
    },
    list: async (component) => schedules.filter((one) => component === undefined || one.component === component),
    due: async (now, most) => {
      const first = new Map<string, Schedule>();
      for (const one of schedules) if (one.next <= now && !first.has(one.component)) first.set(one.component, one);
      return [...first.values()].slice(0, most);
    },
    next: async () => schedules[0]?.next,
    async take(schedule, next) {
      const kept = schedules.find(is(schedule.component, schedule.name));
      if (!kept || !same(kept, schedule)) return false;
      keep([...without(kept), ...(next === undefined ? [] : [{ ...kept, next }])]);
      return true;
    },
    async ran(component, name, last) {
      keep(schedules.map((one) => (is(component, name)(one) ? { ...one, last } : one)));
    },
    async remove(component, name) {
      const gone = schedules.filter((one) => one.component === component && (name === undefined || one.name === name));
      keep(schedules.filter((one) => !gone.includes(one)));
      return gone;
    },
  };
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function same(a: Schedule, b: Schedule): boolean {
  return (
    a.next === b.next &&
    a.createdAt === b.createdAt &&
    a.every === b.every &&
    a.function === b.function &&
    a.arguments === b.arguments &&
    a.last?.at === b.last?.at
  );
}
