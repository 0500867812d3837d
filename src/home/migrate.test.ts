import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { component } from '#test/contracts/component-store';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { openHome } from './index.ts';

const A = new TextEncoder().encode('bytes of a');

/** What a next release might do: a table of its own, and a change of every row. */
const NEXT: Migration = (db) => {
  db.exec("CREATE TABLE next (word TEXT); UPDATE components SET source = source || '!'");
};
const WITH_NEXT = [...MIGRATIONS, NEXT];
const NOW = MIGRATIONS.length;
const BACKUP = `backup-v${NOW}`;
const POINTS = [
  'migrate.before-backup',
  'migrate.after-backup',
  'migrate.in-step',
  'migrate.after-step',
  'version.before-write',
  'version.before-rename',
  'version.after-rename',
];

async function withHome(body: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'switchboard-migrate-'));
  try {
    const home = await openHome(path);
    await home.components.add(component('demo:a', '1.0.0', A), A);
    await home.close();
    await body(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

const version = (path: string): string => fs.readFileSync(join(path, 'version'), 'utf8').trim();
const backups = (path: string): string[] => fs.readdirSync(path).filter((name) => name.startsWith('backup'));

void test('[home.version] a new home has the newest version, and no backup', () =>
  withHome(async (path) => {
    assert.equal(version(path), String(NOW));
    assert.deepEqual(backups(path), []);
  }));

void test('[home.version] an older home migrates, with a backup of what it was', () =>
  withHome(async (path) => {
    const home = await openHome(path, { migrations: WITH_NEXT });
    assert.equal(home.version, NOW + 1);
    assert.equal((await home.components.get({ name: 'demo:a' }))?.source, '/somewhere/file.wasm!');
    await home.close();
    assert.equal(version(path), String(NOW + 1));
    assert.deepEqual(backups(path), [BACKUP]);
    assert.equal(version(join(path, BACKUP)), String(NOW));
    assert.equal(fs.statSync(join(path, BACKUP, 'state.db')).mode & 0o777, 0o600);
    await (await openHome(path, { migrations: WITH_NEXT })).close();
    assert.deepEqual(backups(path), [BACKUP]);
    // The backup is a usable home of the old version.
    for (const name of ['state.db', 'version']) {
      fs.rmSync(join(path, name));
      fs.copyFileSync(join(path, BACKUP, name), join(path, name));
    }
    const old = await openHome(path);
    assert.equal((await old.components.get({ name: 'demo:a' }))?.source, '/somewhere/file.wasm');
    assert.equal((await old.components.bytes(component('demo:a', '1.0.0', A).description.digest)).length, A.length);
    await old.close();
  }));

for (const point of POINTS) {
  void test(`[home.version] [home.crash] a migration that ends at ${point} leaves a home the next start carries on from`, () =>
    withHome(async (path) => {
      const hit = (reached: string): void => {
        if (reached === point) throw new Error('crash');
      };
      await assert.rejects(openHome(path, { migrations: WITH_NEXT, faults: { hit } }));
      const copy = join(path, BACKUP, 'state.db');
      if (point !== 'migrate.before-backup') assert.ok(fs.existsSync(copy));
      const home = await openHome(path, { migrations: WITH_NEXT });
      const found = await home.components.get({ name: 'demo:a' });
      assert.equal(found?.source, '/somewhere/file.wasm!', 'the step ran exactly once');
      await home.close();
      assert.equal(version(path), String(NOW + 1));
      assert.deepEqual(backups(path), [BACKUP]);
      const backup = new DatabaseSync(copy, { readOnly: true });
      assert.equal(backup.prepare('SELECT source FROM components').get()?.['source'], '/somewhere/file.wasm');
      backup.close();
    }));
}

void test('[home.version] a step that fails leaves the old state, usable by the old release', () =>
  withHome(async (path) => {
    const broken: Migration = (db) => {
      db.exec('DELETE FROM components');
      throw new Error('a bug of the step');
    };
    await assert.rejects(openHome(path, { migrations: [...MIGRATIONS, broken] }));
    const home = await openHome(path);
    assert.equal((await home.components.list()).length, 1);
    await home.close();
  }));

void test('[home.version] a newer home is refused and not touched', () =>
  withHome(async (path) => {
    await (await openHome(path, { migrations: WITH_NEXT })).close();
    fs.chmodSync(path, 0o755);
    const files = (): unknown =>
      fs.readdirSync(path).map((name) => {
        const { mtimeMs, mode, size } = fs.statSync(join(path, name));
        return [name, mtimeMs, mode, size];
      });
    const before = files();
    await assert.rejects(openHome(path), {
      code: 'home-newer',
      message: new RegExp(`version ${NOW + 1}; this Switchboard knows versions up to ${NOW}`),
    });
    assert.deepEqual(files(), before);
    assert.equal(fs.statSync(path).mode & 0o777, 0o755);
    fs.rmSync(join(path, 'version'));
    await assert.rejects(openHome(path), { code: 'home-newer' });
    fs.writeFileSync(join(path, 'version'), 'one');
    await assert.rejects(openHome(path), { code: 'home-unusable', message: /version: it should hold a number/ });
  }));

void test('[home.version] a home without a version file is carried over, early tables included', () =>
  withHome(async (path) => {
    const { description } = component('demo:early', '0.1.0', A);
    for (const name of fs.readdirSync(path)) fs.rmSync(join(path, name), { recursive: true });
    const db = new DatabaseSync(join(path, 'state.db'));
    db.exec('CREATE TABLE components (name TEXT, version TEXT, digest TEXT, description TEXT)');
    db.prepare('INSERT INTO components VALUES (?, ?, ?, ?)').run(
      'demo:early',
      '0.1.0',
      description.digest,
      JSON.stringify(description),
    );
    db.close();
    const home = await openHome(path);
    const [found] = await home.components.list();
    assert.deepEqual([found?.name, found?.installedAt, found?.source], ['demo:early', 0, 'unknown']);
    await home.components.setLimits('demo:early', { timeout: 5 });
    await home.close();
    assert.equal(version(path), String(NOW));
    const backup = new DatabaseSync(join(path, 'backup-v0', 'state.db'), { readOnly: true });
    assert.equal(backup.prepare('SELECT count(*) AS n FROM components').get()?.['n'], 1);
    backup.close();
  }));

void test('[home.version] a database of something else is not migrated', () =>
  withHome(async (path) => {
    fs.rmSync(join(path, 'version'));
    fs.rmSync(join(path, 'state.db'));
    const db = new DatabaseSync(join(path, 'state.db'));
    db.exec("CREATE TABLE components (part TEXT); INSERT INTO components VALUES ('resistor')");
    db.close();
    await assert.rejects(openHome(path), { code: 'home-unusable', message: /not written by Switchboard/ });
    const after = new DatabaseSync(join(path, 'state.db'), { readOnly: true });
    assert.equal(after.prepare('SELECT part FROM components').get()?.['part'], 'resistor');
    after.close();
  }));
