import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Checkout, which } from './checkout.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A checkout that is set up for tests, with stand-ins for the tools that `./dev check` starts. */
function checkoutForDev(t: TestContext): Checkout {
  const checkout = new Checkout(t).machine();
  for (const file of ['dev', 'scripts/test-setup.sh']) cpSync(join(ROOT, file), join(checkout.root, file));
  for (const tool of ['mktemp', 'id']) symlinkSync(which(tool) ?? '', join(checkout.bin, tool));
  for (const name of ['clang', 'skopeo', 'docker-registry']) checkout.program(name, '#!/bin/sh\nexit 0\n');
  mkdirSync(join(checkout.root, 'node_modules/.bin'), { recursive: true });
  checkout.write('node_modules/.package-lock.json', '{}');
  checkout.write('test/e2e/inspector/package-lock.json', '{}\n');
  checkout.write('test/conformance/suite/package-lock.json', '{}\n');
  for (const tool of ['biome', 'oxlint', 'tsc']) {
    checkout.write(
      `node_modules/.bin/${tool}`,
      `#!/bin/sh\n[ ! -f fail-${tool} ] || { echo ${tool} found; exit 1; }\n`,
      0o755,
    );
  }
  for (const script of ['check-rooms', 'check-sizes', 'errors-table']) {
    checkout.write(`scripts/${script}.ts`, `console.log('${script} ran');\n`);
  }
  checkout.write('src/wit/a.test.ts', "import { test } from 'node:test';\ntest('one', () => {});\n");
  checkout.write('test/b.test.ts', "import { test } from 'node:test';\ntest('two', () => {});\n");
  return checkout;
}

function dev(checkout: Checkout, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: checkout.bin };
  // Otherwise the inner test runner reports to the outer one.
  delete env['NODE_TEST_CONTEXT'];
  return spawnSync(join(checkout.root, 'dev'), args, { cwd: '/', env, encoding: 'utf8' });
}

test('./dev without a command, and help, list the commands', (t) => {
  const checkout = checkoutForDev(t);
  for (const args of [[], ['help'], ['--help']]) {
    const { status, stdout } = dev(checkout, ...args);
    assert.equal(status, 0);
    for (const command of ['test', 'check', 'fix', 'bench', 'build', 'component'])
      assert.match(stdout, new RegExp(`^\\./dev ${command} `, 'm'));
  }
});

test('an unknown command of ./dev is wrong usage', (t) => {
  const { status, stderr } = dev(checkoutForDev(t), 'tset');
  assert.equal(status, 2);
  assert.match(stderr, /there is no \.\/dev tset/);
});

test('./dev test sets up, checks, and lets the runner have the last word', (t) => {
  const checkout = checkoutForDev(t);
  const { status, stdout, stderr } = dev(checkout, 'test');
  assert.equal(status, 0, stderr + stdout);
  assert.match(
    stdout,
    /check: format\n.*check: lint\n.*check: types\n.*check-rooms ran\n.*check-sizes ran\n.*ℹ tests 3\n.*ℹ pass 3\n.*ℹ duration_ms [\d.]+\n$/s,
  );
  assert.match(checkout.log().join('\n'), /--prefix .*test\/e2e\/inspector --ignore-scripts/);
  assert.match(checkout.log().join('\n'), /--prefix .*test\/conformance\/suite --ignore-scripts/);
  const installs = checkout.log().length;
  assert.equal(dev(checkout, 'test').status, 0);
  assert.equal(checkout.log().length, installs, 'set up twice');
});

test('./dev test with files runs these only and fails when one does', (t) => {
  const checkout = checkoutForDev(t);
  const one = dev(checkout, 'test', 'test/b.test.ts');
  assert.equal(one.status, 0, one.stdout);
  assert.match(one.stdout, /ℹ tests 1\n/);
  assert.doesNotMatch(one.stdout, /check:/);
  checkout.write('test/b.test.ts', "import { test } from 'node:test';\ntest('two', () => { throw new Error(); });\n");
  assert.equal(dev(checkout, 'test', 'test/b.test.ts').status, 1);
});

test('./dev check runs every part, shows all that fail, and fails; then no test runs', (t) => {
  const checkout = checkoutForDev(t);
  checkout.write('fail-biome', '');
  checkout.write('fail-tsc', '');
  const { status, stdout } = dev(checkout, 'check');
  assert.equal(status, 1);
  assert.match(stdout, /biome found\n.*tsc found\n.*check-sizes ran\n/s);
  const tests = dev(checkout, 'test');
  assert.equal(tests.status, 1);
  assert.doesNotMatch(tests.stdout, /ℹ tests/);
});

test('a missing compiler for the C guests fails the tests and says what to install', (t) => {
  const checkout = checkoutForDev(t);
  checkout.program('clang', '#!/bin/sh\nexit 1\n');
  checkout.program('id', '#!/bin/sh\necho 1000\n');
  const { status, stderr } = dev(checkout, 'test', 'test/b.test.ts');
  assert.equal(status, 1);
  assert.match(stderr, /the tests need .*clang/);
  checkout.program('apt-get', '#!/bin/sh\nexit 1\n');
  const debian = dev(checkout, 'test', 'test/b.test.ts');
  assert.equal(debian.status, 1);
  assert.match(debian.stderr, /sudo apt-get install clang lld wasi-libc libclang-rt-dev-wasm32/);
});

test('as root on Debian the compiler is installed with apt-get', (t) => {
  const checkout = checkoutForDev(t);
  checkout.program('clang', `#!/bin/sh\n[ -f '${checkout.root}/installed' ]\n`);
  checkout.program('id', '#!/bin/sh\necho 0\n');
  checkout.program(
    'apt-get',
    `#!/bin/sh\necho "apt-get $*" >>'${checkout.root}/log'\n[ "$1" = update ] || : >'${checkout.root}/installed'\n`,
  );
  const { status, stderr } = dev(checkout, 'test', 'test/b.test.ts');
  assert.equal(status, 0, stderr);
  const log = readFileSync(join(checkout.root, 'log'), 'utf8');
  assert.match(log, /apt-get update\napt-get install -y .*clang lld wasi-libc libclang-rt-dev-wasm32\n/);
});

test('skopeo is installed with apt-get, docker-registry only unpacked into the checkout', (t) => {
  const checkout = checkoutForDev(t);
  for (const name of ['skopeo', 'docker-registry']) rmSync(join(checkout.bin, name));
  const noRoot = dev(checkout, 'test', 'test/b.test.ts');
  assert.equal(noRoot.status, 1);
  assert.match(noRoot.stderr, /the tests need skopeo and docker-registry/);
  checkout.program('id', '#!/bin/sh\necho 1000\n');
  const log = join(checkout.root, 'log');
  checkout.program('apt-get', `#!/bin/sh\necho "apt-get $*" >>'${log}'\n: >docker-registry_1.deb\n`);
  const user = dev(checkout, 'test', 'test/b.test.ts');
  assert.match(user.stderr, /sudo apt-get install skopeo/);
  checkout.program('id', '#!/bin/sh\necho 0\n');
  checkout.program('dpkg-deb', '#!/bin/sh\nmkdir -p usr/bin && printf "#!/bin/sh" >usr/bin/docker-registry\n');
  const { status, stderr } = dev(checkout, 'test', 'test/b.test.ts');
  assert.equal(status, 0, stderr);
  const asked = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('apt-get'));
  assert.deepEqual(asked, [
    'apt-get update',
    'apt-get install -y --no-install-recommends skopeo',
    'apt-get download docker-registry',
  ]);
});
