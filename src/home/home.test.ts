import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { component, digest } from '#test/contracts/component-store';
import { homePaths, openHome } from './index.ts';

const A = new TextEncoder().encode('bytes of a');

async function withDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'switchboard-home-'));
  try {
    await body(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function seeded(path: string): Promise<void> {
  const home = await openHome(path);
  await home.components.add(component('demo:a', '1.0.0', A), A);
  await home.close();
}

/** Every path below with its mode and, for files, bytes: to see that nothing was touched. */
function snapshot(path: string): unknown {
  return fs.readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => {
    const found = fs.statSync(join(path, name));
    return [name, found.mode, found.isFile() ? fs.readFileSync(join(path, name)).toString('base64') : ''];
  });
}

void test('[home.modes] files are 0600 and directories 0700, whatever the umask', () =>
  withDirectory(async (path) => {
    const umask = process.umask(0);
    try {
      const home = await openHome(join(path, 'deep', 'home'));
      await home.components.add(component('demo:a', '1.0.0', A), A);
      await home.tokens.token();
      home.logs.append({ at: 1, component: 'demo:a@1.0.0', stream: 'log', level: 'info', message: 'm' });
      await home.logs.flush();
      for (const name of ['.', ...fs.readdirSync(home.path, { recursive: true, encoding: 'utf8' })]) {
        const found = fs.statSync(join(home.path, name));
        assert.equal((found.mode & 0o777).toString(8), found.isDirectory() ? '700' : '600', name);
      }
      assert.ok(fs.existsSync(join(home.path, 'state.db-wal')));
      await home.close();
    } finally {
      process.umask(umask);
    }
  }));

void test('[home.modes] wider modes of an existing home are narrowed', () =>
  withDirectory(async (path) => {
    await seeded(path);
    const wide = ['.', 'components', 'state.db', 'version', join('components', `${digest(A).slice(7)}.wasm`)];
    for (const name of wide) fs.chmodSync(join(path, name), 0o777);
    await (await openHome(path)).close();
    for (const name of wide) assert.equal(fs.statSync(join(path, name)).mode & 0o077, 0, name);
  }));

void test('a home that is a file, lies under one, or cannot be made names path and reason', () =>
  withDirectory(async (path) => {
    const file = join(path, 'file');
    fs.writeFileSync(file, 'mine');
    await assert.rejects(openHome(file), { code: 'home-unusable', message: /file: it is a file, not a directory/ });
    await assert.rejects(openHome(join(file, 'home')), {
      code: 'home-unusable',
      message: /file\/home: a part of the path/,
    });
    const link = join(path, 'link');
    fs.symlinkSync(link, link);
    await assert.rejects(openHome(join(link, 'x')), { code: 'home-unusable', message: /too many symbolic links/ });
    await assert.rejects(openHome(join(path, 'x'.repeat(300))), { code: 'home-unusable', message: /too long/ });
    assert.equal(fs.readFileSync(file, 'utf8'), 'mine');
  }));

void test('[devkit.pack] a home that holds only the compilers of a build is one', () =>
  withDirectory(async (path) => {
    fs.mkdirSync(join(path, 'toolchains', 'javascript-0123'), { recursive: true });
    await (await openHome(path)).close();
    assert.deepEqual(fs.readdirSync(join(path, 'toolchains')), ['javascript-0123']);
  }));

void test('a directory of other things is refused and left as it is', () =>
  withDirectory(async (path) => {
    fs.writeFileSync(join(path, 'thesis.txt'), 'mine', { mode: 0o644 });
    fs.chmodSync(path, 0o755);
    const before = snapshot(path);
    await assert.rejects(openHome(path), { code: 'home-unusable', message: /not empty: it holds "thesis\.txt"/ });
    assert.deepEqual(snapshot(path), before);
    assert.equal(fs.statSync(path).mode & 0o777, 0o755);
  }));

void test('a home of another user is refused', async () => {
  // As root, `nobody`'s directory; as anybody else, root's.
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) {
    await assert.rejects(openHome('/'), { code: 'home-unusable', message: /belongs to the user with id 0/ });
    return;
  }
  await withDirectory(async (path) => {
    fs.chownSync(path, 65534, 65534);
    await assert.rejects(openHome(path), { code: 'home-unusable', message: /belongs to the user with id 65534/ });
    assert.deepEqual(fs.readdirSync(path), []);
  });
});

