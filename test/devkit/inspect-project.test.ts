/** What `inspect .` does: it shows the last build, and starts nothing of the project's. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newHome } from '../e2e/cli-run.ts';
import { newProject, programs, runIn, write } from './projects.ts';

test('[devkit.call] inspect of a project shows its last build, says whether it is stale, and builds nothing', async (t) => {
  const world = `package local:demo-tool@0.1.0;
world tool {
    import switchboard:host/log@0.1.0;
    export greet: func(name: string) -> result<string, string>;
    export count-words: func(text: string) -> u32;
}
`;
  const dir = await newProject(t, 'c', { 'wit/world.wit': world });
  const home = newHome(t);
  const never = await runIn(dir, home, ['inspect', '.']);
  assert.equal(never.code, 2);
  assert.match(never.stderr, /local:demo-tool was not built yet\nfix: switchboard build \.\ncode: invalid-project/);
  assert.deepEqual([existsSync(join(dir, 'build')), readdirSync(join(dir, 'wit'))], [false, ['world.wit']]);
  assert.equal((await runIn(dir, home, ['build'])).code, 0);
  const fresh = await runIn(dir, home, ['inspect', '.']);
  assert.equal(fresh.code, 0);
  assert.equal(fresh.stderr, '');
  await write(dir, { 'src/main.c': 'int broken(' });
  const stale = await runIn(dir, home, ['inspect', '.']);
  assert.equal(stale.code, 0);
  assert.equal(stale.stdout, fresh.stdout);
  assert.match(
    stale.stderr,
    /^this is the last build; sources changed since, and switchboard build makes a new one\n$/,
  );
  const document = JSON.parse((await runIn(dir, home, ['inspect', '.', '--output', 'json'])).stdout) as {
    build: object;
  };
  assert.deepEqual(document.build, { file: join(dir, 'build/demo-tool.wasm'), current: false });
});

test('[devkit.call] inspect of a project that was never built runs none of its compilers', async (t) => {
  const dir = await newProject(t, 'rust');
  const mark = join(dir, 'ran');
  const PATH = await programs(t, { cargo: `touch ${mark}`, rustc: `touch ${mark}` });
  const outcome = await runIn(dir, newHome(t), ['inspect', '.'], { PATH: `${PATH}:${process.env['PATH']}` });
  assert.equal(outcome.code, 2);
  assert.ok(!existsSync(mark));
});
