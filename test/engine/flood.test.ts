import { deepEqual, equal, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { guest } from '../guests/build.ts';

interface Report {
  readonly outcomes: string[];
  readonly grownMb: number;
  readonly quiet: number;
  readonly attacked: number;
  readonly dropped: boolean;
}

async function attack(script: string, name: string): Promise<string> {
  await guest('hostile');
  const home = await mkdtemp(join(tmpdir(), 'flood-'));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, script), home, name]);
    return stdout;
  } finally {
    await rm(home, { recursive: true });
  }
}

for (const name of ['alias', 'logs', 'output']) {
  test(`[limit.flood] ${name}: the host grows by less than 300 MB and other components go on`, async () => {
    const report = JSON.parse(await attack('flood-child.ts', name)) as Report;
    const all = JSON.stringify(report);
    deepEqual(report.outcomes, ['transfer-limit'], all);
    ok(report.grownMb < 300, all);
    // The same machine, a moment apart; what a test machine does besides is allowed for.
    ok(report.attacked < Math.max(report.quiet * 5, 40), all);
    if (name === 'logs') equal(report.dropped, true, all);
  });
}

test('[limit.flood] [limit.transfer] lists of millions of tiny elements exhaust a cell, never the host', async () => {
  const report = JSON.parse(await attack('heap-child.ts', 'huge')) as { codes: string[]; after: number };
  for (const code of report.codes) ok(/^(memory-limit|transfer-limit|cell-lost)$/.test(code), JSON.stringify(report));
  ok(report.codes.includes('memory-limit'), JSON.stringify(report));
  equal(report.after, 3);
});
