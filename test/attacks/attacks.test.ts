/**
 * Each folder here is an attack: `attack.toml` says what is granted, what a hostile component then does, and how it is
 * to be refused. A new attack is a new folder. See README.md.
 */
import { ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { ATTACK } from './attack.ts';
import { runAttack } from './run-attack.ts';

const HERE = import.meta.dirname;
const folders = readdirSync(HERE, { withFileTypes: true }).filter((entry) => entry.isDirectory());

ok(folders.length > 0);
for (const { name } of folders) {
  const attack = ATTACK.parse(parse(readFileSync(join(HERE, name, 'attack.toml'), 'utf8')));
  void test(`[policy.attacks] ${name}: ${attack.description}`, { timeout: 60_000 }, () =>
    runAttack(attack, join(HERE, name, 'tree')),
  );
}
