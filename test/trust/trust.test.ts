/**
 * Each folder here is a case: `case.toml` says what is published and signed by whom, what the home trusts, and what then
 * may be installed. A new case is a new folder. See README.md.
 */
import { ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { CASE } from './case.ts';
import { take, worldOf } from './world.ts';

const HERE = import.meta.dirname;
const folders = readdirSync(HERE, { withFileTypes: true }).filter((entry) => entry.isDirectory());

ok(folders.length > 0);
for (const { name } of folders) {
  const { description, requirements, step } = CASE.parse(parse(readFileSync(join(HERE, name, 'case.toml'), 'utf8')));
  const ids = requirements.map((id) => `[${id}]`).join(' ');
  void test(`${ids} ${name}: ${description}`, { timeout: 60_000 }, async (t) => {
    const world = await worldOf(t);
    for (const [i, one] of step.entries()) {
      try {
        await take(world, one);
      } catch (cause) {
        throw new Error(`step ${i + 1} (${JSON.stringify(one)}): ${String(cause)}`, { cause });
      }
    }
  });
}
