/**
 * Each folder here is an attack: `attack.toml` says what is granted, what a hostile component then does, and how it is
 * to be refused. A new attack is a new folder. See README.md.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { type HostEvent, parsePermission, SwitchboardError } from '#core';
import { createHost, type Json } from '#host';
import { guest } from '#test/guests/build';
import { startUpstream } from './upstream.ts';

const STEP = z.strictObject({
  call: z.string(),
  args: z.array(z.unknown()),
  /** The error code, or `ok`. */
  code: z.string(),
  /** What the error's message or the value (as JSON) must match. */
  says: z.string().optional(),
  /** What the audit event must match: `capability what reason`. Absent: there must be none. */
  denial: z.string().optional(),
  /** The command that would allow it; absent with a denial: nothing can. */
  fix: z.string().optional(),
});
const ATTACK = z.strictObject({
  description: z.string(),
  guest: z.string(),
  /** Flags; `DIR` is a copy of the folder's `tree`, `PORT` the upstream's port. */
  grants: z.array(z.tuple([z.enum(['fs', 'net', 'env', 'secret']), z.string()])),
  secrets: z.record(z.string(), z.string()).optional(),
  /** Symlinks made in DIR: name to target. */
  links: z.record(z.string(), z.string()).optional(),
  /** What must not be on disk or in anything said afterwards. */
  never: z.array(z.string()).optional(),
  limits: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  step: z.array(STEP).min(1),
});

const HERE = import.meta.dirname;
const folders = readdirSync(HERE, { withFileTypes: true }).filter((entry) => entry.isDirectory());

ok(folders.length > 0);
for (const { name } of folders) {
  const attack = ATTACK.parse(parse(readFileSync(join(HERE, name, 'attack.toml'), 'utf8')));
  void test(`[policy.attacks] ${name}: ${attack.description}`, { timeout: 60_000 }, async () => {
    const root = mkdtempSync(join(tmpdir(), 'switchboard-attack-'));
    const dir = join(root, 'granted');
    mkdirSync(dir);
    if (existsSync(join(HERE, name, 'tree'))) cpSync(join(HERE, name, 'tree'), dir, { recursive: true });
    for (const [link, target] of Object.entries(attack.links ?? {})) symlinkSync(target, join(dir, link));
    await using upstream = await startUpstream();
    const fill = (text: string): string =>
      text.replaceAll('DIR', dir).replaceAll('PORT', String(upstream.port)).replaceAll('ROOT', root);
    const host = await createHost({ home: join(root, 'home') });
    const denied: (HostEvent & { type: 'access.denied' })[] = [];
    host.subscribe((event) => event.type === 'access.denied' && denied.push(event), ['access.denied']);
    try {
      await host.install((await guest(attack.guest)).path, { as: 'test:attacker@1.0.0' });
      if (attack.limits) await host.setLimits('test:attacker', attack.limits);
      for (const [secret, value] of Object.entries(attack.secrets ?? {})) await host.setSecret(secret, value);
      const permissions = attack.grants.map(([kind, text]) => parsePermission(kind, fill(text)));
      if (permissions.length > 0) await host.grant('test:attacker', { permissions });
      for (const step of attack.step) {
        denied.length = 0;
        const args = JSON.parse(fill(JSON.stringify(step.args))) as Json[];
        const { code, said, fix } = await attempt(() => host.call('test:attacker', step.call, args));
        const label = `${step.call} ${JSON.stringify(args)}: ${said}`;
        equal(code, step.code, label);
        if (step.says !== undefined) match(said, new RegExp(fill(step.says)), label);
        await new Promise((resolve) => setImmediate(resolve));
        const events = denied.map(({ denial }) => `${denial.capability} ${denial.what} ${denial.reason}`);
        if (step.denial === undefined) deepEqual(events, [], label);
        else
          ok(
            events.some((event) => new RegExp(fill(step.denial ?? '')).test(event)),
            `${label}: ${events.join('; ')}`,
          );
        if (step.fix !== undefined) equal(fix, fill(step.fix), label);
        for (const text of attack.never ?? []) ok(!said.includes(text), `${label} has ${text}`);
      }
      for (const text of attack.never ?? []) {
        const logs = JSON.stringify(await host.logs({ last: 1000 }));
        ok(!logs.includes(text), `the log has ${text}`);
      }
    } finally {
      await host.close();
      rmSync(root, { recursive: true });
    }
  });
}

async function attempt(work: () => Promise<unknown>): Promise<{ code: string; said: string; fix: string | undefined }> {
  try {
    return { code: 'ok', said: JSON.stringify((await work()) ?? null), fix: undefined };
  } catch (thrown) {
    if (!(thrown instanceof SwitchboardError)) throw thrown;
    return { code: thrown.code, said: `${thrown.message} ${JSON.stringify(thrown.data ?? null)}`, fix: thrown.fix };
  }
}
