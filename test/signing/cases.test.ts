/** Each folder here with a `case.toml` is a bundle and what becomes of it. See README.md. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { SwitchboardError } from '#core';
import type { SubjectDigest, VerifiedStatement } from '#core/signature';
import { readPublish, readRevocation, readYank } from '#core/statements';
import { signatureVerifier } from '#signing';

const HERE = import.meta.dirname;
const READERS = { publish: readPublish, yank: readYank, revocation: readRevocation };
const CASE = z.strictObject({
  description: z.string(),
  subject: z.custom<SubjectDigest>((value) => typeof value === 'string'),
  keys: z.array(z.string()),
  root: z.string().optional(),
  read: z.enum(['publish', 'yank', 'revocation']).optional(),
  code: z.string(),
  says: z.string(),
  data: z.string().optional(),
});

const read = (path: string): Buffer => readFileSync(join(HERE, path));
const KEYS = JSON.parse(read('fixtures/keys.json').toString()) as Record<string, string>;

async function outcome(name: string, given: z.infer<typeof CASE>): Promise<VerifiedStatement | SwitchboardError> {
  const trustedRoot = given.root === undefined ? undefined : JSON.parse(read(`fixtures/${given.root}`).toString());
  const keys = given.keys.map((key) => KEYS[key] ?? assert.fail(`there is no key ${key}`));
  try {
    const statement = await signatureVerifier().verify(read(`${name}/bundle.sigstore`), given.subject, {
      keys,
      trustedRoot: trustedRoot as unknown,
    });
    if (given.read !== undefined) READERS[given.read](statement);
    return statement;
  } catch (error) {
    if (error instanceof SwitchboardError) return error;
    throw error;
  }
}

const folders = readdirSync(HERE).filter((name) => existsSync(join(HERE, name, 'case.toml')));
assert.ok(folders.length > 0);
for (const name of folders) {
  const given = CASE.parse(parse(read(`${name}/case.toml`).toString()));
  const ids = given.read === undefined ? '[signing.hostile] [signing.verify]' : '[signing.statements]';
  void test(`${ids} ${name}: ${given.description}`, async () => {
    const found = await outcome(name, given);
    const isError = found instanceof SwitchboardError;
    const said = isError ? found.message : JSON.stringify(found);
    assert.equal(isError ? found.code : 'ok', given.code, said);
    assert.match(said, new RegExp(given.says));
    if (given.data !== undefined) assert.match(JSON.stringify(isError && found.data), new RegExp(given.data));
  });
}
