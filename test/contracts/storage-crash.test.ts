/** kill -9 and a full disk at each point of a write: what was answered is kept, what was not is whole or not there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Home, openHome } from '#home';
import { putBlob, readBlob } from './blob-store.ts';
import { bytesOf, PLACE, QUOTA } from './kv-store.ts';

const CHILD = fileURLToPath(new URL('./storage-crash-child.ts', import.meta.url));

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
  const path = await mkdtemp(join(tmpdir(), 'switchboard-storage-crash-'));
  try {
    await opened(path, async (home) => {
      await home.kv.set(PLACE, 'a', bytesOf('old'), { quota: QUOTA });
      await home.kv.increment(PLACE, 'n', 41n, QUOTA);
      await putBlob(home.blobs, 'a', bytesOf('old'));
    });
    await body(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

async function opened<T>(path: string, body: (home: Home) => Promise<T>): Promise<T> {
  const home = await openHome(path);
  try {
    return await body(home);
  } finally {
    await home.close();
  }
}

const text = async (bytes: Promise<Uint8Array | undefined>): Promise<string> => new TextDecoder().decode(await bytes);

/** Counts are what the rows are, files are what rows name, and the stores can be written. */
async function assertWhole(path: string, home: Home): Promise<void> {
  const usage = await home.kv.usage(PLACE);
  const { keys } = await home.kv.list(PLACE, { prefix: '', limit: 1000 });
  let bytes = 0;
  for (const key of keys) bytes += key.length + ((await home.kv.get(PLACE, key))?.length ?? 0);
  assert.deepEqual(usage, { keys: keys.length, bytes });
  const { keys: names } = await home.blobs.list(PLACE, { prefix: '', limit: 1000 });
  assert.equal((await readdir(join(path, 'blobs'))).length, names.length);
  for (const name of names) assert.ok(await readBlob(home.blobs, name));
  await home.kv.set(PLACE, 'later', bytesOf('x'), { quota: QUOTA });
}

const THREAD = ['storage.before-commit', 'storage.after-commit'];
const outcome = { kill: 'SIGKILL', full: 'disk-full' };

for (const manner of ['kill', 'full'] as const) {
  for (const point of THREAD) {
    void test(`[kv.crash] set, ${manner} at ${point}`, () =>
      withHome(async (path) => {
        assert.equal(await child(path, 'set', manner, point), outcome[manner]);
        await opened(path, async (home) => {
          const kept = await text(home.kv.get(PLACE, 'b'));
          assert.equal(kept, point === 'storage.after-commit' ? 'new' : '');
          assert.equal(await text(home.kv.get(PLACE, 'a')), 'old');
          await assertWhole(path, home);
        });
      }));

    void test(`[kv.crash] many at once, ${manner} at ${point}: all of the transaction or nothing`, () =>
      withHome(async (path) => {
        await child(path, 'group', manner, point);
        await opened(path, async (home) => {
          const { keys } = await home.kv.list(PLACE, { prefix: 'g', limit: 100 });
          // The first request wakes the thread: it may be alone in its transaction.
          if (point === 'storage.before-commit') assert.equal(keys.length, 0);
          else assert.ok(keys.length > 0);
          await assertWhole(path, home);
        });
      }));

    void test(`[kv.crash] increment, ${manner} at ${point}`, () =>
      withHome(async (path) => {
        assert.equal(await child(path, 'increment', manner, point), outcome[manner]);
        await opened(path, async (home) => {
          assert.equal(await text(home.kv.get(PLACE, 'n')), point === 'storage.after-commit' ? '42' : '41');
          await assertWhole(path, home);
        });
      }));
  }

  for (const action of ['blob', 'replace'] as const) {
    const points = ['blobs.before-write', 'blobs.before-sync', 'blobs.before-rename', 'blobs.after-rename'];
    for (const point of [...points, ...THREAD, 'blobs.after-row']) {
      void test(`[blob.crash] ${action}, ${manner} at ${point}`, () =>
        withHome(async (path) => {
          assert.equal(await child(path, action, manner, point), outcome[manner]);
          await opened(path, async (home) => {
            const name = action === 'blob' ? 'b' : 'a';
            const before = action === 'blob' ? undefined : 'old';
            const kept = ['storage.after-commit', 'blobs.after-row'].includes(point);
            assert.equal(await readBlob(home.blobs, name), kept ? 'new' : before);
            await assertWhole(path, home);
          });
        }));
    }
  }
}

void test('[kv.crash] a disk that is really full refuses a write, keeps what was there and goes on', () =>
  withHome(async (path) => {
    const db = new DatabaseSync(join(path, 'storage.db'));
    const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count']);
    db.close();
    const home = await openHome(path, { faults: { hit: () => {}, module: pagesModule(pages + 4) } });
    try {
      const large = new Uint8Array(200_000);
      await assert.rejects(home.kv.set(PLACE, 'large', large, { quota: QUOTA }), { code: 'disk-full' });
      const both = await Promise.allSettled([
        home.kv.set(PLACE, 'large', large, { quota: QUOTA }),
        home.kv.set(PLACE, 'small', bytesOf('x'), { quota: QUOTA }),
        home.kv.get(PLACE, 'large'),
      ]);
      assert.deepEqual(
        both.map(({ status }) => status),
        ['rejected', 'fulfilled', 'fulfilled'],
      );
      assert.equal(await home.kv.get(PLACE, 'large'), undefined);
      assert.equal(await text(home.kv.get(PLACE, 'a')), 'old');
      await assertWhole(path, home);
    } finally {
      await home.close();
    }
  }));

/** A fault module that makes SQLite itself run out of room: no page beyond so many. */
function pagesModule(pages: number): string {
  const source = `
    import { DatabaseSync } from 'node:sqlite';
    const { prepare } = DatabaseSync.prototype;
    let limited = false;
    DatabaseSync.prototype.prepare = function (...args) {
      if (!limited) {
        limited = true;
        this.exec('PRAGMA max_page_count = ${pages}');
      }
      return prepare.apply(this, args);
    };
    export const faults = { hit() {} };`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
