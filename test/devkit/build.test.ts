/** What a build makes, of what, and what it says where it cannot. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { buildProject, createProject, isCurrent, openProject } from '#devkit';
import { direct } from '../../bench/direct.ts';
import { buildComponent } from '../../scripts/build-components.ts';
import { manifestText, witTextOf } from '#wit/inject';
import { parseComponent } from '#wit/parse';
import { newHome } from '../e2e/cli-run.ts';
import { copyOf, newFolder, newProject, ports, runIn, write } from './projects.ts';

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

for (const language of ['ts', 'js', 'c'] as const) {
  test(`[devkit.reproducible] ${language}: two builds, also from another folder, give the same bytes`, async (t) => {
    const dir = await newProject(t, language);
    const first = await buildProject(dir, await ports(t));
    assert.ok(same(first.bytes, await readFile(first.out)));
    assert.ok(same(first.bytes, (await buildProject(dir, await ports(t))).bytes));
    assert.ok(same(first.bytes, (await buildProject(await copyOf(t, dir), await ports(t))).bytes));
  });
}

test('[devkit.reproducible] a bundled component is built to the same bytes again', async (t) => {
  const dir = join(import.meta.dirname, '../../components/text');
  const out = join(newFolder(t), 'text.wasm');
  await buildComponent({ dir, out });
  assert.ok(same(await readFile(out), await readFile(join(dir, '../dist/text.wasm'))));
});

test('[js.enums] enums of a library are constants in the guest', async (t) => {
  const dir = await newProject(t, 'js', {
    'src/state.js': `export var State;
(function (State) { State[State["Text"] = 41] = "Text"; })(State || (State = {}));`,
    'src/main.js': `import { State } from './state.js';
const next = (state) => state + State.Text;
export const greet = (name) => name + next(1) + String(next);`,
  });
  const { bytes } = await buildProject(dir, await ports(t));
  const said = String((await direct(bytes))().greet?.('x'));
  assert.match(said, /^x42/);
  assert.match(said, /41/);
  assert.doesNotMatch(said, /Text/);
});

test('[devkit.build] the component carries its docs, manifest and WIT', async (t) => {
  const dir = await newProject(t, 'c');
  const built = await buildProject(dir, await ports(t));
  assert.equal(manifestText(built.bytes), await readFile(join(dir, 'component.toml'), 'utf8'));
  const wit = witTextOf(parseComponent(built.bytes).custom);
  assert.equal(wit, await readFile(join(dir, 'wit/world.wit'), 'utf8'));
});

test('[devkit.build] a build that fails leaves the last component, and no scraps', async (t) => {
  const dir = await newProject(t, 'c');
  const { out, bytes } = await buildProject(dir, await ports(t));
  await write(dir, { 'src/main.c': 'int broken(' });
  await assert.rejects(buildProject(dir, await ports(t)), { code: 'build-failed', message: /main\.c:1:\d+: error/ });
  assert.ok(same(bytes, await readFile(out)));
  assert.deepEqual((await readdir(join(dir, 'build'))).toSorted(), ['demo-tool.sources', 'demo-tool.wasm']);
});

test('[devkit.build] C may use the C library', async (t) => {
  const main = await readFile(join(await newProject(t, 'c'), 'src/main.c'), 'utf8');
  const dir = await newProject(t, 'c', {
    'src/main.c': `#include <string.h>\n#include <stdlib.h>\n${main.replace('__builtin_memcpy(text, "Hello, ", 7)', 'memcpy(text, getenv("GREETING") ? "HELLO, " : "Hello, ", strlen("Hello, "))')}`,
  });
  const { bytes } = await buildProject(dir, await ports(t));
  assert.ok(Buffer.from(bytes).includes('wasi:cli/environment'));
});

test('[devkit.build] C that includes the header of its world has bindings made by wit-bindgen', async (t) => {
  const dir = await newProject(t, 'c', {
    'src/main.c': `#include "tool.h"
bool exports_tool_greet(tool_string_t *name, tool_string_t *ret, tool_string_t *err) {
  if (name->len == 0) {
    tool_string_dup(err, "the name is empty");
    return false;
  }
  tool_string_dup(ret, "Hello, Ada!");
  return true;
}
uint32_t exports_tool_count_words(tool_string_t *text) { return text->len == 0 ? 0 : 3; }
`,
  });
  const own = await ports(t);
  if (!process.env['PATH']?.split(':').some((folder) => existsSync(join(folder, 'wit-bindgen')))) {
    const fix = /^cargo install wit-bindgen-cli/;
    await assert.rejects(buildProject(dir, own), {
      code: 'toolchain-missing',
      message: /making tool\.h needs wit-bindgen/,
      fix,
    });
    return;
  }
  await buildProject(dir, own);
  const { code, stdout } = await runIn(dir, newHome(t), ['test']);
  assert.equal(code, 0, stdout);
});

test('[devkit.build] packages of Switchboard that the WIT uses are put into wit/deps, streams only where they are used', async (t) => {
  const world = (used: string): string => `package a:b@0.1.0;\nworld tool { import switchboard:host/${used}@0.1.0; }\n`;
  for (const used of ['log', 'blob-streams']) {
    const dir = await newProject(t, 'c', { 'wit/world.wit': world(used) });
    const { wit } = await openProject(dir, await ports(t));
    const copied = await readFile(join(dir, 'wit/deps/switchboard-host.wit'), 'utf8');
    assert.equal(copied.includes('interface blob-streams'), used === 'blob-streams');
    assert.equal(wit.whole.match(/^package switchboard:host@/gm)?.length, 1);
  }
});

test('[devkit.build] whether a build is current follows sources, new and removed ones, and nothing else', async (t) => {
  const dir = await newProject(t, 'c', { 'src/other.c': '' });
  const own = await ports(t);
  const { version } = own;
  const project = await openProject(dir, own);
  const old = new Date(Date.now() - 60_000);
  assert.equal(await isCurrent(project, version), false);
  await buildProject(dir, await ports(t));
  const age = async (): Promise<void> => {
    for (const path of await readdir(dir, { recursive: true }))
      if (!path.startsWith('build')) await utimes(join(dir, path), old, old);
  };
  await age();
  assert.equal(await isCurrent(project, version), false);
  await buildProject(dir, own);
  assert.equal(await isCurrent(project, version), true);
  await write(dir, { 'test/more.test.json': '[]' });
  assert.equal(await isCurrent(project, version), true);
  await utimes(join(dir, 'wit/world.wit'), new Date(), new Date(Date.now() + 1000));
  assert.equal(await isCurrent(project, version), false);
  await buildProject(dir, own);
  assert.equal(await isCurrent(project, version), true);
  assert.equal(await isCurrent(project, `${version}-next`), false);
  // Older than the build in every way, as after `git checkout` or `mv`.
  await rm(join(dir, 'src/other.c'));
  await utimes(join(dir, 'src'), old, old);
  assert.equal(await isCurrent(project, version), false);
  await write(dir, { 'src/other.c': '' });
  await buildProject(dir, own);
  await write(dir, { 'src/other.c': '/* an older one */' });
  await utimes(join(dir, 'src/other.c'), old, old);
  assert.equal(await isCurrent(project, version), false);
  await buildProject(dir, own);
  await write(dir, { 'src/test/deep.h': '' });
  assert.equal(await isCurrent(project, version), false, 'only the project’s own test/ is none of the sources');
  await buildProject(dir, own);
  await write(dir, { 'build/demo-tool.wasm': 'another' });
  assert.equal(await isCurrent(project, version), false);
});

