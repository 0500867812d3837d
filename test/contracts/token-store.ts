import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TokenStore } from '#core';

/** What every token store keeps to. */
export function tokenStoreContract(
  backend: string,
  make: () => Promise<{ readonly store: TokenStore; readonly close: () => Promise<void> }>,
): void {
  void test(`a token is made once, 256 bits, and changes with rotate only (${backend})`, async () => {
    const { store, close } = await make();
    try {
      const [one, two] = await Promise.all([store.token(), store.token()]);
      assert.match(one, /^[A-Za-z0-9_-]{43}$/);
      assert.equal(Buffer.from(one, 'base64url').length, 32);
      assert.equal(two, one);
      assert.equal(await store.token(), one);
      const rotated = await store.rotate();
      assert.match(rotated, /^[A-Za-z0-9_-]{43}$/);
      assert.notEqual(rotated, one);
      assert.equal(await store.token(), rotated);
    } finally {
      await close();
    }
  });
}