void test('[home.corrupt] garbage, a truncated file and damaged pages are reported, and kept byte by byte', () =>
  withDirectory(async (path) => {
    await seeded(path);
    const file = join(path, 'state.db');
    const good = fs.readFileSync(file);
    const damaged: { [name: string]: Buffer } = {
      garbage: Buffer.alloc(good.length, 'garbage '),
      header: Buffer.concat([Buffer.from('not a database'), good.subarray(14)]),
      truncated: good.subarray(0, good.length - 4096),
      empty: Buffer.alloc(0),
      page: Buffer.concat([good.subarray(0, 4096), Buffer.alloc(4096, 0xff), good.subarray(8192)]),
    };
    for (const [name, bytes] of Object.entries(damaged)) {
      fs.writeFileSync(file, bytes);
      await assert.rejects(
        openHome(path),
        (error: { code: string; message: string; fix: string }) =>
          error.code === 'database-corrupt' && error.message.includes(file) && error.fix.includes('mv '),
        name,
      );
      assert.ok(fs.readFileSync(file).equals(bytes), `${name}: the file was kept`);
    }
    // What the fix says works, and the bytes are there to be installed again.
    fs.mkdirSync(join(path, 'damaged'));
    for (const name of fs.readdirSync(path).filter((n) => n.startsWith('state.db'))) {
      fs.renameSync(join(path, name), join(path, 'damaged', name));
    }
    const home = await openHome(path, { alone: true });
    assert.deepEqual(await home.components.list(), []);
    const kept = fs.readFileSync(join(path, 'components', `${digest(A).slice(7)}.wasm`));
    assert.equal(await home.components.add(component('demo:a', '1.0.0', kept), kept), true);
    await home.close();
  }));

void test('[home.corrupt] damage is seen when the last host was killed, and its log is kept too', () =>
  withDirectory(async (path) => {
    const live = join(path, 'live');
    const crashed = join(path, 'crashed');
    // What kill -9 leaves: the files as they are while the database is open.
    const home = await openHome(live);
    await home.components.add(component('demo:a', '1.0.0', A), A);
    fs.cpSync(live, crashed, { recursive: true });
    await home.close();
    const recovered = await openHome(crashed);
    assert.equal((await recovered.components.list()).length, 1);
    await recovered.close();
    fs.rmSync(crashed, { recursive: true });

    const second = await openHome(live);
    await second.components.setLimits('demo:a', { timeout: 9 });
    fs.cpSync(live, crashed, { recursive: true });
    await second.close();
    const file = join(crashed, 'state.db');
    const bytes = fs.readFileSync(file).fill(0xff, 4096);
    fs.writeFileSync(file, bytes);
    const log = fs.readFileSync(`${file}-wal`);
    assert.ok(log.length > 0);
    await assert.rejects(openHome(crashed), { code: 'database-corrupt' });
    assert.ok(fs.readFileSync(file).equals(bytes));
    assert.ok(fs.readFileSync(`${file}-wal`).equals(log));
  }));

void test('[home.corrupt] rows this program did not write are reported, not passed on', () =>
  withDirectory(async (path) => {
    await seeded(path);
    for (const change of [
      "UPDATE components SET description = '{'",
      "UPDATE components SET description = '{}'",
      "UPDATE components SET name = '../a'",
    ]) {
      const before = fs.readFileSync(join(path, 'state.db'));
      const db = new DatabaseSync(join(path, 'state.db'));
      db.exec(change);
      db.close();
      const home = await openHome(path);
      await assert.rejects(home.components.list(), { code: 'database-corrupt' }, change);
      await home.close();
      fs.writeFileSync(join(path, 'state.db'), before);
    }
  }));

void test('[home.corrupt] changed or missing bytes of a component are never given out', () =>
  withDirectory(async (path) => {
    await seeded(path);
    const file = join(path, 'components', `${digest(A).slice(7)}.wasm`);
    fs.writeFileSync(file, 'other bytes');
    const home = await openHome(path);
    await assert.rejects(home.components.bytes(digest(A)), { code: 'database-corrupt', message: /no longer match/ });
    fs.rmSync(file);
    await assert.rejects(home.components.bytes(digest(A)), { code: 'database-corrupt', message: /it is gone/ });
    assert.equal(await home.components.add(component('demo:a', '1.0.0', A), A), false);
    assert.equal((await home.components.bytes(digest(A))).length, A.length);
    await home.close();
  }));

