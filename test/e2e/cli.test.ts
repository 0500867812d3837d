import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DEFAULT_LIMITS } from '#core/limits';
import { VERBS } from '#gateways/cli/verbs';
import { guest } from '#test/guests/build';
import { keepHost, newHome, run } from './cli-run.ts';

const home = newHome({ after });
const cli = (...args: readonly string[]) => run(home, args);
const jsonOf = (text: string) => JSON.parse(text) as { readonly [key: string]: never };

before(async () => {
  const host = await keepHost({ after }, home);
  for (const name of ['state', 'hostile', 'echo']) {
    await host.install((await guest(name)).path, { as: `demo:${name}@1.0.0` });
  }
});

test('[cli.help] every verb has help with an example, and so has the whole', async () => {
  for (const name of Object.keys(VERBS)) {
    const [own, general] = await Promise.all([cli(name, '--help'), cli('help', name)]);
    assert.equal(own.code, 0, name);
    assert.match(own.stdout, new RegExp(`^Usage: switchboard ${name}`), name);
    assert.match(own.stdout, /Examples?:\n {2}\$ /, name);
    assert.match(own.stdout, /--output/, name);
    assert.deepEqual(general, own, name);
  }
  const { stdout } = await cli('--help');
  for (const [name, { summary }] of Object.entries(VERBS)) {
    assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(`${name} ${summary}`), name);
  }
  const bare = await cli();
  assert.deepEqual([bare.code, bare.stdout], [2, '']);
  assert.match(bare.stderr, /^Usage: switchboard/);
});

