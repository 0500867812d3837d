import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, renameSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkout, which } from './checkout.ts';

test('[launch.anywhere] arguments, directory, standard input and exit code pass through', async (t) => {
  const checkout = new Checkout(t).machine();
  const cwd = realpathSync(tmpdir());
  const args = ['call', '', 'two words', 'a\nb', '--', '$HOME', "it's", '*'];
  const { code, main, stderr } = await checkout.run({ args, cwd, stdin: '{"id":1}\n' });
  assert.equal(code, 7, stderr);
  assert.deepEqual(main.args, args);
  assert.equal(main.cwd, cwd);
  assert.equal(main.stdin, '{"id":1}\n', 'set-up took standard input');
});

test('[launch.anywhere] standard output is left to the command, even while setting up', async (t) => {
  const { stdout, stderr } = await new Checkout(t).machine('20.1.0').run();
  assert.equal(stdout.split('\n').length, 2);
  assert.match(stderr, /^(switchboard: .*\n)+$/);
});

test('[launch.anywhere] works through symbolic links of every kind', async (t) => {
  const checkout = new Checkout(t).machine();
  const away = join(checkout.root, '../away');
  mkdirSync(join(away, 'deep'), { recursive: true });
  symlinkSync(join(checkout.root, 'switchboard'), join(away, 'absolute'));
  symlinkSync('../a checkout/switchboard', join(away, 'relative'));
  symlinkSync('../relative', join(away, 'deep/chain'));
  symlinkSync(checkout.root, join(away, 'directory'));
  const commands = ['absolute', 'relative', 'deep/chain', 'directory/switchboard'];
  for (const command of commands) {
    const { code, stderr } = await checkout.run({ command: join(away, command), cwd: '/' });
    assert.equal(code, 7, `${command}: ${stderr}`);
  }
  const relative = await checkout.run({ command: './deep/chain', cwd: away });
  assert.equal(relative.code, 7, relative.stderr);
  const onPath = await checkout.run({ command: 'relative', cwd: '/', path: `${away}:${checkout.bin}` });
  assert.equal(onPath.code, 7, onPath.stderr);
});

for (const shell of ['dash', 'bash', 'zsh', 'ksh', 'busybox']) {
  const path = which(shell);
  if (path === undefined) continue;
  test(`[launch.anywhere] works when run by ${shell}`, async (t) => {
    const checkout = new Checkout(t).machine('20.1.0');
    const args = shell === 'busybox' ? ['sh', 'switchboard', 'x'] : ['switchboard', 'x'];
    for (const round of ['first', 'second']) {
      const { code, main, stderr } = await checkout.run({ command: path, args, cwd: checkout.root });
      assert.equal(code, 7, `${round}: ${stderr}`);
      assert.deepEqual(main.args, ['x']);
    }
  });
}

test('[launch.anywhere] a checkout that was moved still works', async (t) => {
  const checkout = new Checkout(t).machine('20.1.0');
  await checkout.run();
  const moved = join(checkout.root, '../moved');
  renameSync(checkout.root, moved);
  const { code, main, stderr } = await checkout.run({ command: join(moved, 'switchboard'), cwd: '/' });
  assert.equal(code, 7, stderr);
  assert.equal(main.cache, join(moved, '.cache/compile'));
});
