import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { record } from '#test/contracts/log-store';
import { fileLogStore, type FileLogStoreOptions, noFaults, systemClock } from './index.ts';

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'switchboard-logs-'));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const open = (directory: string, more: Partial<FileLogStoreOptions> = {}) =>
  fileLogStore({ directory, home: directory, clock: systemClock, faults: noFaults, ...more });

void test('[home.crash] a half-written last line is passed over, and the next record starts on its own line', () =>
  withDirectory(async (directory) => {
    const file = join(directory, 'components.jsonl');
    fs.writeFileSync(file, `${JSON.stringify(record(1))}\n{"at":2,"comp`);
    const store = open(directory);
    store.append(record(3));
    assert.deepEqual(
      (await store.read({ last: 9 })).map((r) => r.at),
      [1, 3],
    );
    await store.close();
    fs.appendFileSync(file, 'null\n{"at":"x"}\n[]\n');
    const again = open(directory);
    assert.deepEqual(
      (await again.read({ last: 9 })).map((r) => r.at),
      [1, 3],
    );
    await again.close();
  }));

void test('[home.crash] a full disk costs records, which are counted, and nothing else', () =>
  withDirectory(async (directory) => {
    let full = true;
    const hit = (): void => {
      if (full) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    const store = open(directory, { faults: { hit } });
    store.append(record(1));
    store.append(record(2, 'demo:b@1.0.0'));
    await store.flush();
    store.append(record(3));
    await store.flush();
    full = false;
    store.append(record(4));
    await store.flush();
    const found = await store.read({ last: 9 });
    assert.deepEqual(
      found.map((r) => [r.component, r.fields?.['dropped'] ?? r.at]),
      [
        ['demo:a@1.0.0', '2'],
        ['demo:b@1.0.0', '1'],
        ['demo:a@1.0.0', 4],
      ],
    );
    await store.close();
  }));

void test('[limit.flood] a flood keeps memory and disk bounded, drops the oldest and says how many', () =>
  withDirectory(async (directory) => {
    const store = open(directory, { files: 3, fileBytes: 64 * 1024, bufferBytes: 32 * 1024 });
    const total = 20_000;
    for (let at = 1; at <= total; at += 1) store.append(record(at));
    await store.flush();
    const found = await store.read({ last: total });
    const dropped = found.reduce((sum, r) => sum + Number(r.fields?.['dropped'] ?? 0), 0);
    const kept = found.filter((r) => r.fields?.['dropped'] === undefined);
    assert.equal(dropped + kept.length, total);
    assert.equal(kept.at(-1)?.at, total);
    const bytes = fs.readdirSync(directory).reduce((sum, name) => sum + fs.statSync(join(directory, name)).size, 0);
    assert.ok(bytes < 3 * 2 * 64 * 1024, `${bytes} bytes on disk`);
    await store.close();
  }));

void test('reads across rotated files, whatever size lines and chunks have', () =>
  withDirectory(async (directory) => {
    const store = open(directory, { files: 4, fileBytes: 200_000, bufferBytes: 1_000_000 });
    for (let at = 1; at <= 40; at += 1) {
      store.append(record(at, 'demo:a@1.0.0', 'é'.repeat((at * 997) % 9000)));
      await store.flush();
    }
    assert.ok(fs.readdirSync(directory).length > 1);
    assert.deepEqual(
      (await store.read({ last: 40 })).map((r) => r.at),
      Array.from({ length: 40 }, (_, n) => n + 1),
    );
    assert.deepEqual(
      (await store.read({ last: 25 })).map((r) => r.at),
      Array.from({ length: 25 }, (_, n) => n + 16),
    );
    await store.close();
  }));

void test('what is buffered is on disk after close, and a later append is ignored', () =>
  withDirectory(async (directory) => {
    const store = open(directory);
    store.append(record(1));
    await store.close();
    store.append(record(2));
    await store.close();
    const again = open(directory);
    assert.deepEqual(
      (await again.read({ last: 9 })).map((r) => r.at),
      [1],
    );
    await again.close();
  }));
