/**
 * Libraries as small as can be, one for each feature of TypeScript: `derive/<case>/lib` is the package, `expected.wit` what
 * it becomes, `refusals.txt` what does not cross. `node test/wrap/derive.test.ts --update` writes both; read the difference.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { componentEmbed, componentNew } from '#wasm-tools';
import { loadCompiler } from '#wrap/compiler';
import { deriveLibrary } from '#wrap/derive/index';
import { shownExample } from '#wrap/examples';
import { planOf } from '#wrap/plan';
import { needsPromises, writeGlue } from '#wrap/write/glue';
import { writeWit } from '#wrap/write/wit';

const CASES = join(import.meta.dirname, 'derive');
const update = process.argv.includes('--update');
const compiler = await loadCompiler(() => Promise.reject(new Error('the checkout has it')));

for (const name of readdirSync(CASES).sort()) {
  test(`[wrap.derive] ${name}`, async () => {
    const { wit, refusals, glue } = derived(join(CASES, name));
    compare(join(CASES, name, 'expected.wit'), wit);
    compare(join(CASES, name, 'refusals.txt'), refusals);
    await componentNew(await componentEmbed({ dummy: true, witSource: wit, world: 'tool' }));
    const { diagnostics } = compiler.transpileModule(glue, { reportDiagnostics: true });
    assert.deepEqual(
      diagnostics?.map(({ messageText }) => messageText),
      [],
    );
  });
}

function derived(folder: string): { wit: string; refusals: string; glue: string } {
  const dir = mkdtempSync(join(tmpdir(), 'switchboard-derive-'));
  try {
    const lib = join(dir, 'node_modules', 'lib');
    mkdirSync(lib, { recursive: true });
    cpSync(join(folder, 'lib'), lib, { recursive: true });
    if (!existsSync(join(lib, 'package.json')))
      writeFileSync(join(lib, 'package.json'), '{"name":"lib","version":"1.0.0","types":"index.d.ts"}');
    const file = join(folder, 'module.txt');
    const specifier = existsSync(file) ? readFileSync(file, 'utf8').trim() : 'lib';
    const made = deriveLibrary(compiler, { dir, modules: [{ specifier, from: specifier, prefix: '' }] });
    const plan = planOf(made);
    const wit = writeWit(plan, {
      package: 'test:lib@1.0.0',
      docs: '',
      exampleOf: ({ fn }) => shownExample(fn.examples),
    });
    const lines = made.refusals.map(
      ({ what, reason, place, loss }) => `${loss}: ${what}: ${reason} (${place.file}:${place.line})`,
    );
    const glue = writeGlue(plan, { promises: needsPromises(plan), buffer: false });
    return { wit, refusals: [`${made.crossing} of ${made.exported} cross`, ...lines, ''].join('\n'), glue };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function compare(file: string, actual: string): void {
  if (update) writeFileSync(file, actual);
  assert.equal(actual, readFileSync(file, 'utf8'));
}
