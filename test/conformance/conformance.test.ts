/** MCP's own conformance suite, both requirement sets, against the gateway. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../e2e/mcp-process.ts';
import { serveComposition } from './composition.ts';

const SUITE = join(import.meta.dirname, 'suite', 'node_modules', '@modelcontextprotocol', 'conformance');

/**
 * Not scored by the suite: about tools that mirror arguments in HTTP headers by `x-mcp-header` (SEP-2243). No WIT type
 * says that of a parameter, so no tool of the gateway does, and there is nothing to compare.
 */
const LEFT_OUT = ['http-custom-header-server-validation'];

interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  readonly errorMessage?: string;
}

/** The scenarios of servers that a revision requires, and those that it runs besides. */
async function required(revision: string): Promise<{ scenarios: string[]; besides: string[] }> {
  const yaml = await readFile(join(SUITE, 'requirements', `${revision}.yaml`), 'utf8');
  const section = /^server:\n((?: {2}- .*\n)+)/m.exec(yaml)?.[1] ?? '';
  const besides = [...yaml.matchAll(/- scenario: (\S+)\n\s+leg: server\n\s+reason: (\S+)/g)];
  return {
    scenarios: [...section.matchAll(/- (\S+)/g)].map(([, name]) => name ?? ''),
    besides: besides
      .filter(([, name = '', reason]) => reason !== 'extension' && !LEFT_OUT.includes(name))
      .map(([, name]) => name ?? ''),
  };
}

for (const revision of ['2025-11-25', '2026-07-28']) {
  test(`[mcp.conformance] ${revision}: every server scenario of the conformance suite passes`, async (t) => {
    const { url } = await serveComposition(t);
    const out = await mkdtemp(join(tmpdir(), 'conformance-'));
    t.after(() => rm(out, { recursive: true }));
    const args = ['server', '--url', url, '--requirements', revision, '--output-dir', out];
    const ended = await run(process.execPath, [join(SUITE, 'dist', 'index.js'), ...args]);
    const { scenarios, besides } = await required(revision);
    assert.ok(scenarios.length >= 30, `only ${scenarios.length} scenarios are required`);
    const folders = await readdir(out);
    const problems: string[] = [];
    for (const scenario of [...scenarios, ...besides]) {
      const folder = folders.find((name) => new RegExp(`^server-${scenario}-[\\dTZ.:-]+$`).test(name));
      if (folder === undefined) {
        problems.push(`${scenario} did not run`);
        continue;
      }
      const checks = JSON.parse(await readFile(join(out, folder, 'checks.json'), 'utf8')) as Check[];
      if (!checks.some(({ status }) => status === 'SUCCESS')) problems.push(`${scenario}: nothing succeeded`);
      for (const { id, status, errorMessage } of checks) {
        if (status === 'FAILURE' || status === 'WARNING') problems.push(`${scenario}: ${id}: ${errorMessage}`);
      }
    }
    assert.deepEqual(problems, [], ended.stdout.slice(-4_000));
    assert.equal(ended.code, 0, ended.stdout.slice(-4_000) + ended.stderr);
  });
}
