/** What a script in a guest has beside its language: clocks, random numbers, and the names of what is not there. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildProject } from '#devkit';
import { createHost } from '#host';
import { decodeComponent } from '#wit';
import { guest } from '../guests/build.ts';
import { newHome } from '../e2e/cli-run.ts';
import { newFolder, newProject, ports, runIn, write } from './projects.ts';

const WORLD = 'package local:demo-tool@0.1.0;\n';
const GREET = 'export greet: func(name: string) -> string;';
const importsOf = (bytes: Uint8Array): string[] =>
  decodeComponent(bytes)
    .imports.map(({ id }) => id)
    .toSorted();

test('[js.globals] random numbers differ between instances and components, the clock is the machine’s', async (t) => {
  const host = await createHost({ home: newFolder(t) });
  t.after(() => host.close());
  const { bytes } = await guest('ts-platform');
  await host.install(bytes, { as: 'a:one@1.0.0' });
  await host.install(bytes, { as: 'a:two@1.0.0' });
  const ask = (component: string, what: string): Promise<unknown> => host.call(`a:${component}`, 'ask', { what });
  for (const what of ['random', 'random by another name', 'uuid', 'bytes']) {
    const said = [await ask('one', what), await ask('one', what), await ask('two', what)];
    assert.equal(new Set(said).size, 3, `${what}: ${said.join(' ')}`);
  }
  assert.match(
    String(await ask('one', 'uuid')),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  for (const what of ['now', 'date', 'text']) {
    const said = String(await ask('one', what));
    const at = what === 'now' ? Number(said) : new Date(said).getTime();
    assert.ok(Math.abs(at - Date.now()) < 30_000, said);
  }
});

test('[js.globals] a component imports the clocks and random numbers that its script reaches, and no other WASI', async (t) => {
  const dir = await newProject(t, 'js');
  const built = async (main: string, wit = `${WORLD}world tool { ${GREET} }`): Promise<string[]> => {
    await write(dir, { 'src/main.js': main, 'wit/world.wit': wit });
    return importsOf((await buildProject(dir, await ports(t))).bytes);
  };
  const random = 'wasi:random/random@0.2.0';
  const wall = 'wasi:clocks/wall-clock@0.2.0';
  assert.deepEqual(await built('export const greet = (name) => name;'), []);
  assert.deepEqual(await built('const no = () => Date.now(); export const greet = (name) => name;'), []);
  assert.deepEqual(
    await built(
      'export const greet = (day) => String(new Date(day) instanceof Date) + Date.parse(day) + Math.floor(1.5);',
    ),
    [],
  );
  assert.deepEqual(await built('export const greet = (name) => name + Date.now();'), [wall]);
  assert.deepEqual(await built('const { random } = Math; export const greet = () => String(random());'), [random]);
  assert.deepEqual(
    await built(
      'const root = globalThis; export const greet = () => String(new root.Date()) + root.crypto.randomUUID();',
    ),
    [wall, random],
  );
  const worlds = await built(
    `import { now } from 'wasi:clocks/wall-clock@0.2.6';
import { getRandomU64 } from 'wasi:random/random@0.2.6';
export const greet = () => String(now().seconds) + String(getRandomU64()) + Date.now() + Math.random();`,
    `${WORLD}world tool { import wasi:clocks/wall-clock@0.2.6; import wasi:random/random@0.2.6; ${GREET} }
package wasi:clocks@0.2.6 { interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; } }
package wasi:random@0.2.6 { interface random { get-random-bytes: func(len: u64) -> list<u8>; get-random-u64: func() -> u64; } }
`,
  );
  assert.deepEqual(worlds, ['wasi:clocks/wall-clock@0.2.6', 'wasi:random/random@0.2.6']);
});

test('[js.globals] libraries have them too; console writes where a world on one line imports the log', async (t) => {
  const dir = await newProject(t, 'ts', {
    'wit/world.wit': `${WORLD}world tool { import switchboard:host/log@0.1.0; ${GREET} }\n`,
    'src/main.ts': `import { id, stamp } from 'ids';
export const greet = (name: string): string => { console.log('greeting'); return [name, id(), stamp()].join(' '); };
`,
    'node_modules/ids/package.json': '{ "name": "ids", "main": "./index.js" }',
    'node_modules/ids/index.js': `var root = typeof globalThis !== 'undefined' ? globalThis : self;
var Clock = root.Date, now = Clock.now, random = root.Math.random;
exports.id = function () { return root.crypto.randomUUID().length + ' ' + (random() < 1); };
exports.stamp = function () { return new Clock().getFullYear() > 2020 && now() > 1.6e12; };
`,
    'test/tool.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sandbox } from 'switchboard:test';
test('greets', async () => {
  await using box = await sandbox();
  assert.equal(await box.component.greet('Ada'), 'Ada 36 true true');
  assert.deepEqual(box.logs, ['greeting']);
});
`,
  });
  const { code, stdout } = await runIn(dir, newHome(t), ['test']);
  assert.equal(code, 0, stdout);
});

test('[js.absent] a global that is not there is refused with file and line, unless the script asks for it first', async (t) => {
  const dir = await newProject(t, 'ts');
  const build = async (main: string): Promise<unknown> => {
    await write(dir, { 'src/main.ts': main });
    return buildProject(dir, await ports(t));
  };
  const greet = 'export const greet = (name: string): string => ';
  for (const [main, message] of [
    [
      `// one\n${greet}{ setTimeout(() => 1, 1); return name; };`,
      /^src\/main\.ts:2: there is no setTimeout in a component: /,
    ],
    [`${greet}String(fetch(name));`, /src\/main\.ts:1: there is no fetch .*switchboard:host\/http/],
    [`${greet}new URL(name).host;`, /there is no URL/],
    [`${greet}name + process.env.HOME;`, /there is no process .*wasi:cli\/environment/],
  ] as const) {
    await assert.rejects(build(main), { code: 'build-failed', message });
  }
  await build(`import type { URL } from './types.ts';
const fetch = (url: string): string => url;
type Later = typeof setTimeout;
export const later: Later | undefined = undefined;
const has = typeof structuredClone === 'function' ? structuredClone : (value: string): string => value;
const { process } = { process: 'p' };
const of = ({ Buffer }: { Buffer: string }): string => Buffer;
${greet}fetch(name) + has(name) + process + of({ Buffer: '' }) + ({ window: 1 }).window;
`);
});

test('[js.globals] what the documentation says is there is declared, and the rest is in its table', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/devkit.md'), 'utf8');
  const { ABSENT } = await import('../../src/devkit/languages/absent-globals.ts');
  const table = text.slice(text.indexOf('| global |'));
  for (const name of [...Object.keys(ABSENT), 'Date', 'performance', 'Math.random', 'crypto']) {
    assert.ok(table.includes(`\`${name}`), `docs/devkit.md has no ${name}`);
  }
});
