import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type Denial, denialOf, formatPermission, type Manifest, type MissingItem, SwitchboardError } from '#core';
import { denialText, grantCommand, itemOf, withDenials } from './denials.ts';

const denial = (item?: MissingItem): Denial =>
  denialOf('net', item ? `use ${formatPermission(item)}` : 'use', 'no', item);
const key: MissingItem = { kind: 'secret', name: 'KEY' };
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
  const items: readonly MissingItem[] = [
    { kind: 'net', host: 'example.com' },
    { kind: 'net', host: '127.0.0.1', port: 8080 },
    { kind: 'env', name: 'LANG' },
    { kind: 'env', name: 'HOME' },
    { kind: 'fs', guest: '/work/sub', mode: 'ro' },
    { kind: 'fs', guest: '/work', mode: 'rw' },
    { kind: 'fs', guest: '/wo rk', host: "/a: '/b:/x:ro", mode: 'rw' },
    key,
  ];
  const commands = items.map((item) => [
    formatPermission(item),
    grantCommand('a:b', [denial(item)], manifest)?.endsWith(' --unrequested'),
  ]);
  deepEqual(commands, [
    ['--net example.com', false],
    ['--net 127.0.0.1:8080', true],
    ['--env LANG', false],
    ['--env HOME', true],
    ['--fs "$PWD":/work/sub:ro', false],
    ['--fs "$PWD":/work:rw', true],
    [String.raw`--fs '/a: '\''/b:/x:ro':'/wo rk':rw`, true],
    ['--secret KEY', true],
  ]);
  equal(grantCommand('a:b', [denial(key)], undefined), 'switchboard grant a:b --secret KEY');
  equal(grantCommand('a:b', [denial()], manifest), undefined);
  equal(
    denialText('a:b', denial({ kind: 'env', name: 'HOME' }), manifest),
    'denied: use --env HOME: no; to allow it: switchboard grant a:b --env HOME --unrequested',
  );
});

test('[policy.denial] a failure after many refusals names four grants, and where the rest is', () => {
  const denials = Array.from({ length: 9 }, (_, i) => denial({ kind: 'fs', guest: `/d${i}`, mode: 'ro' }));
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

test('[policy.denial] what is filed for a denial is its item, whatever its text looks like', () => {
  const odd: MissingItem = { kind: 'fs', host: '/x:/etc:rw', guest: '/a', mode: 'ro' };
  deepEqual(itemOf(denial(odd)), { kind: 'fs', guest: '/a', mode: 'ro' });
  deepEqual(itemOf({ ...denial(), grant: '--net evil.example' }), undefined);
  deepEqual(itemOf(denial({ kind: 'env', name: 'HOME' })), undefined);
  deepEqual(itemOf(denial({ kind: 'net', host: '::1', port: 80 })), { kind: 'net', host: '::1', port: 80 });
});
