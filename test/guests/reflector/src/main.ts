import { write } from 'switchboard:host/log@0.1.0';
import { call, getComponent, listComponents } from 'switchboard:host/reflect@0.1.0';
import { cancel as cancelSchedule, list as listSchedules, set } from 'switchboard:host/schedule@0.1.0';

export const seen = (): string => JSON.stringify(listComponents());

export function look(component: string): string | undefined {
  const found = getComponent(component);
  return found === undefined || found === null ? undefined : JSON.stringify(found);
}

export const relay = (component: string, fn: string, args: string): string | undefined =>
  settle(() => call(component, fn, args));

export function relayOften(component: string, fn: string, args: string, times: number): number {
  let good = 0;
  for (let i = 0; i < times; i += 1) {
    try {
      call(component, fn, args);
      good += 1;
    } catch {
      // Counted by what is missing.
    }
  }
  return good;
}

export function relayLarge(component: string, fn: string, kind: string, size: number): string | undefined {
  const text = kind === 'deep' ? `[${'['.repeat(size)}${']'.repeat(size)}]` : JSON.stringify(['x'.repeat(size)]);
  return settle(() => call(component, fn, text));
}

export const later = (name: string, when: string, ms: number, fn: string, args: string): string =>
  settle(() => JSON.stringify(plain(set(name, { tag: when, val: ms }, fn, args))));

export function laterOften(times: number): string {
  return settle(() => {
    for (let i = 0; i < times; i += 1) set(`n${i}`, { tag: 'after', val: 3_600_000 }, 'tick', '["x"]');
    for (let i = 0; i < times; i += 1) cancelSchedule(`n${i}`);
    return 'done';
  });
}

export const arranged = (): string => settle(() => JSON.stringify(listSchedules().map(plain)));

export const cancel = (name: string): boolean => settle(() => cancelSchedule(name));

export function spin(ms: number): void {
  const until = Date.now() + ms;
  while (Date.now() < until);
}

export function tick(text: string): string {
  write('info', text, []);
  return text;
}

export function fails(text: string): number {
  throw new Error(text);
}

/** Instants are numbers or bigints, as the toolchain has them. */
function plain(entry: unknown): unknown {
  return Object.fromEntries(
    Object.entries(entry as object).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
  );
}

function settle<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const { payload = thrown } = thrown as { payload?: unknown };
    const { tag, val } = payload as { tag?: string; val?: unknown };
    if (tag === undefined) throw thrown;
    throw new Error(`${tag}: ${typeof val === 'string' ? val : JSON.stringify(val)}`);
  }
}
