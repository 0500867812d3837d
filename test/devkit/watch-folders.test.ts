/** What `--watch` sees of folders that come and go. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { SwitchboardError } from '#core/errors';
import { type Built, watchProject } from '#devkit';
import { newFolder, newProject, ports, write } from './projects.ts';

interface Watched {
  /** The next build or failure. */
  next(): Promise<Built | SwitchboardError>;
  /** The next that has this, of several that one change may make. */
  until(text: string): Promise<void>;
}

async function watched(t: TestContext, dir: string): Promise<Watched> {
  const over = new AbortController();
  const waiting: (Built | SwitchboardError)[] = [];
  let wake = Promise.withResolvers<void>();
  const put = (one: Built | SwitchboardError): void => {
    waiting.push(one);
    wake.resolve();
  };
  const work = watchProject(dir, await ports(t), {
    signal: over.signal,
    onBuilt: async (built) => put(built),
    onFailed: put,
  });
  t.after(async () => {
    over.abort();
    await work;
  });
  const next = async (): Promise<Built | SwitchboardError> => {
    while (waiting.length === 0) {
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
    return waiting.shift() as Built | SwitchboardError;
  };
  const until = async (text: string): Promise<void> => {
    for (;;) {
      const one = await next();
      if ('bytes' in one && Buffer.from(one.bytes).includes(text)) return;
    }
  };
  return { next, until };
}

const greeting = (main: string, text: string): string => main.replaceAll('Hello, ', text);

test('[devkit.watch] a folder that goes and comes again is followed as before', { timeout: 60_000 }, async (t) => {
  const dir = await newProject(t, 'c');
  const main = readFileSync(join(dir, 'src/main.c'), 'utf8');
  const header = readFileSync(join(dir, 'src/component.h'), 'utf8');
  const built = await watched(t, dir);
  await built.until('Hello, ');
  for (const [i, text] of ['Howdy, ', 'Heyho, '].entries()) {
    rmSync(join(dir, 'src'), { recursive: true });
    if (i === 0) assert.ok('code' in (await built.next()));
    await write(dir, { 'src/component.h': header, 'src/main.c': greeting(main, text) });
    await built.until(text);
    await write(dir, { 'src/main.c': greeting(main, `${text.slice(0, -2)}! `) });
    await built.until(`${text.slice(0, -2)}! `);
  }
});

test('[devkit.watch] so is the project’s own folder, and one that a link leads to', { timeout: 60_000 }, async (t) => {
  const dir = await newProject(t, 'c');
  const main = readFileSync(join(dir, 'src/main.c'), 'utf8');
  const built = await watched(t, dir);
  await built.until('Hello, ');
  const copy = join(newFolder(t), 'copy');
  await cp(dir, copy, { recursive: true });
  renameSync(dir, `${dir}-before`);
  renameSync(copy, dir);
  await write(dir, { 'src/main.c': greeting(main, 'Howdy, ') });
  await built.until('Howdy, ');
  await write(dir, { 'src/main.c': greeting(main, 'Heyho, ') });
  await built.until('Heyho, ');
  const link = join(newFolder(t), 'link');
  symlinkSync(dir, link);
  const through = await watched(t, link);
  await through.until('Heyho, ');
  await write(dir, { 'src/main.c': greeting(main, 'Adieu, ') });
  await through.until('Adieu, ');
});
