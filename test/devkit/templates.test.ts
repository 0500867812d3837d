/** Each template from init to a call. Where a compiler is not on the machine, that build says what to install. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Language } from '#devkit';
import { newHome } from '../e2e/cli-run.ts';
import { digestOf, MAIN, newFolder, runIn } from './projects.ts';

/** What the fix must say where the compiler is missing; undefined: it is there wherever these tests run. */
const ADVICE: { readonly [language in Language]: RegExp | undefined } = {
  ts: undefined,
  js: undefined,
  c: undefined,
  rust: /https:\/\/rustup\.rs|rustup target add wasm32-wasip2/,
  python: /pip install componentize-py==/,
  go: /https:\/\/go\.dev\/dl|cargo install wit-bindgen-cli@/,
};

for (const [language, advice] of Object.entries(ADVICE)) {
  test(`[devkit.templates] [devkit.reproducible] ${language}: init, build, test, call and serve`, {
    timeout: 400_000,
  }, async (t) => {
    const home = newHome(t);
    const parent = newFolder(t);
    const made = await runIn(parent, home, ['init', 'acme:word-counter', '--lang', language]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^made acme:word-counter in word-counter\//);
    const dir = join(parent, 'word-counter');
    for (const file of ['wit/world.wit', 'component.toml', 'README.md', '.gitignore']) {
      assert.ok(existsSync(join(dir, file)), file);
    }
    const built = await runIn(dir, home, ['build', '--output', 'json']);
    if (advice !== undefined && built.code !== 0) {
      const { error } = JSON.parse(built.stdout) as { error: { code: string; message: string; fix: string } };
      assert.equal(error.code, 'toolchain-missing', error.message);
      assert.match(error.fix, advice);
      t.diagnostic(`not built here: ${error.message}`);
      return;
    }
    assert.equal(built.code, 0, `${built.stdout}${built.stderr}`);
    await works(t, language, dir, home);
  });
}

async function works(t: TestContext, language: string, dir: string, home: string): Promise<void> {
  const file = join(dir, 'build', 'word-counter.wasm');
  const digest = await digestOf(file);
  const tested = await runIn(dir, home, ['test', '--output', 'json']);
  assert.equal(tested.code, 0, `${tested.stdout}${tested.stderr}`);
  const { passed, failed, coverage } = JSON.parse(tested.stdout) as {
    passed: number;
    failed: number;
    coverage?: { file: string; statements: number; covered: number }[];
  };
  assert.equal(failed, 0);
  assert.ok(passed >= 3);
  if (language === 'ts' || language === 'js') {
    assert.deepEqual(
      coverage?.map((one) => [one.file, one.covered === one.statements]),
      [[`src/main.${language}`, true]],
    );
  }
  const inspected = await runIn(dir, home, ['inspect', '.', '--output', 'json']);
  const {
    package: name,
    imports,
    functions,
  } = JSON.parse(inspected.stdout) as {
    package: string;
    imports: unknown[];
    functions: { id: string; docs?: string }[];
  };
  assert.equal(name, 'acme:word-counter@0.1.0');
  assert.ok(!JSON.stringify(imports).includes('unavailable'), JSON.stringify(imports));
  assert.deepEqual(
    functions.map(({ id }) => id),
    ['greet', 'count-words'],
  );
  assert.match(functions[0]?.docs ?? '', /A greeting for somebody/);
  assert.equal((await runIn(dir, home, ['call', '.', 'greet', 'Ada'])).stdout.trim(), 'Hello, Ada!');
  const refused = await runIn(dir, home, ['call', '.', 'greet', ' ']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /the name is empty/);
  assert.equal((await runIn(dir, home, ['call', '.', 'count-words', ' one  two\nthree '])).stdout.trim(), '3');
  await served(file, dir, home);
  // componentize-py keeps a memory in which its machine's clock and random numbers left traces.
  if (language === 'python') return;
  assert.equal((await runIn(dir, home, ['build'])).code, 0);
  assert.equal(await digestOf(file), digest, 'a second build gave other bytes');
  t.diagnostic(`${language}: ${digest}`);
}

/** What an agent sees of it. */
async function served(file: string, dir: string, home: string): Promise<void> {
  assert.match((await runIn(dir, home, ['install', file])).stdout, /^installed acme:word-counter@0\.1\.0 /);
  const client = new Client({ name: 'devkit', version: '1.0.0' });
  const args = [MAIN, 'serve', '--stdio', '--home', home];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
  try {
    const { tools } = await client.listTools();
    const greet = tools.find(({ name }) => name === 'acme_word-counter_greet');
    assert.match(greet?.description ?? '', /A greeting for somebody/);
    const result = await client.callTool({ name: 'acme_word-counter_greet', arguments: { name: 'Ada' } });
    assert.match(JSON.stringify(result.content), /Hello, Ada!/);
  } finally {
    await client.close();
  }
}
