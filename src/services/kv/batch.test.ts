import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_PERMISSIONS } from '#core/permission';
import type { ServiceEnv } from '#core/services';
import { Scope } from '../scope.ts';
import { keyvalueBatchInterface, keyvalueStoreInterface } from './wasi.ts';

const MiB = 1024 * 1024;

/** A bucket of which every value is as long as its key says; how many questions waited at once. */
function bucketOf() {
  const seen = { waiting: 0, most: 0, asked: 0 };
  const env = {
    policy: { ...NO_PERMISSIONS, stores: [{ kind: 'kv', name: 's', mode: 'rw' }] },
    signal: () => new AbortController().signal,
    refund: () => {},
    async ask(_service: string, { key }: { readonly key: string }) {
      seen.asked += 1;
      seen.waiting += 1;
      seen.most = Math.max(seen.most, seen.waiting);
      await new Promise((resolve) => setImmediate(resolve));
      seen.waiting -= 1;
      return key === 'none' ? undefined : new Uint8Array(Number(key));
    },
  } as unknown as ServiceEnv;
  const { open } = keyvalueStoreInterface(new Scope(env)) as unknown as { open(name: string): unknown };
  const bucket = open('s');
  const batch = keyvalueBatchInterface as unknown as {
    getMany(bucket: unknown, keys: readonly string[]): Promise<readonly (readonly [string, Uint8Array] | undefined)[]>;
    deleteMany(bucket: unknown, keys: readonly string[]): Promise<void>;
  };
  return { seen, bucket, batch };
}

void test('[kv.wasi] a batch gives values in the order of its keys, a few asked for at a time', async () => {
  const { seen, bucket, batch } = bucketOf();
  const keys = Array.from({ length: 1000 }, (_, i) => (i % 3 ? String(i) : 'none'));
  const got = await batch.getMany(bucket, keys);
  assert.deepEqual(
    got.map((one) => one && [one[0], one[1].length]),
    keys.map((key) => (key === 'none' ? undefined : [key, Number(key)])),
  );
  assert.ok(seen.most > 1 && seen.most <= 16, `${seen.most} at once`);
  await batch.deleteMany(bucket, keys);
  await assert.rejects(
    batch.deleteMany(
      bucket,
      Array.from({ length: 10_001 }, () => '1'),
    ),
    {
      payload: { tag: 'other', val: 'a batch has at most 10000 keys' },
    },
  );
});

void test('[kv.wasi] a batch of the same large value ten thousand times ends before the host holds it', async () => {
  const { seen, bucket, batch } = bucketOf();
  const keys = Array.from({ length: 10_000 }, () => String(MiB));
  const failed = await batch.getMany(bucket, keys).then(
    () => undefined,
    (thrown: { payload?: { val?: string } }) => thrown,
  );
  assert.match(String(failed?.payload?.val), /at most 16777216 bytes/);
  assert.ok(seen.asked <= 33, `${seen.asked} values were asked for`);
});
