import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkout } from './checkout.ts';

const SETUP = ['begin', 'end', 'build'];

/** The log with npm's arguments left out, from entry `from` on. */
function steps(checkout: Checkout, from = 0): string[] {
  return checkout
    .log()
    .slice(from)
    .map((line) => line.replace(/ .*/, ''));
}

/** The process id of the running npm, as set-up has noted it; that may be a moment after npm has started. */
async function npmProcess(checkout: Checkout): Promise<number> {
  const file = join(checkout.root, '.cache/setup.child');
  const changes = watch(join(checkout.root, '.cache'));
  try {
    for (;;) {
      // Asked for before looking, so that no change falls between the two.
      const changed = once(changes, 'change');
      const noted = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (noted.endsWith('\n')) return Number(noted);
      await changed;
    }
  } finally {
    changes.close();
  }
}

/** Makes npm wait. The first call of `npmWaits` resolves when npm has started; closing the result lets it go on. */
function gate(checkout: Checkout): { readonly npmWaits: () => Promise<{ close(): Promise<void> }> } {
  const path = join(checkout.root, 'gate');
  execFileSync('mkfifo', [path]);
  // Opening a FIFO for writing waits for its reader.
  return { npmWaits: () => open(path, 'w') };
}

test('[launch.once] the first start says what it does; the next says nothing and starts no process', async (t) => {
  const checkout = new Checkout(t).machine();
  const first = await checkout.run();
  assert.equal(first.code, 7, first.stderr);
  assert.match(
    first.stderr,
    /setting up .*\n.*installing dependencies.*\n.*building the bundled components\n.*set-up is done\n$/s,
  );
  assert.deepEqual(steps(checkout), SETUP);
  const second = await checkout.run({ command: '/bin/sh', args: ['switchboard'], path: '/nonexistent' });
  assert.equal(second.code, 7, second.stderr);
  assert.equal(second.stderr, '');
  assert.deepEqual(steps(checkout), SETUP);
});

test('[launch.once] a changed lock file is installed', async (t) => {
  const checkout = new Checkout(t).machine();
  await checkout.run();
  checkout.write('package-lock.json', '{ "name": "changed", "lockfileVersion": 3, "packages": {} }\n');
  const { code, stderr } = await checkout.run();
  assert.equal(code, 7, stderr);
  assert.deepEqual(steps(checkout, 3), SETUP);
  await checkout.run();
  assert.deepEqual(steps(checkout, 6), []);
});

test('[launch.once] a lock file that was only touched is not installed again', async (t) => {
  const checkout = new Checkout(t).machine();
  await checkout.run();
  const soon = new Date(Date.now() + 5);
  utimesSync(join(checkout.root, 'package-lock.json'), soon, soon);
  await checkout.run();
  assert.deepEqual(steps(checkout, 3), ['build']);
});

test('[launch.once] node_modules that went away is installed again', async (t) => {
  const checkout = new Checkout(t).machine();
  await checkout.run();
  rmSync(join(checkout.root, 'node_modules'), { recursive: true });
  await checkout.run();
  assert.deepEqual(steps(checkout, 3), SETUP);
});

test('[launch.once] what somebody installed with npm themselves is taken as it is', async (t) => {
  const checkout = new Checkout(t).machine();
  checkout.write('node_modules/.package-lock.json', '{}');
  const { code, stderr } = await checkout.run();
  assert.equal(code, 7, stderr);
  assert.deepEqual(steps(checkout), ['build']);
});

