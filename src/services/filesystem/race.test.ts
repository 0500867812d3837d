import { ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDirectory as open } from '#test/fakes/fs-instance';

const RUN_MS = 1500;

/** Swaps, without end, `x` for a symlink to the directory outside and back, and the file `f` for a symlink to the secret. */
const SWAPPER = `
  const fs = require('fs');
  const [dir, outside] = process.argv.slice(1);
  for (let n = 0; ; n++) {
    fs.renameSync(dir + '/x', dir + '/real');
    fs.symlinkSync(outside, dir + '/x');
    fs.symlinkSync(outside + '/secret', dir + '/g');
    fs.renameSync(dir + '/g', dir + '/f');
    if (n === 0) process.stdout.write('going');
    fs.unlinkSync(dir + '/x');
    fs.renameSync(dir + '/real', dir + '/x');
    fs.writeFileSync(dir + '/h', 'inside');
    fs.renameSync(dir + '/h', dir + '/f');
  }
`;

test('[fs.race] a process outside that swaps directories and files for symlinks leads nobody out', async (t) => {
  const root = fs.mkdtempSync(join(tmpdir(), 'switchboard-race-'));
  const [granted, outside] = [join(root, 'granted'), join(root, 'outside')];
  fs.mkdirSync(join(granted, 'x'), { recursive: true });
  fs.mkdirSync(outside);
  fs.writeFileSync(join(granted, 'x', 'secret'), 'inside');
  fs.writeFileSync(join(granted, 'f'), 'inside');
  fs.writeFileSync(join(outside, 'secret'), 'OUTSIDE');
  const swapper = spawn(process.execPath, ['-e', SWAPPER, granted, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ends: (() => void)[] = [];
  t.after(() => {
    swapper.kill('SIGKILL');
    for (const end of ends) end();
    fs.rmSync(root, { recursive: true });
  });
  await once(swapper.stdout, 'data');
  const data = open(granted, ends);
  const ended = { read: 0, refused: 0 };
  const attempt = (work: () => string): void => {
    let got: string;
    try {
      got = work();
    } catch {
      ended.refused += 1;
      return;
    }
    ended.read += 1;
    ok(!got.includes('OUTSIDE'), 'it read what is outside');
  };
  const read = (path: string, follow: boolean): string => {
    using file = data.openAt({ symlinkFollow: follow }, path, {}, { read: true });
    return Buffer.from(file.read(100n, 0n)[0]).toString();
  };
  const until = performance.now() + RUN_MS;
  while (performance.now() < until) {
    for (const follow of [true, false]) {
      attempt(() => read('x/secret', follow));
      attempt(() => read('f', follow));
      attempt(() => JSON.stringify(data.statAt({ symlinkFollow: follow }, 'x/secret'), (_, v: unknown) => String(v)));
    }
    attempt(() => {
      using made = data.openAt({ symlinkFollow: true }, 'x/made', { create: true }, { write: true });
      made.write(Buffer.from('m'), 0n);
      return '';
    });
  }
  ok(ended.read > 100 && ended.refused > 100, JSON.stringify(ended));
  ok(!fs.existsSync(join(outside, 'made')), 'it made a file outside');
  ok(fs.readFileSync(join(outside, 'secret'), 'utf8') === 'OUTSIDE', 'it changed what is outside');
});

test('[fs.race] what an instance has open is closed when it ends', () => {
  const root = fs.mkdtempSync(join(tmpdir(), 'switchboard-open-'));
  fs.writeFileSync(join(root, 'a'), 'a');
  const count = (): number => fs.readdirSync('/proc/self/fd').length;
  const before = count();
  const ends: (() => void)[] = [];
  const data = open(root, ends);
  for (let i = 0; i < 50; i += 1) data.openAt({}, 'a', {}, { read: true });
  data.readDirectory().readDirectoryEntry();
  for (let i = 0; i < 1000; i += 1) {
    try {
      data.openAt({}, 'a/b', {}, { read: true });
    } catch {
      // A walk that fails leaves nothing open either.
    }
  }
  ok(count() > before + 50);
  for (const end of ends) end();
  ok(count() <= before, `${count()} open, ${before} before`);
  fs.rmSync(root, { recursive: true });
});
