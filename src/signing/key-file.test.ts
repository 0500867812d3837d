import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwitchboardError } from '#core';
import { makeKey, openKeyFile, readKeyFile } from './key-file.ts';

const PASSPHRASE = 'correct horse';
const made = makeKey(PASSPHRASE);

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof SwitchboardError ? error.code : `no error: ${String(error)}`;
}

test('[signing.keys] a key file gives its key to the passphrase, and its public key to anybody', async () => {
  const { key, text } = await made;
  const opened = await openKeyFile(Buffer.from(text), PASSPHRASE, 'it');
  assert.deepEqual([opened.fingerprint, opened.publicKey], [key.fingerprint, key.publicKey]);
  assert.equal((await readKeyFile(Buffer.from(text), 'it')).publicKey, key.publicKey);
  const secret = key.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  assert.ok(!Buffer.from((JSON.parse(text) as { data: string }).data, 'base64').includes(secret));
  // However the letters were composed when it was typed.
  const accented = await makeKey('cafe\u0301 cafe\u0301');
  await openKeyFile(Buffer.from(accented.text), 'caf\u00e9 caf\u00e9', 'it');
});

test('[signing.keys] another passphrase, or a changed file, opens nothing', async () => {
  const { text } = await made;
  const file = JSON.parse(text) as { kdf: object; cipher: object; publicKey: string; data: string };
  const other = await makeKey(PASSPHRASE);
  const { publicKey } = other.key;
  const flipped = Buffer.from(file.data, 'base64');
  flipped[3] = (flipped[3] ?? 0) ^ 1;
  assert.equal(await codeOf(openKeyFile(Buffer.from(text), 'correct horsf', 'it')), 'key-locked');
  for (const change of [
    { publicKey },
    { data: flipped.toString('base64') },
    { kdf: { ...file.kdf, n: 2 ** 14 } },
    { cipher: { ...file.cipher, nonce: Buffer.alloc(12).toString('base64') } },
  ]) {
    const changed = Buffer.from(JSON.stringify({ ...file, ...change }));
    assert.equal(await codeOf(openKeyFile(changed, PASSPHRASE, 'it')), 'key-locked', JSON.stringify(change));
  }
});

test('[signing.keys] a file of a stranger cannot ask for more memory or time than a key file does', async () => {
  const { text } = await made;
  const file = JSON.parse(text) as { kdf: object; cipher: object };
  const started = performance.now();
  for (const change of [
    { kdf: { ...file.kdf, n: 2 ** 30 } },
    { kdf: { ...file.kdf, n: 3 } },
    { kdf: { ...file.kdf, r: 1024 } },
    { kdf: { ...file.kdf, p: 1000 } },
    { kdf: { ...file.kdf, name: 'none' } },
    { kdf: { ...file.kdf, more: 1 } },
    { cipher: { ...file.cipher, name: 'aes-256-ecb' } },
    { algorithm: 'none' },
    { v: 2 },
    { more: 1 },
    { data: 'A'.repeat(100_000) },
    { publicKey: 'AAAA' },
  ]) {
    const changed = Buffer.from(JSON.stringify({ ...file, ...change }));
    assert.equal(await codeOf(openKeyFile(changed, PASSPHRASE, 'it')), 'invalid-key', JSON.stringify(change));
  }
  assert.ok(performance.now() - started < 1_000);
  for (const junk of ['', 'x', '[]', 'null', text.replace('{', '{"v":1,'), ' '.repeat(20_000)]) {
    assert.equal(await codeOf(readKeyFile(Buffer.from(junk), 'it')), 'invalid-key');
  }
});

test('[signing.keys] a passphrase that is too short makes no key', async () => {
  assert.equal(await codeOf(makeKey('1234567')), 'key-locked');
});
