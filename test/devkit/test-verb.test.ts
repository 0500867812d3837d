/** `switchboard test`: what tests of a project see, what they are told, and what is left of them. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Outcome } from '../e2e/cli-run.ts';
import { newFolder, newProject, runIn, startIn, write } from './projects.ts';
import { outcomeOf, processesOf, until } from '../e2e/cli-run.ts';

const WORLD = `package local:demo-tool@0.1.0;
world tool {
    import switchboard:host/http@0.1.0;
    import switchboard:host/secrets@0.1.0;
    import switchboard:host/log@0.1.0;
    export fetch: func(url: string) -> result<string, string>;
    export secret: func(name: string) -> result<string, string>;
    export sort: func(n: s32) -> string;
    export object: func() -> tuple<string, list<u32>>;
}
`;
const MAIN = `import type { Guest } from 'switchboard:guest';
import { send } from 'switchboard:host/http@0.1.0';
import { get } from 'switchboard:host/secrets@0.1.0';
const failure = (error: unknown): string => JSON.stringify((error as { payload?: unknown }).payload ?? error);
export const fetch: Guest['fetch'] = (url) => {
  console.log('fetching', url);
  try {
    const { status, body } = send({ method: 'GET', url, headers: [['x-a', 'b']], body: null, timeoutMs: null, maxBytes: null, redirects: null });
    return status + ' ' + new TextDecoder().decode(body);
  } catch (error) {
    throw failure(error);
  }
};
export const secret: Guest['secret'] = (name) => {
  try {
    return get(name);
  } catch (error) {
    throw failure(error);
  }
};
export const sort: Guest['sort'] = (n) => {
  if (n < 0) return 'negative';
  for (const small of [1, 2, 3]) if (n === small) return 'small';
  switch (n) {
    case 100:
      return 'hundred';
    default:
      return 'other';
  }
};
export const object: Guest['object'] = () => ['a', [1, 2, 3]];
`;
const MANIFEST = `[[permissions.net]]
host = "api.example.com"
reason = "to ask"

[[permissions.secret]]
name = "key"
reason = "to sign"
`;
const FILES = {
  'wit/world.wit': WORLD,
  'src/main.ts': MAIN,
  'component.toml': MANIFEST,
};

const json = (
  outcome: Outcome,
): {
  passed: number;
  failed: number;
  tests: { name: string; ok: boolean; error?: string }[];
  coverage: { file: string; statements: number; covered: number; missed: string }[];
} => JSON.parse(outcome.stdout) as never;

test('[devkit.test] tests run inside the sandbox under what the manifest requests, and nothing else', async (t) => {
  const dir = await newProject(t, 'ts', {
    ...FILES,
    'test/tool.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { component, sandbox } from 'switchboard:test';
test('the network is a fake one', async () => {
  await using box = await sandbox({ http: {
    'https://api.example.com/x': 'hello',
    'https://api.example.com/made': (request) => ({ status: 201, body: request.method + request.headers['x-a'] }),
  } });
  assert.equal(await box.component.fetch('https://api.example.com/x?q=1'), '200 hello');
  assert.equal(await box.component.fetch('https://api.example.com/made'), '201 GETb');
  assert.match(await box.component.fetch('https://api.example.com/unknown'), /^404 /);
  assert.deepEqual(box.requests.map(({ url }) => url), ['https://api.example.com/x?q=1', 'https://api.example.com/made', 'https://api.example.com/unknown']);
  assert.deepEqual(box.logs.slice(0, 1), ['fetching https://api.example.com/x?q=1']);
});
test('what is not requested is denied', async () => {
  await assert.rejects(component.fetch('https://other.example.com/'), /denied/);
  await assert.rejects(component.secret('other'), /denied/);
});
test('nothing is granted where the test says so', async () => {
  await using box = await sandbox({ grant: false, secrets: { key: 'k' }, http: { 'https://api.example.com/x': 'hello' } });
  await assert.rejects(box.component.fetch('https://api.example.com/x'), /denied/);
  await assert.rejects(box.component.secret('key'), /denied/);
  assert.deepEqual(box.requests, []);
});
test('secrets are those of the test', async () => {
  await using box = await sandbox({ secrets: { key: 'not a real one' } });
  assert.equal((await box.component.secret('key')).length > 0, true);
});
`,
  });
  const outcome = await runIn(dir, join(newFolder(t), 'home'), ['test', '--output', 'json']);
  assert.deepEqual(
    json(outcome).tests.map(({ name, ok, error }) => ({ name, ok, error })),
    [
      { name: 'the network is a fake one', ok: true, error: undefined },
      { name: 'what is not requested is denied', ok: true, error: undefined },
      { name: 'nothing is granted where the test says so', ok: true, error: undefined },
      { name: 'secrets are those of the test', ok: true, error: undefined },
    ],
  );
  assert.equal(outcome.code, 0);
});

test('[devkit.test] coverage counts what ran in every instance, line by line', async (t) => {
  const dir = await newProject(t, 'ts', {
    ...FILES,
    'test/tool.test.ts': `import { test } from 'node:test';
import { component } from 'switchboard:test';
test('some', async () => { await component.sort(2); await component.sort(100); });
`,
  });
  const home = join(newFolder(t), 'home');
  const [main] = json(await runIn(dir, home, ['test', '--output', 'json'])).coverage;
  assert.equal(main?.file, 'src/main.ts');
  const lines = MAIN.split('\n');
  const missed = (main?.missed ?? '').split(', ').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return lines.slice(from - 1, to);
  });
  assert.ok(missed.some((line) => line.includes("console.log('fetching'")));
  assert.ok(
    missed.some((line) => line.includes("return 'negative'")),
    'a statement without a block is one of its own',
  );
  assert.ok(missed.some((line) => line.includes("return 'other'")));
  assert.ok(!missed.some((line) => line.includes("return 'hundred'") || line.includes('for (const small')));
  const text = await runIn(dir, home, ['test']);
  assert.match(text.stdout, /coverage\n +src\/main\.ts +\d+ % +\d+ of \d+ statements +not line /);
  const without = await runIn(dir, home, ['test', '--no-coverage', '--output', 'json']);
  assert.equal(json(without).coverage, undefined);
});

test('[devkit.test] a failure shows both sides, is the exit code, and leaves no process and no file', async (t) => {
  const dir = await newProject(t, 'ts', {
    ...FILES,
    'test/tool.test.ts': `import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { component, sandbox } from 'switchboard:test';
createServer().listen(0, '127.0.0.1');
const shared = await sandbox();
test('differs', async () => assert.deepEqual(await shared.component.object(), ['a', [1, 9, 3]]));
test('passes', async () => assert.equal(await component.sort(1), 'small'));
test('is refused', async () => {
  await component.secret('nothing');
});
`,
    'test/data.test.json': `[{ "name": "as data", "call": "object", "result": ["b", [1, 2, 3]] },
  { "name": "fails as it must", "call": "secret", "arguments": ["nothing"], "error": "denied" }]`,
  });
  const temporary = newFolder(t);
  const env = { TMPDIR: temporary, NO_COLOR: '1', FORCE_COLOR: undefined };
  const outcome = await runIn(dir, join(newFolder(t), 'home'), ['test'], env);
  assert.equal(outcome.code, 1);
  assert.match(outcome.stdout, /\+ +2,?\n\s*- +9/);
  assert.match(outcome.stdout, /\+ +'a',?\n\s*- +'b'/);
  assert.match(outcome.stdout, /✖ differs/);
  assert.match(outcome.stdout, /✔ passes/);
  assert.match(outcome.stdout, /✔ fails as it must/);
  assert.match(
    outcome.stdout,
    /SwitchboardError: .*denied.*\n +at async TestContext\.<anonymous> \(.*tool\.test\.ts:10:3\)/,
  );
  assert.doesNotMatch(outcome.stdout, /engine/);
  assert.match(outcome.stderr, /^error: 3 of 5 tests failed\ncode: tests-failed/);
  assert.deepEqual(readdirSync(temporary), []);
  const only = await runIn(dir, join(newFolder(t), 'home'), ['test', '--only', 'passes', '--output', 'json'], env);
  assert.deepEqual(
    json(only).tests.map(({ name }) => name),
    ['passes'],
  );
  assert.equal(only.code, 0);
});

test('[devkit.test] an interrupt ends the tests and what they started', async (t) => {
  const dir = await newProject(t, 'c', {
    'test/tool.test.js': `import { test } from 'node:test';
import { component } from 'switchboard:test';
test('never ends', async () => { await component.greet('Ada'); console.log('waiting'); await new Promise((r) => setInterval(r.bind(0, 0), 1e9)); });
`,
  });
  const temporary = newFolder(t);
  const child = startIn(dir, join(newFolder(t), 'home'), ['test'], { TMPDIR: temporary });
  const outcome = outcomeOf(child);
  await until(child.stdout, /waiting/);
  child.kill('SIGINT');
  assert.equal((await outcome).code, 130);
  assert.deepEqual(processesOf(temporary), []);
  assert.deepEqual(readdirSync(temporary), []);
});

for (const { what, text, message } of [
  { what: 'not JSON', text: '[', message: /tool\.test\.json: / },
  {
    what: 'an unknown member',
    text: '[{ "call": "greet", "expect": 1 }]',
    message: /test 1: "expect" is not known; there are name, call/,
  },
  { what: 'no call', text: '[{ "name": "x" }]', message: /test 1 has no "call"/ },
  {
    what: 'both outcomes',
    text: '[{ "call": "greet", "result": 1, "error": "x" }]',
    message: /both "result" and "error"/,
  },
]) {
  test(`[devkit.test] a file of tests with ${what} is a failure that says so`, async (t) => {
    const dir = await newProject(t, 'c', { 'test/tool.test.json': text });
    const outcome = await runIn(dir, join(newFolder(t), 'home'), ['test']);
    assert.equal(outcome.code, 1, outcome.stdout);
    assert.match(`${outcome.stdout}${outcome.stderr}`, message);
  });
}

test('[devkit.test] a project without tests is told how to write one', async (t) => {
  const dir = await newProject(t, 'c');
  await write(dir, {});
  const { rm } = await import('node:fs/promises');
  await rm(join(dir, 'test'), { recursive: true });
  const outcome = await runIn(dir, join(newFolder(t), 'home'), ['test']);
  assert.equal(outcome.code, 2);
  assert.match(outcome.stderr, /no tests.*\nfix: write test\/first\.test\.json/);
});
