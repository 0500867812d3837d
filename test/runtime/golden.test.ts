import { after, test } from 'node:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '#host';
import { goldenCases, runCase } from './golden.ts';

const home = await mkdtemp(join(tmpdir(), 'golden-'));
const host = await createHost({ home });
after(async () => {
  await host.close();
  await rm(home, { recursive: true });
});

for (const golden of await goldenCases(import.meta.dirname)) {
  void test(`golden ${golden.name} ${golden.requirements.map((id) => `[${id}]`).join(' ')}`, () =>
    runCase(host, golden));
}