test('[launch.once] a changed source of a bundled component is built, a changed test is not', async (t) => {
  const checkout = new Checkout(t).machine();
  await checkout.run();
  checkout.write('components/text/src/main.test.ts', 'export const changed = 1;\n');
  await checkout.run();
  assert.deepEqual(steps(checkout, 3), []);
  for (const file of ['components/text/src/main.ts', 'wit/host.wit', 'components/html/world.wit']) {
    const before = checkout.log().length;
    checkout.write(file, '// changed\n');
    await checkout.run();
    assert.deepEqual(steps(checkout, before), ['build'], file);
  }
});

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
] as const) {
  test(`[launch.once] ${signal} in the middle of set-up ends it, npm too, and the next start repeats it`, async (t) => {
    const checkout = new Checkout(t).machine();
    const { npmWaits } = gate(checkout);
    const { child, outcome } = checkout.start();
    const hold = await npmWaits();
    const npm = await npmProcess(checkout);
    child.kill(signal);
    const { code: got, stderr } = await outcome;
    assert.equal(got, code);
    assert.match(stderr, /set-up was interrupted; the next start does it again/);
    assert.throws(() => process.kill(npm, 0), { code: 'ESRCH' }, 'npm was left behind');
    assert.throws(() => readlinkSync(join(checkout.root, '.cache/setup.lock')), { code: 'ENOENT' });
    await hold.close();
    rmSync(join(checkout.root, 'gate'));
    const again = await checkout.run();
    assert.equal(again.code, 7, again.stderr);
    assert.deepEqual(steps(checkout), ['begin', ...SETUP]);
  });
}

test('[launch.once, cli.interrupt] an npm that does not end when asked is made to, within 2 s', async (t) => {
  const checkout = new Checkout(t).machine();
  checkout.program(
    'npm',
    `#!/bin/sh\ntrap '' TERM\nread -r _ <'${checkout.root}/gate'\nread -r _ <'${checkout.root}/gate'\n`,
  );
  const { npmWaits } = gate(checkout);
  const { child, outcome } = checkout.start();
  const hold = await npmWaits();
  const npm = await npmProcess(checkout);
  const asked = performance.now();
  child.kill('SIGINT');
  assert.equal((await outcome).code, 130);
  assert.ok(performance.now() - asked < 2000, `${performance.now() - asked} ms`);
  assert.throws(() => process.kill(npm, 0), { code: 'ESRCH' });
  await hold.close();
});

test('[launch.once] an installation that was cut off is begun anew, without what it left', async (t) => {
  const checkout = new Checkout(t).machine();
  mkdirSync(join(checkout.root, 'node_modules/half'), { recursive: true });
  const { code, stderr } = await checkout.run();
  assert.equal(code, 7, stderr);
  assert.ok(!existsSync(join(checkout.root, 'node_modules/half')));
  assert.deepEqual(steps(checkout), SETUP);
});

test('[launch.once] of two first starts one sets up and the other waits for it', async (t) => {
  const checkout = new Checkout(t).machine();
  const { npmWaits } = gate(checkout);
  const first = checkout.start();
  const hold = await npmWaits();
  const waiting = Promise.withResolvers<void>();
  const second = checkout.run({
    onStderr: (text) => {
      if (/process \d+ is setting this checkout up; waiting/.test(text)) waiting.resolve();
    },
  });
  await waiting.promise;
  await hold.close();
  for (const { code, stderr } of [await first.outcome, await second]) assert.equal(code, 7, stderr);
  assert.deepEqual(steps(checkout), SETUP);
});

test('[launch.once] after kill -9 in the middle of set-up the next start waits for what was left running, then repeats', async (t) => {
  const checkout = new Checkout(t).machine();
  const { npmWaits } = gate(checkout);
  const { child, outcome } = checkout.start();
  const hold = await npmWaits();
  await npmProcess(checkout);
  child.kill('SIGKILL');
  const next = checkout.run();
  await hold.close();
  rmSync(join(checkout.root, 'gate'));
  const { code, stderr } = await next;
  assert.equal(code, 7, stderr);
  assert.deepEqual(steps(checkout), ['begin', 'end', ...SETUP]);
  await outcome;
});

test('[launch.once] the lock of a process that is gone does not stop a start', async (t) => {
  const checkout = new Checkout(t).machine();
  const gone = spawnSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }).stdout.trim();
  mkdirSync(join(checkout.root, '.cache'));
  symlinkSync(gone, join(checkout.root, '.cache/setup.lock'));
  const starts = await Promise.all(Array.from({ length: 8 }, () => checkout.run()));
  for (const { code, stderr } of starts) assert.equal(code, 7, stderr);
  assert.deepEqual(steps(checkout), SETUP);
});
