/** Tests of a project that cannot fail, that do not count, and that are stopped. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildProject } from '#devkit';
import { outcomeOf, processesOf } from '../e2e/cli-run.ts';
import { newFolder, newProject, ports, programs, runIn, startIn, write } from './projects.ts';

interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly todo: number;
  readonly tests: readonly { readonly name: string; readonly ok: boolean; readonly error?: string }[];
}

const results = async (dir: string, home: string, ...args: string[]): Promise<Results> =>
  JSON.parse((await runIn(dir, home, ['test', '--output', 'json', ...args])).stdout) as Results;

const ONE = "import { test } from 'node:test';\n";

test('[devkit.test] a file without a test is a failure, whatever it is in', async (t) => {
  const dir = await newProject(t, 'c', {
    'test/empty.test.js': '// to come\n',
    'test/tool.test.json': '[{ "call": "greet", "arguments": ["Ada"], "result": "Hello, Ada!" }]',
  });
  const home = join(newFolder(t), 'home');
  const outcome = await runIn(dir, home, ['test'], { NO_COLOR: '1', FORCE_COLOR: undefined });
  assert.equal(outcome.code, 1, outcome.stdout);
  assert.match(outcome.stdout, /✖ test\/empty\.test\.js: it has no test\n/);
  assert.match(outcome.stderr, /^error: 1 of 2 tests failed\n/);
  const only = await results(dir, home, '--only', 'greet');
  assert.deepEqual([only.passed, only.failed], [1, 0]);
  await write(dir, { 'test/empty.test.js': `${ONE}test('is there', () => undefined);\n`, 'test/none.test.json': '[]' });
  const data = await runIn(dir, home, ['test']);
  assert.equal(data.code, 1);
  assert.match(`${data.stdout}${data.stderr}`, /none\.test\.json: it has no test/);
  await write(dir, { 'test/none.test.json': '[{ "call": "greet", "arguments": [""], "error": "" }]' });
  const vague = await runIn(dir, home, ['test']);
  assert.equal(vague.code, 1);
  assert.match(`${vague.stdout}${vague.stderr}`, /test 1: "error" has another form/);
});

test('[devkit.test] what is skipped or still to do is no failure and no success; a suite that breaks is one', async (t) => {
  const dir = await newProject(t, 'c', {
    'test/tool.test.json': '[{ "call": "greet", "arguments": ["Ada"], "result": "Hello, Ada!" }]',
    'test/later.test.js': `${ONE}test('one day', { todo: true }, () => { throw new Error('not yet'); });
test('not here', { skip: true }, () => { throw new Error('never'); });
`,
  });
  const home = join(newFolder(t), 'home');
  const { passed, failed, skipped, todo } = await results(dir, home);
  assert.deepEqual({ passed, failed, skipped, todo }, { passed: 1, failed: 0, skipped: 1, todo: 1 });
  const none = await runIn(dir, home, ['test', '--only', '/day|not here/']);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^error: no test was run that counts: 1 skipped, 1 still to do\n/);
  assert.match((await runIn(dir, home, ['test', '--only', 'nothing'])).stderr, /^error: no test has such a name\n/);
  await write(dir, {
    'test/later.test.js':
      "import { describe } from 'node:test';\ndescribe('a suite', () => { throw new Error('broken'); });\n",
  });
  const broken = await results(dir, home);
  assert.deepEqual([broken.passed, broken.failed], [1, 1]);
  assert.match(broken.tests.find(({ ok }) => !ok)?.error ?? '', /broken/);
});

test('[devkit.test] --only that is no pattern is told so before anything is built', async (t) => {
  const dir = await newProject(t, 'c');
  const outcome = await runIn(dir, join(newFolder(t), 'home'), ['test', '--only', '/(/']);
  assert.equal(outcome.code, 2);
  assert.match(outcome.stderr, /^error: --only \/\(\/ is no pattern: .*\nfix: .*\ncode: invalid-usage/);
  assert.ok(!readdirSync(dir).includes('build'));
});

/** A clang that says it runs, and goes on when it is told to stop. */
const STUBBORN = `trap '' TERM
case "$TMPDIR" in */switchboard-test-*) cd "$TMPDIR/.." ;; *) cd "$TMPDIR" ;; esac
echo $$ > clang.pid
while true; do sleep 0.1; done`;

