/** What a stranger's project could reach of the machine it is built on, and links that lead nowhere. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildProject, isCurrent, openProject } from '#devkit';
import { newHome } from '../e2e/cli-run.ts';
import { newFolder, newProject, ports, programs, runIn, write } from './projects.ts';

for (const name of ['build', 'generated', 'build/bindings', 'build/cargo']) {
  test(`[devkit.inside] ${name} that is a link is refused, and nothing is written where it leads`, async (t) => {
    const elsewhere = newFolder(t);
    const dir = await newProject(t, 'ts');
    if (name.startsWith('build/')) await mkdir(join(dir, 'build'));
    symlinkSync(elsewhere, join(dir, name));
    const refusal = { code: 'invalid-project', message: /is a link; a build writes only into/, fix: /^rm / };
    await assert.rejects(buildProject(dir, await ports(t)), refusal);
    assert.deepEqual(readdirSync(elsewhere), []);
  });
}

test('[devkit.inside] what a build writes takes the place of a link, never of what it leads to', async (t) => {
  const elsewhere = newFolder(t);
  await write(elsewhere, { 'notes.txt': 'mine' });
  const dir = await newProject(t, 'python', { 'build/x': '' });
  const component = join(elsewhere, 'notes.txt');
  for (const name of ['world.wit', 'demo-tool.wasm']) symlinkSync(component, join(dir, 'build', name));
  const PATH = await programs(t, { 'componentize-py': 'exit 3' });
  await assert.rejects(buildProject(dir, await ports(t, { PATH: `${PATH}:/bin:/usr/bin` })), { code: 'build-failed' });
  assert.equal(await readFile(component, 'utf8'), 'mine');
  assert.match(await readFile(join(dir, 'build/world.wit'), 'utf8'), /^package local:demo-tool/m);
});

test('[devkit.inside] WIT is not copied through a link, and used all the same', async (t) => {
  const elsewhere = newFolder(t);
  const world = 'package a:b@0.1.0;\nworld tool { import switchboard:host/log@0.1.0; }\n';
  const dir = await newProject(t, 'c', { 'wit/world.wit': world });
  symlinkSync(elsewhere, join(dir, 'wit/deps'));
  const { wit } = await openProject(dir, await ports(t));
  assert.match(wit.whole, /package switchboard:host@0\.1\.0 \{/);
  assert.deepEqual(readdirSync(elsewhere), []);
});

for (const path of ['secret.json', '.npmrc.js']) {
  test(`[devkit.inside] a bundle that imports ../${path} is refused, and the file is named`, async (t) => {
    const dir = await newProject(t, 'js', {
      'src/main.js': `import * as x from '../../${path}';\nexport const greet = () => JSON.stringify(x);\n`,
    });
    await write(join(dir, '..'), { [path]: path.endsWith('.json') ? '{ "key": "k" }' : 'export const key = "k";' });
    await assert.rejects(buildProject(dir, await ports(t)), (error: { code: string; message: string; fix: string }) => {
      assert.equal(error.code, 'build-failed', error.message);
      assert.match(error.message, /^the sources import \/.*, which is outside the project$/);
      assert.ok(error.message.includes(path));
      assert.match(error.fix, /workspace/);
      return true;
    });
    assert.ok(!existsSync(join(dir, 'build/demo-tool.wasm')));
  });
}

test('[devkit.inside] whoever builds may name a folder outside, which lets in no other and no hidden files', async (t) => {
  const dir = await newProject(t, 'js', {
    'src/main.js': "import { key } from '../../beside/key.js';\nexport const greet = () => key;\n",
  });
  await write(join(dir, '..'), {
    'beside/key.js': 'export const key = "k";',
    'beside/.env.js': 'export const key = "s";',
  });
  const own = await ports(t);
  const include = [join(dir, '../beside')];
  const { project } = await buildProject(dir, own, { include });
  assert.equal(await isCurrent(project, own.version), true);
  await assert.rejects(buildProject(dir, own, { include: [join(dir, '../other')] }), { code: 'invalid-usage' });
  await assert.rejects(buildProject(dir, own), { fix: /--include/ });
  await write(dir, { 'src/main.js': "import { key } from '../../beside/.env.js';\nexport const greet = () => key;\n" });
  await assert.rejects(buildProject(dir, own, { include }), { message: /outside the project/ });
});

test('[devkit.inside] neither a link in the project nor one in its node_modules leads a bundle out', async (t) => {
  const elsewhere = newFolder(t);
  await write(elsewhere, { 'package.json': '{ "name": "x", "main": "x.js" }', 'x.js': 'export const x = 1;' });
  for (const [link, from] of [
    ['src/x', './x/x.js'],
    ['node_modules/x', 'x'],
  ] as const) {
    const dir = await newProject(t, 'js', {
      'src/main.js': `import { x } from '${from}';\nexport const greet = () => String(x);\n`,
      'node_modules/.keep': '',
    });
    symlinkSync(elsewhere, join(dir, link));
    await assert.rejects(buildProject(dir, await ports(t)), { message: /outside the project/ }, link);
  }
});

test('[devkit.inside] a workspace may share files; they are said, and a change of them is one of a source', async (t) => {
  const dir = await newProject(t, 'js', {
    'src/main.js': "import { shout } from '../../shared/shout.js';\nexport const greet = shout;\n",
  });
  const files = { 'package.json': '{ "workspaces": ["*"] }', 'shared/shout.js': 'export const shout = (x) => x;' };
  await write(join(dir, '..'), files);
  const said: string[] = [];
  const own = { ...(await ports(t)), say: (line: string) => said.push(line) };
  const { project } = await buildProject(dir, own);
  assert.deepEqual(said, ['the component takes files from outside the project: ../shared/shout.js']);
  assert.equal(await isCurrent(project, own.version), true);
  await write(join(dir, '..'), { 'shared/shout.js': 'export const shout = (x) => x + "!";' });
  assert.equal(await isCurrent(project, own.version), false);
  await write(join(dir, '..'), { '.env.js': 'export const shout = 1;' });
  await write(dir, { 'src/main.js': "import { shout } from '../../.env.js';\nexport const greet = () => shout;\n" });
  await assert.rejects(buildProject(dir, own), { message: /outside the project/ });
});

test('[devkit.build] files of several packages in one folder of WIT are refused, each with its package', async (t) => {
  const dir = await newProject(t, 'c', { 'wit/more.wit': 'package other:thing@0.1.0;\ninterface x { f: func(); }\n' });
  await assert.rejects(buildProject(dir, await ports(t)), {
    code: 'invalid-project',
    message: /more\.wit is of other:thing@0\.1\.0, .*world\.wit is of local:demo-tool@0\.1\.0/,
    fix: /wit\/deps/,
  });
  rmSync(join(dir, 'wit/more.wit'));
  await write(dir, { 'wit/deps/x/a.wit': 'package a:a@0.1.0;\n', 'wit/deps/x/b.wit': 'package a:b@0.1.0;\n' });
  await assert.rejects(buildProject(dir, await ports(t)), { code: 'invalid-project', message: /a:a@0\.1\.0.*a:b@0/ });
  await write(dir, { 'wit/deps/x/b.wit': 'package a:a@0.1.0;\ninterface y {}\n' });
  await openProject(dir, await ports(t));
});

test('[devkit.build] a link to nothing is no failure where nothing reads it, and named where something does', async (t) => {
  const dir = await newProject(t, 'c');
  symlinkSync('/nowhere/at/all', join(dir, 'notes'));
  const own = await ports(t);
  const { project } = await buildProject(dir, own);
  assert.equal(await isCurrent(project, own.version), true);
  assert.equal((await runIn(dir, newHome(t), ['call', '.', 'greet', 'Ada'])).stdout, 'Hello, Ada!\n');
  for (const name of ['src/more.c', 'wit/more.wit', 'component.toml']) {
    rmSync(join(dir, name), { force: true });
    symlinkSync('/nowhere/at/all', join(dir, name));
    const message = new RegExp(`${name.replace('.', '\\.')} is a link to nothing`);
    await assert.rejects(buildProject(dir, own), { code: 'invalid-project', message }, name);
    rmSync(join(dir, name));
  }
});