test('[cli.inspect] inspect shows imports, exports, docs, size, digest, schemas and needs; it needs no home', async (t) => {
  const elsewhere = newHome(t);
  const { path, bytes } = await guest('needs');
  const { code, stdout } = await run(elsewhere, ['inspect', path, '--output', 'json']);
  assert.equal(code, 0);
  const document = jsonOf(stdout) as unknown as {
    size: number;
    digest: string;
    imports: { import: string; access: string; reason: string }[];
    exports: string[];
    functions: { name: string; wit: string; arguments: object; result: object; docs: string }[];
  };
  assert.equal(document.size, bytes.length);
  assert.match(document.digest, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(document.imports, [
    {
      import: 'acme:db/query@1.0.0',
      capability: 'unknown',
      access: 'unavailable',
      reason: 'nobody offers this interface',
    },
  ]);
  assert.deepEqual(document.exports, ['run']);
  const [fn] = document.functions;
  assert.equal(fn?.wit, 'run: func(sql: string) -> string');
  assert.match(JSON.stringify(fn?.arguments), /"sql":\{"type":"string"/);
  assert.match(JSON.stringify(fn?.result), /"type":"string"/);
  const text = await run(elsewhere, ['inspect', path]);
  assert.match(text.stdout, /acme:db\/query@1\.0\.0 +unknown +unavailable +nobody offers/);
  assert.match(text.stdout, /run: func\(sql: string\) -> string/);
  assert.equal(existsSync(elsewhere), false);
});

test('[wit.docs] inspect takes docs from a WIT file beside the component', async (t) => {
  const elsewhere = newHome(t);
  const directory = join(elsewhere, '..');
  await copyFile((await guest('echo')).path, join(directory, 'echo.wasm'));
  await writeFile(
    join(directory, 'echo.wit'),
    await readFile(join(import.meta.dirname, '../guests/echo/world.wit'), 'utf8'),
  );
  const { stdout } = await run(elsewhere, ['inspect', join(directory, 'echo.wasm')]);
  assert.match(stdout, /Returns its argument\./);
});

test('[cli.call] a new home has the bundled components for the first verb that names one', async (t) => {
  const own = newHome(t);
  const first = await run(own, ['call', 'switchboard:text', 'slug', 'Hello, World']);
  assert.deepEqual([first.code, first.stdout], [0, 'hello-world\n']);
  assert.match(first.stderr, /installing switchboard:text@/);
  const gone = await run(own, ['uninstall', 'switchboard:text']);
  assert.equal(gone.code, 0, gone.stderr);
  const after = await run(own, ['call', 'switchboard:text', 'slug', 'Hello, World']);
  assert.equal(after.code, 2, 'one that the owner removed stays away');
});

test('[cli.install] install, list, info and uninstall keep and show what is installed', async (t) => {
  const own = newHome(t);
  await keepHost(t, own);
  const { path } = await guest('echo');
  const empty = await run(own, ['list']);
  assert.deepEqual([empty.code, empty.stdout], [0, '']);
  assert.match(empty.stderr, /nothing is installed/);
  const installed = await run(own, ['install', path, '--as', 'demo:echo@1.2.3']);
  assert.equal(installed.code, 0, installed.stderr);
  assert.match(installed.stdout, /^installed demo:echo@1\.2\.3 \(.*, 2 functions\)\n$/);
  const again = await run(own, ['install', path, '--as', 'demo:echo@1.2.3', '--output', 'json']);
  assert.equal(again.code, 0);
  const { component, functions } = jsonOf(again.stdout);
  assert.deepEqual([component, functions], ['demo:echo@1.2.3', ['echo', 'add']]);
  const other = await run(own, ['install', (await guest('state')).path, '--as', 'demo:echo@1.2.3']);
  assert.deepEqual([other.code, other.stdout], [2, '']);
  assert.match(other.stderr, /^error: .*\n(?:fix: .*\n)?code: version-exists\n$/);
  assert.match((await run(own, ['list'])).stdout, /^demo:echo@1\.2\.3 +\S+ KiB +2 functions\n$|^demo:echo@1\.2\.3 /);
  const info = await run(own, ['info', 'demo:echo']);
  assert.match(info.stdout, /^demo:echo@1\.2\.3\n/);
  assert.match(info.stdout, /add: func\(a: u32, b: u32\) -> u32/);
  const gone = await run(own, ['uninstall', 'demo:echo', '--output', 'json']);
  assert.equal(gone.code, 0);
  assert.match(gone.stdout, /"demo:echo@1\.2\.3"/);
  const missing = await run(own, ['info', 'demo:echo']);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /code: component-not-found/);
});

test('[cli.call] arguments as words, as JSON and from standard input; the result alone on stdout', async () => {
  assert.deepEqual(await cli('call', 'demo:echo', 'echo', 'grüße \u001b[31m'), {
    code: 0,
    stdout: 'grüße \u001b[31m\n',
    stderr: '',
  });
  assert.equal((await cli('call', 'demo:echo', 'add', '2', '40')).stdout, '42\n');
  assert.equal((await cli('call', 'demo:echo', 'add', '--json', '{"a":2,"b":40}')).stdout, '42\n');
  assert.equal((await cli('call', 'demo:echo', 'add', '--json', '[2,40]')).stdout, '42\n');
  assert.equal((await run(home, ['call', 'demo:echo', 'add', '--json', '-'], '{"a":2,"b":40}')).stdout, '42\n');
  assert.equal((await cli('call', 'demo:echo', 'echo', '--', '--json')).stdout, '--json\n');
  assert.deepEqual(jsonOf((await cli('call', 'demo:echo', 'echo', 'x', '--output', 'json')).stdout), { result: 'x' });
  assert.deepEqual(jsonOf((await cli('call', 'demo:state', 'remember', 'x', '--output', 'json')).stdout), {});
  const nothing = await cli('call', 'demo:state', 'remember', 'x');
  assert.deepEqual([nothing.code, nothing.stdout], [0, '']);
});

test('[cli.call] output and logs of the component go to stderr, without its control characters', async () => {
  const log = await cli('call', 'demo:state', 'log', 'watch \u001b]0;owned\u0007 out', 'value\u009b');
  assert.deepEqual([log.code, log.stdout], [0, '']);
  assert.match(log.stderr, /^[a-z]+: watch \\u\{1b\}\]0;owned\\u\{7\} out \S+=value\\u\{9b\}\n$/);
  const print = await cli('call', 'demo:state', 'print', 'one\ntwo \u001b[2J\n');
  assert.deepEqual([print.code, print.stdout, print.stderr], [0, 'true\n', 'one\ntwo \\u{1b}[2J\n']);
});

