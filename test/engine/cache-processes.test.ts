import { deepEqual, equal } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { createHost } from '#host';
import { guest } from '../guests/build.ts';
import { openHost } from './host.ts';

const CHILD = join(import.meta.dirname, 'cache-child.ts');

async function scratch(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'cache-home-'));
  t.after(() => rm(home, { recursive: true }));
  return home;
}

const start = (home: string, point = 'none') =>
  spawn(process.execPath, [CHILD, home, 'echo', point], { stdio: ['pipe', 'pipe', 'inherit'] });

async function ready(child: ReturnType<typeof start>): Promise<void> {
  await once(child.stdout, 'data');
}

async function go(child: ReturnType<typeof start>): Promise<{ said: string; signal: unknown; code: unknown }> {
  const said = text(child.stdout);
  child.stdin.write('go\n');
  const [code, signal] = (await once(child, 'exit')) as unknown[];
  return { said: (await said).trim(), code, signal };
}

const entries = async (home: string): Promise<string[]> =>
  (await readdir(join(home, 'cache'))).filter((name) => name.endsWith('.bin'));

test('[engine.cache] two processes that prepare the same component at once both run it and leave one entry', async (t) => {
  await guest('echo');
  const home = await scratch(t);
  const children = [start(home), start(home)];
  await Promise.all(children.map(ready));
  const ended = await Promise.all(children.map(go));
  for (const one of ended) deepEqual(one, { said: '"hello"', code: 0, signal: null });
  equal((await entries(home)).length, 1);
});

for (const point of ['cache.before-write', 'cache.half-written', 'cache.before-rename']) {
  test(`[engine.cache] [home.crash] killed at ${point}, the next host prepares and runs the component`, async (t) => {
    await guest('echo');
    const home = await scratch(t);
    const child = start(home, point);
    await ready(child);
    equal((await go(child)).signal, 'SIGKILL');
    equal((await entries(home)).length, 0);
    const host = await createHost({ home });
    t.after(() => host.close());
    await host.install((await guest('echo')).bytes, { as: 'test:echo@1.0.0' });
    equal(await host.call('test:echo', 'echo', ['again']), 'again');
    equal((await entries(home)).length, 1);
  });
}

test('[engine.cache] a damaged entry is rebuilt by the next host and its code never runs', async (t) => {
  const home = await scratch(t);
  const { bytes } = await guest('echo');
  const first = await createHost({ home });
  await first.install(bytes, { as: 'test:echo@1.0.0' });
  await first.close();
  const [name = ''] = await entries(home);
  const file = join(home, 'cache', name);
  const good = await readFile(file);
  // Same length, valid JavaScript: only the checksum tells.
  const evil = Buffer.from(
    good.toString('latin1').replace('(function instantiate(', '(function*instantiate('),
    'latin1',
  );
  equal(evil.equals(good), false);
  await writeFile(file, evil);
  const second = await createHost({ home });
  t.after(() => second.close());
  equal(await second.call('test:echo', 'echo', ['whole']), 'whole');
  deepEqual(await readFile(file), good);
});

test('[engine.cache] a disk without room for the cache costs speed, not the call', async (t) => {
  const faults = {
    hit(point: string): void {
      if (point === 'cache.half-written') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  };
  const host = await openHost({ faults }, t);
  await host.install((await guest('echo')).bytes, { as: 'test:echo@1.0.0' });
  equal(await host.call('test:echo', 'echo', ['hi']), 'hi');
  deepEqual(await readdir(join(host.home, 'cache')), []);
});
