import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { HostEvent } from '#core';
import { guest } from '../guests/build.ts';
import { add, codeOf, errorOf, openHost, outcomeOf, until, watch } from './host.ts';

type CellEvent = HostEvent & { type: 'cell.started' | 'cell.stopped' };
const cellEvents = (events: readonly HostEvent[], type: CellEvent['type']): CellEvent[] =>
  events.filter((event): event is CellEvent => event.type === type);

test('[engine.cells] a cell starts with the first call, not with the installation', async (t) => {
  const host = await openHost({}, t);
  const echo = await add(host, 'echo');
  equal((await host.status()).cells, 0);
  await host.call(echo, 'add', [1, 2]);
  equal((await host.status()).cells, 1);
  await host.call(echo, 'add', [1, 2]);
  equal((await host.status()).cells, 1);
});

test('[engine.cells] each cell is of one component for life', async (t) => {
  const host = await openHost({ idleMs: 100 }, t);
  const events = watch(host);
  const names = [await add(host, 'echo'), await add(host, 'echo'), await add(host, 'state')];
  for (let round = 0; round < 2; round += 1) {
    for (const name of names)
      await outcomeOf(
        host.call(name, name.endsWith('echo') ? 'add' : 'next', [1, 2].slice(0, name.endsWith('echo') ? 2 : 0)),
      );
    while ((await host.status()).cells > 0) await until(host, (event) => event.type === 'cell.stopped');
  }
  const owners = new Map<number, Set<string>>();
  for (const { cell, component } of cellEvents(events, 'cell.started')) {
    owners.set(cell, (owners.get(cell) ?? new Set()).add(component));
  }
  ok(owners.size >= 6, `${owners.size} cells`);
  for (const components of owners.values()) equal(components.size, 1);
});

test('[engine.cells] an idle cell is parked; the next call starts another', async (t) => {
  const host = await openHost({ idleMs: 200 }, t);
  const echo = await add(host, 'echo');
  await host.call(echo, 'add', [1, 2]);
  const stopped = await until(host, (event) => event.type === 'cell.stopped');
  equal(stopped.type === 'cell.stopped' && stopped.reason, 'retired');
  equal((await host.status()).cells, 0);
  equal(await host.call(echo, 'add', [1, 2]), 3);
});

test('[engine.cells] cells that hold what was promised are not parked: residents and sessions', async (t) => {
  const host = await openHost({ idleMs: 50 }, t);
  const events = watch(host);
  const resident = await add(host, 'state', { reuse: 'resident', instances: 1 });
  const inSession = await add(host, 'state', { reuse: 'session' });
  const session = await host.session();
  equal(await host.call(resident, 'next'), 1);
  equal(await session.call(inSession, 'next'), 1);
  const idle = await add(host, 'echo');
  await host.call(idle, 'add', [1, 2]);
  await until(host, (event) => event.type === 'cell.stopped');
  await new Promise((resolve) => setTimeout(resolve, 600));
  equal(await host.call(resident, 'next'), 2);
  equal(await session.call(inSession, 'next'), 2);
  const parked = new Set(cellEvents(events, 'cell.stopped').map((event) => event.component.replace(/@.*/, '')));
  deepEqual(parked, new Set([idle]));
  await session.close();
  await until(host, (event) => event.type === 'cell.stopped' && event.component.startsWith(inSession));
});

test('[engine.cells] at the bound the cell idle longest makes room; with none idle the call is busy', async (t) => {
  const host = await openHost({ maxCells: 2 }, t);
  const [one, two, three] = [await add(host, 'state'), await add(host, 'state'), await add(host, 'state')];
  const events = watch(host);
  await host.call(one, 'next');
  await host.call(two, 'next');
  await host.call(three, 'next');
  equal((await host.status()).cells, 2);
  await host.call(one, 'next');
  const stopped = cellEvents(events, 'cell.stopped').map((event) => event.component.replace(/@.*/, ''));
  deepEqual(stopped.slice(0, 2), [one, two]);

  const busy = [host.call(one, 'sleep', [300]), host.call(three, 'sleep', [300])];
  await new Promise((resolve) => setTimeout(resolve, 50));
  const error = await errorOf(host.call(two, 'next'));
  equal(error.code, 'busy');
  match(error.message, /all 2 cells are in use/);
  await Promise.all(busy);
  equal(await host.call(two, 'next'), 1);
});

test('[engine.cells] a component uses no more cells than its limit, however many calls', async (t) => {
  const host = await openHost({}, t);
  const hostile = await add(host, 'hostile', { cells: 3, instances: 12 });
  let most = 0;
  const look = async (): Promise<void> => {
    most = Math.max(most, (await host.status()).cells);
  };
  const stop = host.subscribe(() => void look().catch(() => undefined));
  await Promise.all(Array.from({ length: 60 }, () => host.call(hostile, 'recurse', [2_000])));
  await look();
  stop();
  ok(most >= 1 && most <= 3, `${most} cells`);
});

test('[engine.unavailable] an import that nobody offers is named, before anything runs', async (t) => {
  const host = await openHost({}, t);
  const events = watch(host);
  const error = await errorOf(host.install((await guest('needs')).bytes, { as: 'test:needs@1.0.0' }));
  equal(error.code, 'import-unavailable');
  match(error.message, /acme:db\/query@1\.0\.0/);
  deepEqual(error.data, { imports: ['acme:db/query@1.0.0'] });
  equal(await codeOf(host.call('test:needs', 'run', ['x'])), 'component-not-found');
  equal(cellEvents(events, 'cell.started').length, 0);
  const described = await host.inspect((await guest('needs')).bytes);
  equal(described.requirements.find((r) => r.import.startsWith('acme:'))?.access, 'unavailable');
});

test('[engine.cells] a program that forgets to close its host ends all the same', async () => {
  const home = await mkdtemp(join(tmpdir(), 'forgetful-'));
  const { path } = await guest('echo');
  const script = `
    import { createHost } from '#host';
    const host = await createHost({ home: ${JSON.stringify(home)} });
    await host.install(${JSON.stringify(path)}, { as: 'test:echo@1.0.0' });
    console.log(await host.call('test:echo', 'add', [1, 2]));`;
  const cwd = join(import.meta.dirname, '..', '..');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd,
    timeout: 20_000,
  });
  equal(stdout.trim(), '3');
  await rm(home, { recursive: true });
});