for (const [verb, signal, code] of [
  ['test', 'SIGINT', 130],
  ['test', 'SIGTERM', 143],
  ['build', 'SIGINT', 130],
] as const) {
  test(`[devkit.stop] ${signal} to ${verb} while it builds ends the compiler, though it ignores it`, async (t) => {
    const dir = await newProject(t, 'c');
    const PATH = `${await programs(t, { clang: STUBBORN, 'wasm-ld': 'exit 1' })}:${process.env['PATH']}`;
    const temporary = newFolder(t);
    const child = startIn(dir, join(newFolder(t), 'home'), [verb], { TMPDIR: temporary, PATH });
    t.after(() => child.kill('SIGKILL'));
    const outcome = outcomeOf(child);
    const pid = await pidIn(join(temporary, 'clang.pid'));
    t.after(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    child.kill(signal);
    assert.equal((await outcome).code, code);
    assert.equal(isAlive(pid), false);
    assert.deepEqual(processesOf(temporary), []);
    assert.deepEqual(readdirSync(temporary), ['clang.pid']);
  });
}

test('[devkit.stop] a compiler ends with the process of the tests, also where that is left alone', async (t) => {
  const dir = await newProject(t, 'c');
  const PATH = `${await programs(t, { clang: STUBBORN, 'wasm-ld': 'exit 1' })}:${process.env['PATH']}`;
  const temporary = newFolder(t);
  const child = startIn(dir, join(newFolder(t), 'home'), ['test'], { TMPDIR: temporary, PATH });
  const outcome = outcomeOf(child);
  const pid = await pidIn(join(temporary, 'clang.pid'));
  t.after(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  child.kill('SIGKILL');
  await outcome;
  for (let i = 0; i < 100 && isAlive(pid); i += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(isAlive(pid), false);
});

async function pidIn(file: string): Promise<number> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return Number(text);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('[devkit.environment] neither compilers nor tests get what is meant for Switchboard alone', async (t) => {
  const dir = await newProject(t, 'c', {
    'test/tool.test.js': `${ONE}import assert from 'node:assert/strict';
test('is told nothing', () => {
  assert.deepEqual(Object.keys(process.env).filter((name) => name.startsWith('SWITCHBOARD_')), []);
  assert.equal(process.env.OF_THE_PERSON, 'kept');
});
`,
  });
  const said = join(dir, 'said');
  const real = process.env['PATH'] ?? '';
  const folder = await programs(t, { clang: `env > ${said}\nPATH="${real}" exec clang "$@"` });
  const env = { PATH: `${folder}:${real}`, SWITCHBOARD_OWNER_TOKEN: 'the-owner', OF_THE_PERSON: 'kept' };
  const outcome = await runIn(dir, join(newFolder(t), 'home'), ['test'], env);
  assert.equal(outcome.code, 0, `${outcome.stdout}${outcome.stderr}`);
  const environment = await readFile(said, 'utf8');
  assert.ok(environment.includes('OF_THE_PERSON=kept'));
  assert.doesNotMatch(environment, /SWITCHBOARD_|the-owner/);
});

const AT_THE_TOP: readonly { readonly main: string; readonly says: string }[] = [
  {
    main: "throw new Error('at the top');\nexport const greet = (x) => x;\n",
    says: 'src/main.js:1 throws …: at the top',
  },
  { main: "\nif (true) throw 'a text';\nexport function greet() {}\n", says: 'src/main.js throws …: "a text"' },
  { main: 'throw { a: 1 };\nexport class K {}\n', says: 'src/main.js throws …: an object that is no Error' },
  {
    main: "import { key } from './key.js';\nexport const greet = (x) => x + key;\n",
    says: "src/key.js:2 throws …: cannot read property 'key' of null",
  },
  {
    main: 'const id = crypto.randomUUID();\nexport const greet = (x) => x + id;\n',
    says: 'src/main.js:1 throws …: crypto has no random values at the top level of a script; ask for them in a function',
  },
];

for (const { main, says } of AT_THE_TOP) {
  test(`[devkit.build] what a script throws while it is built is said: ${says}`, async (t) => {
    const key = '// What has one.\nconst read = (of) => of.key;\nexport const key = read(globalThis.keys ?? null);\n';
    const dir = await newProject(t, 'js', { 'src/main.js': main, 'src/key.js': key });
    await assert.rejects(buildProject(dir, await ports(t)), {
      code: 'build-failed',
      message: says.replace('…', 'while the component is built'),
      fix: /move what is not to run there into a function/,
    });
  });
}

test('[devkit.build] Python keeps WASI where its world imports it, however that is written', async (t) => {
  const wasi = 'package wasi:random@0.2.6 { interface random { get-random-u64: func() -> u64; } }\n';
  const given = async (world: string): Promise<string> => {
    const dir = await newProject(t, 'python', {
      'wit/world.wit': `package local:demo-tool@0.1.0;\n${world}\n`,
      'wit/deps/random.wit': wasi,
    });
    const said = join(dir, 'said');
    const PATH = `${await programs(t, { 'componentize-py': `echo "$@" > ${said}; exit 3` })}:/bin:/usr/bin`;
    await assert.rejects(buildProject(dir, await ports(t, { PATH })), { code: 'build-failed' });
    return readFile(said, 'utf8');
  };
  const use = 'import wasi:random/random@0.2.6;';
  assert.doesNotMatch(await given(`world tool { ${use} export f: func(); }`), /--stub-wasi/);
  assert.doesNotMatch(
    await given(`world base { ${use} }\nworld tool { include base; export f: func(); }`),
    /--stub-wasi/,
  );
  assert.match(await given(`world tool {\n  export f: func();\n  /* ${use}\n  ${use} */\n}`), /--stub-wasi/);
});
