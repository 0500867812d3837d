/** Bundles with something changed, at thousands of places: never more than the original says, never an error of another kind. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { SwitchboardError } from '#core';
import type { SignatureRoots, SubjectDigest } from '#core/signature';
import { signatureVerifier } from '#signing';

const read = (path: string): Buffer => readFileSync(join(import.meta.dirname, path));
const KEYS = JSON.parse(read('fixtures/keys.json').toString()) as { readonly alice: string };
const ROOT: unknown = JSON.parse(read('fixtures/root-public-good.json').toString());

/** The same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const JUNK = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '0',
  'null',
  '-1',
  '1e999',
  'A',
  '=',
  ' ',
  '\u0000',
  'é',
  '__proto__',
];

function changed(bytes: Buffer, pick: (below: number) => number): Buffer {
  const at = pick(bytes.length);
  const copy = Buffer.from(bytes);
  switch (pick(5)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << pick(8));
      return copy;
    case 1:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + pick(40))]);
    case 2:
      return Buffer.concat([copy.subarray(0, at), Buffer.from(JUNK[pick(JUNK.length)] ?? ''), copy.subarray(at)]);
    case 3:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.max(0, at - pick(60)))]);
    default:
      return copy.subarray(0, at);
  }
}

/** Of a member somewhere, its value another. */
function changedTree(document: unknown, pick: (below: number) => number): unknown {
  const places: [parent: Record<string, unknown>, name: string][] = [];
  const copy = structuredClone(document);
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const name of Object.keys(value)) {
      places.push([value as Record<string, unknown>, name]);
      walk((value as Record<string, unknown>)[name]);
    }
  };
  walk(copy);
  const others = [
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'AAAA',
    '0',
    [],
    {},
    [[]],
    [{}],
    { rawBytes: 'AAAA' },
    'x'.repeat(5000),
  ];
  const [parent, name] = places[pick(places.length)] ?? assert.fail();
  if (pick(4) === 0) delete parent[name];
  else parent[name] = others[pick(others.length)];
  return copy;
}

async function attack(path: string, subject: SubjectDigest, roots: SignatureRoots, times: number): Promise<void> {
  const bytes = read(path);
  const verifier = signatureVerifier();
  const original = await verifier.verify(bytes, subject, roots);
  const pick = numbers(20_261_121);
  for (let i = 0; i < times; i += 1) {
    const mutant =
      i % 3 === 0 ? Buffer.from(JSON.stringify(changedTree(JSON.parse(bytes.toString()), pick))) : changed(bytes, pick);
    try {
      assert.deepEqual(await verifier.verify(mutant, subject, roots), original, mutant.toString());
    } catch (error) {
      const isRefusal = error instanceof SwitchboardError && /^(invalid-signature|unknown-signer)$/.test(error.code);
      if (!isRefusal) throw error;
    }
  }
}

test('[signing.hostile] nothing can be changed in a bundle of a key', () => {
  const { subject } = parse(read('holds/case.toml').toString()) as { subject: SubjectDigest };
  return attack('holds/bundle.sigstore', subject, { keys: [KEYS.alice] }, 6_000);
});

test('[signing.hostile] nothing can be changed in a bundle of an identity', () => {
  const subject =
    'sha512:76176ffa33808b54602c7c35de5c6e9a4deb96066dba6533f50ac234f4f1f4c6b3527515dc17c06fbe2860030f410eee69ea20079bd3a2c6f3dcf3b329b10751';
  return attack('fixtures/npm-provenance.json', subject, { keys: [], trustedRoot: ROOT }, 1_500);
});