test('[cli.exit-codes] 0 ok, 1 failed, 2 usage, 3 denied, 4 stopped by a limit', async () => {
  const { path } = await guest('needs');
  const cases: [number, string, string[]][] = [
    [1, 'component-trapped', ['call', 'demo:hostile', 'trap']],
    [1, 'component-exited', ['call', 'demo:hostile', 'exit', 'true']],
    [2, 'invalid-usage', ['cal', 'demo:echo']],
    [2, 'invalid-usage', ['call', 'demo:echo']],
    [2, 'invalid-usage', ['call', 'demo:echo', 'add', '1', '2', '--json', '[1,2]']],
    [2, 'invalid-usage', ['list', '--nonsense']],
    [2, 'invalid-usage', ['list', '--output', 'xml']],
    [2, 'invalid-usage', ['serve', '--port', '70000']],
    [2, 'invalid-arguments', ['call', 'demo:echo', 'add', '1', 'two']],
    [2, 'invalid-arguments', ['call', 'demo:echo', 'add', '--json', '{']],
    [2, 'unknown-function', ['call', 'demo:echo', 'ad']],
    [2, 'component-not-found', ['call', 'demo:nobody', 'echo']],
    [2, 'invalid-reference', ['info', '../../etc/passwd']],
    [2, 'file-unreadable', ['install', '/nowhere/at-all.wasm']],
    [2, 'file-unreadable', ['inspect', '/nowhere/at-all.wasm']],
    [2, 'not-wasm', ['inspect', import.meta.filename]],
    [2, 'invalid-setting', ['limits', 'demo:echo', '--memory', '1']],
    [2, 'invalid-setting', ['call', 'demo:echo', 'add', '1', '2', '--timeout', '5']],
    [3, 'import-unavailable', ['install', path, '--as', 'demo:needs@1.0.0']],
    [4, 'timeout', ['call', 'demo:hostile', 'spin', '--timeout', '100ms']],
  ];
  for (const [expected, code, args] of cases) {
    const label = args.join(' ');
    const text = await cli(...args);
    assert.deepEqual([text.code, text.stdout], [expected, ''], `${label}: ${text.stderr}`);
    assert.match(text.stderr, new RegExp(`^error: [^]+\ncode: ${code}\n$`), label);
    if (args.includes('--output')) continue;
    const json = await cli(...args, '--output', 'json');
    const { error } = jsonOf(json.stdout) as unknown as { error: { code: string; kind: string; message: string } };
    assert.deepEqual([json.code, error.code, json.stderr], [expected, code, ''], label);
    assert.equal(typeof error.message, 'string');
  }
  assert.match((await cli('lisst')).stderr, /Did you mean list\?/);
});

/** What a manifest says of limits, where there is none. */
const NO_MANIFEST = { manifest: {}, requested: {} };

