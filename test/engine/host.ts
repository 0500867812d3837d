/** A host with a home of its own for one test, and how calls of it end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { SwitchboardError } from '#core';
import type { HostEvent, Limits } from '#core';
import { createHost, type Host, type HostOptions } from '#host';
import { guest } from '../guests/build.ts';

/** Opens a host that is closed, and its home removed, after the file's tests (or those of `t`). */
export async function openHost(
  options: Omit<Partial<HostOptions>, 'home'> = {},
  t: { after(end: () => Promise<void>): void } = { after },
): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), 'engine-'));
  const host = await createHost({ home, ...options });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true });
  });
  return host;
}

let added = 0;

/** Installs a guest of test/guests under a name of its own, with limits: no test meets another's instances. */
export async function add(host: Host, name: string, limits: Partial<Limits> = {}): Promise<string> {
  const { bytes } = await guest(name);
  return addBytes(host, bytes, limits, name);
}

export async function addBytes(host: Host, bytes: Uint8Array, limits: Partial<Limits> = {}, name = 'guest') {
  added += 1;
  const reference = `test${added}:${name}`;
  await host.install(bytes, { as: `${reference}@1.0.0` });
  if (Object.keys(limits).length > 0) await host.setLimits(reference, limits);
  return reference;
}

/** The error that a call ends with; a call that succeeds fails the test. */
export async function errorOf(call: Promise<unknown>): Promise<SwitchboardError> {
  const outcome = await call.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof SwitchboardError) return outcome;
  throw outcome;
}

export const codeOf = async (call: Promise<unknown>): Promise<string> => (await errorOf(call)).code;

/** `ok`, or the code of the error. */
export const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => (error instanceof SwitchboardError ? error.code : String(error)),
  );

/** Every event of a host from now on. */
export function watch(host: Host): HostEvent[] {
  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event));
  return events;
}

/** Settles with the first event that fits. */
export function until(host: Host, fits: (event: HostEvent) => boolean): Promise<HostEvent> {
  const { promise, resolve } = Promise.withResolvers<HostEvent>();
  const stop = host.subscribe((event) => {
    if (!fits(event)) return;
    stop();
    resolve(event);
  });
  return promise;
}

/**
 * Milliseconds that something takes, the least of up to three times: a machine that stands still for a second lets no
 * single measurement fail. What is always too slow is so three times.
 */
export async function leastTime(bound: number, work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 3 && least >= bound; n += 1) least = Math.min(least, await time(work));
  return least;
}

/** Milliseconds that something takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
