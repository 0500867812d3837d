/** Races of every operation with another instance of the component, and with a process outside. */
import { deepEqual, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { openDirectory } from '#test/fakes/fs-instance';
import { OPERATIONS, RESTORING } from '#test/fakes/fs-operations';
import type { Descriptor } from './descriptor.ts';

const RUN_MS = 1_200;
/** On a machine that is busy with other things it may take longer until each operation was in the race. */
const LONGEST_MS = 30_000;
/** Whoever sets a time is found out. */
const LONG_AGO = new Date('2001-01-01');

interface World {
  readonly root: string;
  /** The granted directory. */
  readonly granted: string;
  /** One beside it, with the same names in it and other things. */
  readonly outside: string;
  /** Fails if anything outside is not as it was, or is inside now. */
  check(): void;
}

function world(t: TestContext): World {
  const root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'switchboard-races-')));
  t.after(() => fs.rmSync(root, { recursive: true }));
  const [granted, outside] = [join(root, 'granted'), join(root, 'outside')];
  fill(granted, 'inside');
  fill(outside, 'OUTSIDE');
  for (const name of namesIn(outside)) fs.lutimesSync(name, LONG_AGO, LONG_AGO);
  const before = stateOf(outside);
  return {
    root,
    granted,
    outside,
    check() {
      deepEqual(stateOf(outside), before, 'what is outside was changed');
      for (const name of namesIn(granted)) {
        if (fs.lstatSync(name).isFile()) ok(fs.readFileSync(name, 'utf8') !== 'OUTSIDE', `${name} is of outside`);
      }
    },
  };
}

function fill(dir: string, text: string): void {
  for (const name of ['x/sub', 'spare', 'other/sub']) fs.mkdirSync(join(dir, name), { recursive: true });
  for (const name of ['mine', 'x/secret', 'other/secret']) fs.writeFileSync(join(dir, name), text);
  for (const name of ['x/link', 'other/link']) fs.symlinkSync(text, join(dir, name));
}

/** It and all below it, through no symlink. */
function namesIn(path: string): readonly string[] {
  if (!fs.lstatSync(path).isDirectory()) return [path];
  const below = fs.readdirSync(path).toSorted();
  return [path, ...below.flatMap((name) => namesIn(join(path, name)))];
}

function stateOf(dir: string): readonly unknown[] {
  return namesIn(dir).map((name) => {
    const { mtimeMs, nlink, size, ino, mode } = fs.lstatSync(name);
    const text = fs.lstatSync(name).isFile() ? fs.readFileSync(name, 'utf8') : '';
    return { name, mtimeMs, nlink, size, ino, mode, text };
  });
}

interface Tally {
  worked: number;
  refused: number;
}

type Tallies = { [name: string]: Tally };

/** Every operation once, in another order each round. */
function runAll(data: Descriptor, round: number, tallies: Tallies): void {
  const all = Object.entries(OPERATIONS);
  for (let i = 0; i < all.length; i += 1) {
    const [name, work] = all[(i + round) % all.length] ?? [];
    if (name === undefined || !work) continue;
    const tally = (tallies[name] ??= { worked: 0, refused: 0 });
    for (const restore of RESTORING) attempt(() => restore(data));
    const got = attempt(() => work(data, round));
    if (got === undefined) tally.refused += 1;
    else tally.worked += 1;
    ok(!got?.includes('OUTSIDE') && got !== 'size 7', `${name} gave ${got}`);
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function hammer(data: Descriptor): Tallies {
  const tallies: Tallies = {};
  const began = performance.now();
  for (let round = 0; goesOn(began, tallies); round += 1) runAll(data, round, tallies);
  return tallies;
}

function goesOn(began: number, tallies: Tallies): boolean {
  const ms = performance.now() - began;
  return ms < RUN_MS || (ms < LONGEST_MS && unraced(tallies).length > 0);
}

/** Those that were in no race: one that was came through, and was refused. */
function unraced(tallies: Tallies): readonly string[] {
  return Object.keys(OPERATIONS).filter((name) => !tallies[name]?.worked || !tallies[name].refused);
}

const allRaced = (tallies: Tallies): void => deepEqual(unraced(tallies), [], JSON.stringify(tallies));

/**
 * Swaps a directory for a symlink and back, without end.
 */
const SWAPPER = `
  const fs = require('fs');
  const [parent, name, target] = process.argv.slice(1);
  const at = parent + '/' + name, aside = parent + '/.aside';
  for (let n = 0; ; n++) {
    if (n === 0) process.stdout.write('going');
    for (const end = Date.now() + 2; Date.now() < end; );
    fs.renameSync(at, aside);
    fs.symlinkSync(target, at);
    for (const end = Date.now() + 1; Date.now() < end; );
    fs.unlinkSync(at);
    fs.renameSync(aside, at);
  }
`;

/** Runs while `work` does. */
async function swapping(t: TestContext, args: readonly string[], work: () => void): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, ['-e', SWAPPER, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  if (!child.stdout) throw new Error('its output is no pipe');
  await once(child.stdout, 'data');
  work();
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  deepEqual(await exit, [null, 'SIGKILL'], 'it swapped to the end');
}

function instanceOf(t: TestContext, granted: string): Descriptor {
  const ends: (() => void)[] = [];
  t.after(() => {
    for (const end of ends) end();
  });
  return openDirectory(granted, ends);
}

test('[fs.race] a process outside swaps a directory for a symlink: no operation follows it', async (t) => {
  const { granted, outside, check } = world(t);
  const data = instanceOf(t, granted);
  await swapping(t, [granted, 'x', join(outside, 'x')], () => allRaced(hammer(data)));
  check();
});

test('[fs.race] a process outside swaps the granted directory itself: what was granted is used, or nothing', async (t) => {
  const { root, granted, outside, check } = world(t);
  const held = instanceOf(t, granted);
  const opened: Tallies = {};
  await swapping(t, [root, 'granted', outside], () => {
    const began = performance.now();
    for (let round = 0; goesOn(began, opened); round += 1) {
      // One that had it open before, and one after another that open it now.
      runAll(held, 2 * round, {});
      const ends: (() => void)[] = [];
      runAll(openDirectory(granted, ends), 2 * round + 1, opened);
      for (const end of ends) end();
    }
  });
  allRaced(opened);
  // The swapper was stopped anywhere in its round.
  const aside = join(root, '.aside');
  if (fs.existsSync(aside)) {
    fs.rmSync(granted, { force: true });
    fs.renameSync(aside, granted);
  }
  check();
});

test('[fs.race] a second instance that moves directories and symlinks about leads neither out', async (t) => {
  const { granted, check } = world(t);
  const data = instanceOf(t, granted);
  const going = new Int32Array(new SharedArrayBuffer(4));
  Atomics.store(going, 0, 1);
  const second = new Worker(new URL(import.meta.resolve('#test/fakes/fs-second')), { workerData: { granted, going } });
  t.after(() => second.terminate());
  await once(second, 'message');
  const told = once(second, 'message') as Promise<[{ readonly swapped: number; readonly refused: number }]>;
  const tallies = hammer(data);
  Atomics.store(going, 0, 0);
  const [{ swapped, refused }] = await told;
  ok(swapped > 20, `it swapped ${swapped} times, and was refused ${refused} times`);
  allRaced(tallies);
  check();
});
