import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type Denial, type Manifest, SwitchboardError } from '#core';
import { denialText, grantCommand, withDenials } from './denials.ts';

const denial = (grant?: string): Denial => ({
  capability: 'net',
  what: `use ${grant}`,
  reason: 'no',
  ...(grant === undefined ? {} : { grant }),
});
const manifest: Manifest = {
  digest: 'sha256:00',
  permissions: [
    { kind: 'net', host: '*', reason: 'pages' },
    { kind: 'env', name: 'LANG', reason: 'words' },
    { kind: 'fs', guest: '/work', mode: 'ro', reason: 'files' },
  ],
  limits: {},
};

test('[policy.denial] the command that is named works: what the manifest does not request needs a flag more', () => {
  const commands = [
    '--net example.com',
    '--net 127.0.0.1:8080',
    '--env LANG',
    '--env HOME',
    '--fs "$PWD":/work/sub:ro',
    '--fs "$PWD":/work:rw',
    '--secret KEY',
  ].map((grant) => [grant, grantCommand('a:b', [denial(grant)], manifest)?.endsWith(' --unrequested')]);
  deepEqual(commands, [
    ['--net example.com', false],
    ['--net 127.0.0.1:8080', true],
    ['--env LANG', false],
    ['--env HOME', true],
    ['--fs "$PWD":/work/sub:ro', false],
    ['--fs "$PWD":/work:rw', true],
    ['--secret KEY', true],
  ]);
  equal(grantCommand('a:b', [denial('--secret KEY')], undefined), 'switchboard grant a:b --secret KEY');
  equal(grantCommand('a:b', [denial()], manifest), undefined);
  equal(
    denialText('a:b', denial('--env HOME'), manifest),
    'denied: use --env HOME: no; to allow it: switchboard grant a:b --env HOME --unrequested',
  );
});

test('[policy.denial] a failure after many refusals names four grants, and where the rest is', () => {
  const denials = Array.from({ length: 9 }, (_, i) => denial(`--fs "$PWD":/d${i}:ro`));
  const failed = withDenials(new SwitchboardError('component-trapped', 'it gave up'), 'a:b', denials, undefined);
  equal(failed.code, 'denied');
  equal(failed.fix, `switchboard grant a:b ${[0, 1, 2, 3].map((i) => `--fs "$PWD":/d${i}:ro`).join(' ')}`);
  equal(
    failed.message,
    'a:b was refused use --fs "$PWD":/d0:ro: no (and 8 more, all in: switchboard logs a:b); it said: “it gave up”',
  );
  const other = new SwitchboardError('timeout', 'too long');
  equal(withDenials(other, 'a:b', denials, undefined), other);
});
