import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RULES } from '#scan';
import { THRESHOLDS } from '#scan/sizes';
import { scanComponent } from '#scan';
import { scanPorts } from '#gateways/cli/scan-ports';

const ROOT = join(import.meta.dirname, '../..');
const DOCS = readFileSync(join(ROOT, 'docs/scan.md'), 'utf8');

test('[scan.docs] docs/scan.md has one section for each rule, in order, with what it says of itself', () => {
  const sections = Array.from(DOCS.matchAll(/^### `(scan\/[a-z-]+)`\n\n([^\n]+)/gm), ([, id, first]) => [id, first]);
  assert.deepEqual(sections, Object.entries(RULES));
});

test('[scan.docs] docs/scan.md states the thresholds that apply', () => {
  for (const bytes of Object.values(THRESHOLDS)) {
    const text = bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MiB` : `${bytes / 1024} KiB`;
    assert.ok(DOCS.includes(text), text);
  }
});

test('[scan.docs] docs/scan.md states how large the corpora are', () => {
  const count = (name: string): number =>
    (JSON.parse(readFileSync(join(import.meta.dirname, 'corpus', name), 'utf8')) as readonly unknown[]).length;
  assert.ok(DOCS.includes(`${count('attacks.json')} attack texts`));
  assert.ok(DOCS.includes(`${count('benign.json')} descriptions`));
});

const folder = join(ROOT, 'components/dist');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.wasm'))) {
  test(`[scan.quiet] ${file} has no finding but the request that it makes`, async () => {
    const { findings } = await scanComponent({ source: join(folder, file) }, scanPorts({ offline: true }));
    const expected = file === 'fetch.wasm' ? ['every public host of the Internet'] : [];
    assert.deepEqual(
      findings.map(({ message }) => message),
      expected,
    );
  });
}