test('[cli.limits] limits shows and sets each limit, refuses what is out of range, and resets', async () => {
  const shown = await cli('limits', 'demo:echo', '--output', 'json');
  assert.deepEqual(jsonOf(shown.stdout), {
    component: 'demo:echo',
    effective: DEFAULT_LIMITS,
    set: {},
    ...NO_MANIFEST,
  });
  const flags: { readonly [flag: string]: string } = {
    memory: '32MiB',
    table: '500',
    stack: '4MiB',
    timeout: '2s',
    'queue-timeout': '3s',
    queue: '5',
    instances: '3',
    cells: '1',
    transfer: '1MiB',
    handles: '7',
    reuse: 'resident',
  };
  const expected = {
    memory: 32 * 1024 * 1024,
    table: 500,
    stack: 4 * 1024 * 1024,
    timeout: 2_000,
    queueTimeout: 3_000,
    queue: 5,
    instances: 3,
    cells: 1,
    transfer: 1024 * 1024,
    handles: 7,
    reuse: 'resident',
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const set = await cli('limits', 'demo:echo', ...args, '--output', 'json');
  assert.deepEqual(jsonOf(set.stdout), { component: 'demo:echo', effective: expected, set: expected, ...NO_MANIFEST });
  const text = await cli('limits', 'demo:echo');
  assert.match(text.stdout, / {2}memory +32 MiB +set\n/);
  for (const [flag, value] of Object.entries({ ...flags, memory: '1', timeout: '0s', reuse: 'never', queue: '-1' })) {
    if (flags[flag] === value) continue;
    const refused = await cli('limits', 'demo:echo', `--${flag}=${value}`);
    assert.equal(refused.code, 2, flag);
    assert.match(refused.stderr, /code: invalid-setting/, flag);
  }
  const reset = await cli('limits', 'demo:echo', '--reset', '--queue', '9', '--output', 'json');
  assert.deepEqual(jsonOf(reset.stdout), {
    component: 'demo:echo',
    effective: { ...DEFAULT_LIMITS, queue: 9 },
    set: { queue: 9 },
    ...NO_MANIFEST,
  });
  await cli('limits', 'demo:echo', '--reset');
});

test('[cli.token] token shows and rotates', async () => {
  const shown = await cli('token', 'show');
  assert.match(shown.stdout, /^[\w-]{43}\n$/);
  assert.equal((await cli('token', 'show')).stdout, shown.stdout);
  const rotated = await cli('token', 'rotate', '--output', 'json');
  const { token } = jsonOf(rotated.stdout);
  assert.notEqual(`${String(token)}\n`, shown.stdout);
  assert.equal((await cli('token', 'show')).stdout, `${String(token)}\n`);
  assert.equal((await cli('token', 'steal')).code, 2);
});

test('[cli.logs] logs shows what components wrote, the last so many, of one component', async () => {
  await cli('call', 'demo:state', 'log', 'first \u001b[1m', 'f');
  await cli('call', 'demo:state', 'log', 'second', 'f');
  const text = await cli('logs', 'demo:state', '--last', '1');
  assert.match(text.stdout, /^\S+Z demo:state@1\.0\.0 \w+: second \S+=f\n$/);
  const { records } = jsonOf((await cli('logs', '--last', '2', '--output', 'json')).stdout) as unknown as {
    records: { message: string }[];
  };
  assert.deepEqual(
    records.map((record) => record.message),
    ['first \u001b[1m', 'second'],
  );
  assert.doesNotMatch((await cli('logs')).stdout, /\u001b/);
  assert.deepEqual(jsonOf((await cli('logs', 'demo:echo', '--output', 'json')).stdout), { records: [] });
});

test('[cli.doctor] doctor says what works, and what does not with exit code 1', async (t) => {
  const well = await cli('doctor', '--output', 'json');
  const { ok, checks } = jsonOf(well.stdout) as unknown as { ok: boolean; checks: { name: string; status: string }[] };
  assert.deepEqual([well.code, ok], [0, true], well.stdout);
  assert.deepEqual(
    checks.map((check) => check.name),
    ['node', 'platform', 'jspi', 'home', 'private', 'database', 'disk', 'cache', 'host', 'bundled'],
  );
  const broken = newHome(t);
  await mkdir(broken, { mode: 0o755 });
  await writeFile(join(broken, 'state.db'), 'this was a database once'.repeat(100));
  await writeFile(join(broken, 'version'), '1\n');
  const ill = await run(broken, ['doctor']);
  assert.equal(ill.code, 1);
  assert.match(ill.stdout, /^fail {2}database +.*\n {6}fix: .*state\.db/m);
  assert.match(ill.stdout, /^warn {2}private +/m);
  assert.equal(await readFile(join(broken, 'state.db'), 'utf8'), 'this was a database once'.repeat(100));
});

test('[home.corrupt] [cli.exit-codes] a verb says that the database is damaged, as the host found it', async (t) => {
  const broken = newHome(t);
  await mkdir(broken, { mode: 0o700 });
  await writeFile(join(broken, 'state.db'), 'this was a database once'.repeat(100));
  await writeFile(join(broken, 'version'), '1\n');
  const { code, stderr } = await run(broken, ['list']);
  assert.equal(code, 1);
  assert.match(stderr, /code: database-corrupt/);
});

test('[home.version] a newer home is refused; a directory of other things is not touched', async (t) => {
  const newer = newHome(t);
  await mkdir(newer, { mode: 0o700 });
  await writeFile(join(newer, 'version'), '999\n');
  assert.match((await run(newer, ['list'])).stderr, /code: home-newer/);
  const other = newHome(t);
  await mkdir(other);
  await writeFile(join(other, 'thesis.txt'), 'x');
  const { stderr } = await run(other, ['list']);
  assert.match(stderr, /thesis\.txt[^]*code: home-unusable/);
  assert.equal(existsSync(join(other, 'logs')), false);
});

test('[cli.json] every verb prints one JSON document of a known shape', async () => {
  const { path } = await guest('echo');
  const shapes: [readonly string[], readonly string[]][] = [
    [
      ['inspect', path],
      ['digest', 'docs', 'exports', 'functions', 'imports', 'size'],
    ],
    [
      ['install', path, '--as', 'demo:json@1.0.0'],
      ['component', 'digest', 'functions', 'installedAt', 'limits', 'outcome', 'refused', 'requests', 'size', 'source'],
    ],
    [['list'], ['components']],
    [
      ['info', 'demo:json'],
      ['component', 'digest', 'docs', 'exports', 'functions', 'imports', 'installedAt', 'size', 'source'],
    ],
    [['call', 'demo:json', 'add', '1', '2'], ['result']],
    [
      ['limits', 'demo:json'],
      ['component', 'effective', 'manifest', 'requested', 'set'],
    ],
    [['uninstall', 'demo:json'], ['removed']],
    [['token', 'show'], ['token']],
    [['logs'], ['records']],
    [['schedule', 'list'], ['schedules']],
    [['stores', 'list'], ['stores']],
    [['doctor'], ['checks', 'ok']],
    [['version'], ['node', 'platform', 'version']],
  ];
  for (const [args, keys] of shapes) {
    const { code, stdout, stderr } = await cli(...args, '--output', 'json');
    assert.deepEqual([code, stderr], [0, ''], args.join(' '));
    const found = Object.keys(jsonOf(stdout)).filter((key) => key !== 'package');
    assert.deepEqual(found.toSorted(), keys, args.join(' '));
  }
});
