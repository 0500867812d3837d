import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Home, openHome } from '#home';
import { component, digest } from './component-store.ts';

const CHILD = fileURLToPath(new URL('./crash-child.ts', import.meta.url));
const A = new TextEncoder().encode('bytes of a');
const B = new TextEncoder().encode('bytes of b');
const MANNERS = ['kill', 'full'] as const;

const ADD_POINTS = [
  'components.before-pending',
  'components.before-write',
  'components.before-sync',
  'components.before-rename',
  'components.after-rename',
  'components.before-row',
  'components.after-row',
];

async function child(path: string, action: string, manner: string, point: string): Promise<string> {
  const running = spawn(process.execPath, [CHILD, path, action, manner, point], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  running.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const signal = await new Promise((resolve) => running.on('close', (_, name) => resolve(name)));
  return signal === null ? said.trim() : String(signal);
}

async function withHome(body: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'switchboard-crash-'));
  try {
    await body(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

async function opened<T>(path: string, body: (home: Home) => Promise<T>): Promise<T> {
  const home = await openHome(path, { alone: true });
  try {
    return await body(home);
  } finally {
    await home.close();
  }
}

/** Every row has its bytes, every file a row, and nothing temporary is left. */
async function assertConsistent(home: Home): Promise<string[]> {
  const installed = await home.components.list();
  for (const { description } of installed) {
    assert.equal((await home.components.bytes(description.digest)).length, description.size);
  }
  const files = new Set(installed.map((c) => `${c.description.digest.slice('sha256:'.length)}.wasm`));
  assert.deepEqual(readdirSync(join(home.path, 'components')).sort(), [...files].sort());
  return installed.map((c) => c.name);
}

for (const manner of MANNERS) {
  for (const point of ADD_POINTS) {
    void test(`[home.crash] add, ${manner} at ${point}`, () =>
      withHome(async (path) => {
        await opened(path, (home) => home.components.add(component('demo:a', '1.0.0', A), A));
        assert.equal(await child(path, 'add', manner, point), manner === 'kill' ? 'SIGKILL' : 'disk-full');
        await opened(path, async (home) => {
          const names = await assertConsistent(home);
          assert.deepEqual(names, point === 'components.after-row' ? ['demo:a', 'demo:b'] : ['demo:a']);
          await home.components.add(component('demo:b', '1.0.0', B), B);
          assert.deepEqual(await assertConsistent(home), ['demo:a', 'demo:b']);
        });
      }));
  }

  for (const point of ['components.before-unlink', 'components.after-unlink']) {
    void test(`[home.crash] remove, ${manner} at ${point}`, () =>
      withHome(async (path) => {
        await opened(path, (home) => home.components.add(component('demo:a', '1.0.0', A), A));
        assert.equal(await child(path, 'remove', manner, point), manner === 'kill' ? 'SIGKILL' : 'disk-full');
        await opened(path, async (home) => assert.deepEqual(await assertConsistent(home), []));
      }));
  }

  for (const action of ['rotate', 'token'] as const) {
    for (const point of ['token.before-write', 'token.before-rename']) {
      void test(`[home.crash] ${action}, ${manner} at ${point}`, () =>
        withHome(async (path) => {
          const before = action === 'token' ? undefined : await opened(path, (home) => home.tokens.token());
          assert.equal(await child(path, action, manner, point), manner === 'kill' ? 'SIGKILL' : 'disk-full');
          const after = await opened(path, (home) => home.tokens.token());
          if (before !== undefined) assert.equal(after, before);
          assert.match(after, /^[\w-]{43}$/);
          assert.deepEqual(
            (await readdir(path)).filter((name) => name.endsWith('.tmp')),
            [],
          );
        }));
    }
  }

  for (const point of ['migrate.before-backup', 'migrate.in-step', 'migrate.after-step', 'version.before-rename']) {
    void test(`[home.crash] first start, ${manner} at ${point}`, () =>
      withHome(async (path) => {
        assert.equal(await child(path, 'add', manner, point), manner === 'kill' ? 'SIGKILL' : 'disk-full');
        await opened(path, async (home) => {
          await home.components.add(component('demo:a', '1.0.0', A), A);
          assert.deepEqual(await assertConsistent(home), ['demo:a']);
        });
      }));
  }
}

void test('[home.crash] limits, full disk: the old ones stay', () =>
  withHome(async (path) => {
    await opened(path, async (home) => home.components.setLimits('demo:a', { timeout: 5 }));
    assert.equal(await child(path, 'limits', 'full', 'limits.before-write'), 'disk-full');
    await opened(path, async (home) => assert.deepEqual(await home.components.limits('demo:a'), { timeout: 5 }));
  }));

void test('[home.crash] bytes being added by another process are not swept', () =>
  withHome(async (path) => {
    await opened(path, async () => {});
    await child(path, 'add', 'kill', 'components.before-row');
    const file = join(path, 'components', `${digest(B).slice('sha256:'.length)}.wasm`);
    const second = await openHome(path);
    await second.close();
    assert.ok((await readdir(join(path, 'components'))).includes(file.split('/').at(-1) ?? ''));
    const later = await openHome(path, {
      clock: { now: () => Date.now() + 2 * 3_600_000, monotonic: () => performance.now() },
    });
    await later.close();
    assert.deepEqual(await readdir(join(path, 'components')), []);
  }));

void test('[home.crash] adding bytes whose file another failed add removed writes them again', () =>
  withHome(async (path) => {
    let meddle = true;
    const faults = {
      hit: (point: string): void => {
        if (point !== 'components.before-row' || !meddle) return;
        meddle = false;
        for (const name of readdirSync(join(path, 'components'))) rmSync(join(path, 'components', name));
      },
    };
    const home = await openHome(path, { faults });
    try {
      assert.equal(await home.components.add(component('demo:b', '1.0.0', B), B), true);
      assert.deepEqual(await assertConsistent(home), ['demo:b']);
    } finally {
      await home.close();
    }
  }));
