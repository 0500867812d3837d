/** `build --watch` beside a running host, and the verbs that take a project's folder. */
import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newHome, outcomeOf, until } from '../e2e/cli-run.ts';
import { keepHost } from '../e2e/cli-run.ts';
import { newProject, runIn, startIn } from './projects.ts';

test('[devkit.watch] every save is built and swapped in; of 1,000 calls meanwhile none fails', {
  timeout: 300_000,
}, async (t) => {
  const dir = await newProject(t, 'ts');
  const home = newHome(t);
  const host = await keepHost(t, home);
  const watching = startIn(dir, home, ['build', '--watch', '--output', 'json']);
  t.after(() => watching.kill('SIGKILL'));
  const outcome = outcomeOf(watching);
  const built = createLines(watching.stdout);
  const first = await built.next();
  assert.equal(first['installed'], 'local:demo-tool@0.1.0-dev.1');
  const file = join(dir, 'src/main.ts');
  const text = await readFile(file, 'utf8');
  let calls = 0;
  let ended = false;
  const seen = new Set<unknown>();
  const caller = async (): Promise<void> => {
    while (!ended || calls < 1000) {
      calls += 1;
      seen.add(await host.call('local:demo-tool', 'greet', ['Ada']));
    }
  };
  t.after(() => {
    [ended, calls] = [true, 1000];
  });
  const callers = Promise.all(Array.from({ length: 4 }, caller));
  const save = async (greeting: string): Promise<void> => {
    await writeFile(`${file}~`, text.replace('Hello', greeting));
    // As many editors save.
    await rename(`${file}~`, file);
  };
  await save('Hi');
  assert.equal((await built.next())['installed'], 'local:demo-tool@0.1.0-dev.2');
  assert.equal(await host.call('local:demo-tool', 'greet', ['Ada']), 'Hi, Ada!');
  await writeFile(file, 'export const greet = (');
  assert.equal(((await built.next())['error'] as { code: string }).code, 'build-failed');
  assert.equal(await host.call('local:demo-tool', 'greet', ['Ada']), 'Hi, Ada!');
  await save('Hey');
  assert.equal((await built.next())['installed'], 'local:demo-tool@0.1.0-dev.3');
  assert.equal(await host.call('local:demo-tool', 'greet', ['Ada']), 'Hey, Ada!');
  ended = true;
  await callers;
  assert.ok(calls >= 1000);
  assert.deepEqual([...seen], ['Hello, Ada!', 'Hi, Ada!', 'Hey, Ada!']);
  const versions = (await host.list()).filter(({ name }) => name === 'local:demo-tool').map(({ version }) => version);
  assert.deepEqual(versions.toSorted(), ['0.1.0-dev.2', '0.1.0-dev.3']);
  watching.kill('SIGINT');
  assert.equal((await outcome).code, 0);
});

/** JSON documents, one in each line, as they come. */
function createLines(stream: NodeJS.ReadableStream | null): { next(): Promise<{ [member: string]: unknown }> } {
  const lines: string[] = [];
  let rest = '';
  let wake = Promise.withResolvers<void>();
  stream?.on('data', (chunk: Buffer) => {
    const parts = `${rest}${chunk.toString()}`.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    wake.resolve();
  });
  let over = false;
  stream?.on('end', () => {
    over = true;
    wake.resolve();
  });
  return {
    async next() {
      while (lines.length === 0) {
        if (over) throw new Error(`it ended: ${rest}`);
        await wake.promise;
        wake = Promise.withResolvers<void>();
      }
      return JSON.parse(lines.shift() ?? '') as { [member: string]: unknown };
    },
  };
}

test('[devkit.watch] [devkit.call] a person sees what was built, and what stands in its way', async (t) => {
  const dir = await newProject(t, 'c');
  const home = newHome(t);
  const host = await keepHost(t, home);
  assert.equal((await runIn(dir, home, ['build'])).code, 0);
  assert.equal((await runIn(dir, home, ['install', 'build/demo-tool.wasm'])).code, 0);
  const watching = startIn(dir, home, ['build', '--watch']);
  t.after(() => watching.kill('SIGKILL'));
  const outcome = outcomeOf(watching);
  await until(watching.stderr, /which is newer\n/);
  watching.kill('SIGINT');
  const { stderr } = await outcome;
  assert.match(
    stderr,
    /^watching .*demo-tool; Ctrl-C ends it\nbuilt build\/demo-tool\.wasm \(\d+\.\d KiB\) in \d+\.\d s/,
  );
  assert.match(
    stderr,
    /; now local:demo-tool@0\.1\.0-dev\.1\nthe name alone still means local:demo-tool@0\.1\.0, which is newer\n/,
  );
  assert.equal((await host.info('local:demo-tool')).version, '0.1.0');
  assert.equal((await runIn(dir, home, ['call', '.', 'greet', 'Ada'])).stdout, 'Hello, Ada!\n');
});

test('[devkit.call] bench measures a function of a project, fresh and resident', async (t) => {
  const dir = await newProject(t, 'c');
  const home = newHome(t);
  const outcome = await runIn(dir, home, ['bench', '.', 'count-words', 'a b', '--calls', '20', '--output', 'json']);
  assert.equal(outcome.code, 0, `${outcome.stdout}${outcome.stderr}`);
  const result = JSON.parse(outcome.stdout) as {
    unit: string;
    fresh: { median: number; calls: number };
    resident: { median: number; p99: number };
  };
  assert.equal(result.unit, 'µs');
  assert.equal(result.fresh.calls, 20);
  assert.ok(result.fresh.median > 0 && result.resident.p99 >= result.resident.median);
  const text = await runIn(dir, home, ['bench', '.', 'greet', 'Ada', '--calls', '5']);
  assert.match(text.stdout, /greet, 5 calls each, microseconds\n +median +p95 +p99\n +fresh instance +\d+/);
  const wrong = await runIn(dir, home, ['bench', '.', 'nothing']);
  assert.match(wrong.stderr, /code: unknown-function/);
  const failing = await runIn(dir, home, ['bench', '.', 'greet', '']);
  assert.equal(failing.code, 1);
  assert.match(failing.stderr, /the name is empty/);
});

test('[devkit.call] a folder that is no project is told so by every verb', async (t) => {
  const dir = await newProject(t, 'c');
  const home = newHome(t);
  for (const args of [
    ['build', 'wit'],
    ['test', './wit'],
    ['call', './wit', 'greet'],
    ['inspect', 'wit'],
    ['bench', './wit', 'greet'],
  ]) {
    const outcome = await runIn(dir, home, args);
    assert.equal(outcome.code, 2, args.join(' '));
    assert.match(
      outcome.stderr,
      /is no project: it has neither src\/main\.ts.*\nfix: switchboard init <name>\ncode: invalid-project/,
    );
  }
});