test('[devkit.javascript] npm libraries of the project are bundled, and console writes to the log', async (t) => {
  const dir = await newProject(t, 'ts', {
    'wit/world.wit': `package local:demo-tool@0.1.0;
world tool {
    import switchboard:host/log@0.1.0;
    export greet: func(name: string) -> string;
}
`,
    'src/main.ts': `import { shout } from 'shouting';
export const greet = (name: string): string => shout(new TextDecoder().decode(new TextEncoder().encode(name)));
`,
    'node_modules/shouting/package.json':
      '{ "name": "shouting", "exports": { "browser": "./web.js", "node": "./node.js" }, "type": "module" }',
    'node_modules/shouting/web.js':
      "export const shout = (text) => { if (typeof console === 'object') console.warn('shouting', { text }); return text.toUpperCase() + '!'; };",
    'node_modules/shouting/node.js': "import fs from 'node:fs'; export const shout = fs.readFileSync;",
    'test/tool.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sandbox } from 'switchboard:test';
test('shouts', async () => {
  await using box = await sandbox();
  assert.equal(await box.component.greet('ädä'), 'ÄDÄ!');
  assert.deepEqual(box.logs, ['shouting {"text":"ädä"}']);
});
`,
  });
  const { code, stdout } = await runIn(dir, newHome(t), ['test']);
  assert.equal(code, 0, stdout);
});

const REFUSED: readonly { what: string; files: { readonly [path: string]: string }; code: string; message: RegExp }[] =
  [
    {
      what: 'a syntax error',
      files: { 'src/main.ts': 'export const greet = (' },
      code: 'build-failed',
      // No stack of the bundler.
      message: /^Expected `\)` but found `EOF`\n(?!.*node_modules)[^]* src\/main\.ts:1:23 /s,
    },
    {
      what: 'a library that is not installed',
      files: { 'src/main.ts': "import x from 'left-pad'; export const greet = x;" },
      code: 'build-failed',
      message: /nothing here provides left-pad|left-pad/,
    },
    {
      what: 'a module of Node',
      files: { 'src/main.ts': "import { readFileSync } from 'node:fs'; export const greet = readFileSync;" },
      code: 'build-failed',
      message: /nothing here provides node:fs/,
    },
    {
      what: 'WIT that does not parse',
      files: { 'wit/world.wit': 'package a:b@0.1.0;\nworld tool { export x: func( }\n' },
      code: 'build-failed',
      message: /WIT/,
    },
    {
      what: 'WIT without a version',
      files: { 'wit/world.wit': 'package a:b;\nworld tool {}\n' },
      code: 'invalid-project',
      message: /has no version, as in a:b@0\.1\.0/,
    },
    {
      what: 'two worlds, none called tool',
      files: { 'wit/world.wit': 'package a:b@0.1.0;\nworld x {}\nworld y {}\n' },
      code: 'invalid-project',
      message: /worlds x, y/,
    },
    {
      what: 'a manifest that is not one',
      files: { 'component.toml': 'permissions = 3' },
      code: 'invalid-manifest',
      message: /./,
    },
  ];
for (const { what, files, code, message } of REFUSED) {
  test(`[devkit.build] ${what} is said plainly`, async (t) => {
    const dir = await newProject(t, 'ts', files);
    await assert.rejects(buildProject(dir, await ports(t)), (error: { code: string; message: string }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok(!error.message.includes('\u001b'));
      return true;
    });
    assert.ok(!existsSync(join(dir, 'build/demo-tool.wasm')));
  });
}

test('[devkit.init] names that WIT or the file system could not bear are refused, and nothing is written over', async (t) => {
  const parent = newFolder(t);
  for (const name of [
    '',
    'Upper',
    'a b',
    '../x',
    'a/b',
    '-a',
    'a-',
    'a--b',
    '1a',
    'a-1',
    'record',
    'x:world',
    'a:b:c',
    'a@1.0.0',
    'wasi:io',
    'switchboard:text',
    'ä',
    'x\u001b[2J',
  ]) {
    await assert.rejects(createProject(parent, name, 'ts'), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'invalid-project', name);
      assert.ok(!error.message.includes('\u001b'));
      return true;
    });
  }
  assert.deepEqual(await readdir(parent), []);
  await write(parent, { 'mine/notes.txt': 'keep' });
  await assert.rejects(createProject(parent, 'mine', 'c'), {
    code: 'invalid-project',
    message: /not empty; it has notes\.txt/,
  });
  assert.deepEqual(await readdir(join(parent, 'mine')), ['notes.txt']);
});

const WORLD = `package local:demo-tool@0.1.0;
interface shapes {
    /// A point.
    record point { x: f64, y-y: f64 }
    variant shape { circle(f64), square(point), none }
    flags marks { red, dark-blue }
    enum size { small, very-large }
    resource counter { constructor(start: u32); inc: func() -> u32; of: static func(n: u32) -> counter; }
    area: func(of: shape, default: option<point>) -> result<f64, string>;
    all: func(m: marks, s: size, o: option<option<u8>>, r: result<u8, string>, b: list<u8>, l: list<list<string>>) -> tuple<marks, size>;
}
world tool {
    import switchboard:host/log@0.1.0;
    import switchboard:host/http@0.1.0;
    export shapes;
    /// Adds one. */ Even here.
    export big: func(n: u64) -> u64;
}
`;
const MAIN = `import type { Guest, Shape } from 'switchboard:guest';
import { send } from 'switchboard:host/http@0.1.0';
import { write } from 'switchboard:host/log@0.1.0';
class Counter {
  #n: number;
  constructor(start: number) { this.#n = start; }
  inc(): number { return (this.#n += 1); }
  static of(n: number): Counter { return new Counter(n); }
}
const areaOf = (of: Shape): number => (of.tag === 'square' ? of.val.x * of.val.yY : of.tag === 'circle' ? of.val : 0);
export const shapes: Guest['shapes'] = {
  Counter,
  area: (of, or) => areaOf(of) + (or?.x ?? 0),
  all: (m, s, o, r, b, l) => [{ ...m, darkBlue: r.tag === 'ok' && b.length > 0 && o.tag === 'none' && l[0]?.[0] === '' }, s],
};
export const big: Guest['big'] = (n) => {
  write('info', new TextDecoder().decode(send({ method: 'GET', url: atob(''), headers: [], body: null, timeoutMs: null, maxBytes: null, redirects: null }).body), [['a', 'b']]);
  console.log(performance.now());
  return n + 1;
};
`;

test('[devkit.types] the types of a guest follow its WIT: what fits checks, what does not is an error', async (t) => {
  const dir = await newProject(t, 'ts', { 'wit/world.wit': WORLD, 'src/main.ts': MAIN });
  await (await import('#devkit')).writeDeclarations(await openProject(dir, await ports(t)), await ports(t));
  const check = async (): Promise<string> => {
    const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
    const run = promisify(execFile)(process.execPath, [tsc, '--noEmit', '--skipLibCheck', 'false', '-p', '.'], {
      cwd: dir,
    });
    return (await run.catch((error: { stdout: string }) => error)).stdout;
  };
  assert.equal(await check(), '');
  await write(dir, { 'src/main.ts': MAIN.replace('return n + 1', "return 'one'").replace("'square'", "'squire'") });
  const said = await check();
  assert.match(said, /squire/);
  assert.match(said, /main\.ts\(\d+,\d+\): error TS2322/);
  const tests = `import { component, sandbox } from 'switchboard:test';
const area: number | 'NaN' | 'Infinity' | '-Infinity' = await component.area({ tag: 'square', val: { x: 1, 'y-y': 2 } }, null);
const [marks]: [('red' | 'dark-blue')[], string] = await component.all(['red'], 'small', { some: null }, { ok: 1 }, 'AA==', [['']]);
await using box = await sandbox({ http: { 'https://example.com/': { status: 204 } } });
export const sum = [area, marks.length, await box.component.big('18446744073709551615'), box.requests.length];
`;
  await write(dir, { 'src/main.ts': MAIN, 'src/as-test.ts': tests });
  assert.equal(await check(), '');
});