void test('two processes may have a home open: each sees what the other wrote', () =>
  withDirectory(async (path) => {
    const [one, two] = await Promise.all([openHome(path), openHome(path)]);
    await one.components.add(component('demo:a', '1.0.0', A), A);
    assert.equal((await two.components.get({ name: 'demo:a' }))?.version, '1.0.0');
    await two.components.add(component('demo:a', '1.1.0', A), A);
    assert.equal((await one.components.get({ name: 'demo:a' }))?.version, '1.1.0');
    await one.components.remove({ name: 'demo:a' });
    assert.equal(await two.components.get({ name: 'demo:a' }), undefined);
    const token = await one.tokens.token();
    assert.equal(await two.tokens.token(), token);
    assert.equal(two.marks.has('seeded'), false);
    one.marks.set('seeded');
    assert.equal(two.marks.has('seeded'), true);
    await one.close();
    await one.close();
    assert.deepEqual(await two.components.list(), []);
    await two.close();
  }));

void test('a damaged token is replaced; an abort ends the opening', () =>
  withDirectory(async (path) => {
    fs.mkdirSync(join(path, 'home'));
    fs.writeFileSync(join(path, 'home', 'token'), 'short\n', { mode: 0o644 });
    const home = await openHome(join(path, 'home'));
    assert.match(await home.tokens.token(), /^[\w-]{43}$/);
    await home.close();
    await assert.rejects(openHome(join(path, 'other'), { signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.equal(fs.existsSync(join(path, 'other')), false);
  }));

void test('a control socket that would be too long for the system gets a short private place', async () => {
  const long = homePaths(`/tmp/${'x'.repeat(120)}`).controlSocket;
  assert.ok(Buffer.byteLength(long) <= 103, long);
  assert.equal(homePaths('/tmp/a').controlSocket, '/tmp/a/control.sock');
  assert.notEqual(homePaths(`/tmp/${'y'.repeat(120)}`).controlSocket, long);
});

void test('[home.crash] a download of the home’s own cache becomes the component’s file; other files are copied', () =>
  withDirectory(async (path) => {
    const home = await openHome(path);
    const downloads = join(path, 'cache', 'registry');
    fs.mkdirSync(downloads, { recursive: true });
    const elsewhere = fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'switchboard-home-'));
    try {
      const large = new Uint8Array(2 * 1024 * 1024).fill(7);
      fs.writeFileSync(join(downloads, 'large'), large, { mode: 0o644 });
      fs.writeFileSync(join(path, 'own.wasm'), A);
      fs.symlinkSync(join(path, 'own.wasm'), join(downloads, 'link'));
      const stored = (bytes: Uint8Array): string => join(path, 'components', `${digest(bytes).slice(7)}.wasm`);
      const inode = (file: string): number => fs.statSync(file).ino;
      await home.components.add(component('demo:a', '1.0.0', large), large, join(downloads, 'large'));
      assert.equal(inode(stored(large)), inode(join(downloads, 'large')));
      assert.equal(fs.statSync(stored(large)).mode & 0o777, 0o600);
      await home.components.add(component('demo:b', '1.0.0', large), large, join(downloads, 'large'));
      await home.components.add(component('demo:c', '1.0.0', A), A, join(downloads, 'link'));
      assert.notEqual(inode(stored(A)), inode(join(path, 'own.wasm')), 'a link may lead to what is written to');
      const wrong = component('demo:d', '1.0.0', new Uint8Array(2 * 1024 * 1024));
      await assert.rejects(home.components.add(wrong, large, join(downloads, 'large')), { code: 'internal' });
      // A cache on another file system.
      fs.rmSync(downloads, { recursive: true });
      fs.symlinkSync(elsewhere, downloads);
      const other = new TextEncoder().encode('bytes of another');
      fs.writeFileSync(join(downloads, 'other'), other);
      await home.components.add(component('demo:e', '1.0.0', other), other, join(downloads, 'other'));
      assert.deepEqual(Buffer.from(await home.components.bytes(digest(other))), Buffer.from(other));
      assert.deepEqual(
        fs.readdirSync(join(path, 'components')).filter((name) => !name.endsWith('.wasm')),
        [],
      );
    } finally {
      await home.close();
      fs.rmSync(elsewhere, { recursive: true, force: true });
    }
  }));
