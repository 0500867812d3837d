import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessRequest, decideAccess } from './access.ts';
import { formatPermission, grantCounts, parsePermission, requestCovers, snapshotCovers, snapshotOf } from './grants.ts';
import { formatAddress, normalHost, parseAddress, specialAddress, specialHost } from './net-address.ts';
import type { Grant, Permission, PermissionRequest } from './permission.ts';

const MANIFEST = 'sha256:00' as const;
const grantOf = (permission: Permission, more: Partial<Grant> = {}): Grant => ({
  id: 'g_1',
  principal: 'anyone',
  subject: 'demo:a',
  permission,
  manifest: MANIFEST,
  bound: true,
  creator: 'owner',
  createdAt: 0,
  ...more,
});
const DESCRIBED = { digest: MANIFEST };
const digest = (text: string): string => text;
const policyOf = (...permissions: readonly Permission[]) =>
  snapshotOf(
    DESCRIBED,
    permissions.map((p) => grantOf(p)),
    'owner',
    1,
    digest,
  );

const REFUSED: readonly AccessRequest[] = [
  { kind: 'fs', path: '/notes/a.txt', write: false },
  { kind: 'fs', path: '/notes/a.txt', write: true },
  { kind: 'net', host: 'api.example.com', port: 443 },
  { kind: 'net', host: 'api.example.com', port: 8080 },
  { kind: 'net', host: '::1', port: 80 },
  { kind: 'address', host: 'api.example.com', address: '10.1.2.3', port: 443 },
  { kind: 'address', host: 'api.example.com', address: 'fd00::7', port: 9000 },
  { kind: 'secret', name: 'API_KEY' },
];

test('[policy.decide] nothing is allowed unless granted, and the flag that a refusal names allows it', () => {
  for (const request of REFUSED) {
    const decision = decideAccess(policyOf(), request);
    if (decision.allowed) throw new Error(`allowed: ${JSON.stringify(request)}`);
    const [, kind = '', text = ''] = /^--(fs|net|secret) (.+)$/.exec(decision.denial.grant ?? '') ?? [];
    const permission = parsePermission(kind as 'fs', text.replace('"$PWD"', '/home/me').replaceAll("'", ''));
    deepEqual(decideAccess(policyOf(permission), request), { allowed: true }, text);
  }
});

test('[policy.decide] a directory is not its neighbour, reading is not writing, the longest grant counts', () => {
  const policy = policyOf(
    { kind: 'fs', host: '/a', guest: '/data', mode: 'rw' },
    { kind: 'fs', host: '/b', guest: '/data/fixed', mode: 'ro' },
  );
  const allowed = (path: string, write: boolean): boolean => decideAccess(policy, { kind: 'fs', path, write }).allowed;
  deepEqual(
    [allowed('/data', true), allowed('/data/x', true), allowed('/database', false), allowed('/data/fixed/x', true)],
    [true, true, false, false],
  );
  equal(allowed('/data/fixed/x', false), true);
});

test('[policy.addresses] what is not the public internet is known in every spelling', () => {
  for (const text of [
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.9',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:0a00:0001',
    '::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:a00:1::1',
    '3fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '4000::1',
  ]) {
    const address = parseAddress(text);
    ok(address && specialAddress(address) !== undefined, text);
  }
  for (const text of [
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '64:ff9b::1.1.1.1',
    '2002:101:101::1',
  ]) {
    const address = parseAddress(text);
    ok(address && specialAddress(address) === undefined, text);
  }
  for (const text of [
    '1.2.3',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    'g::1',
    '1:2:3:4:5:6:7:8:9',
    '::1%eth0',
  ]) {
    equal(parseAddress(text), undefined, text);
  }
  equal(formatAddress(parseAddress('2001:0DB8:0:0:1:0:0:1') as Uint8Array), '2001:db8::1:0:0:1');
});

test('[policy.addresses] a number is never a name', () => {
  for (const text of [
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0x7f.1',
    '1.2.3.999',
    'a b',
    '',
    '.',
    '-a.com',
    'a..b',
  ]) {
    equal(normalHost(text), undefined, text);
    equal(
      decideAccess(policyOf({ kind: 'net', host: '*', port: '*' }), { kind: 'net', host: text, port: 80 }).allowed,
      false,
    );
  }
  equal(normalHost('API.Example.COM.'), 'api.example.com');
  equal(normalHost('[::FFFF:127.0.0.1]'), '127.0.0.1');
});

test('[policy.decide] patterns of hosts and ports cover what they say', () => {
  const covers = (host: string, port: number | '*' | undefined, asked: string, at: number): boolean =>
    decideAccess(policyOf({ kind: 'net', host, ...(port === undefined ? {} : { port }) }), {
      kind: 'net',
      host: asked,
      port: at,
    }).allowed;
  deepEqual(
    [
      covers('*.example.com', undefined, 'a.b.example.com', 443),
      covers('*.example.com', undefined, 'example.com', 443),
      covers('*.example.com', undefined, 'evilexample.com', 443),
      covers('*', undefined, 'anything.org', 80),
      covers('*', undefined, 'localhost', 80),
      covers('*', undefined, 'anything.org', 8080),
      covers('*', '*', 'anything.org', 8080),
      covers('10.0.0.0/8', undefined, '10.9.8.7', 80),
      covers('10.0.0.0/8', undefined, '11.0.0.1', 80),
      covers('localhost', 3000, 'localhost', 3000),
      covers('localhost', 3000, 'x.localhost', 3000),
    ],
    [true, false, false, true, false, false, true, true, false, true, false],
  );
});

test('[policy.grants] a grant counts for versions that request it, for its principal, until it expires', () => {
  const requests: PermissionRequest[] = [
    { kind: 'fs', guest: '/notes', mode: 'ro', reason: 'r' },
    { kind: 'net', host: '*.example.com', reason: 'r' },
  ];
  const described = {
    digest: 'sha256:11' as const,
    manifest: { digest: 'sha256:22' as const, permissions: requests, limits: {} },
  };
  const fs = grantOf({ kind: 'fs', host: '/h', guest: '/notes', mode: 'rw' }, { bound: false });
  deepEqual(snapshotOf(described, [fs], 'owner', 1, digest).fs, [{ guest: '/notes', host: '/h', mode: 'ro' }]);
  const counts = (permission: Permission, more: Partial<Grant> = {}): boolean =>
    grantCounts(grantOf(permission, { bound: false, ...more }), described, 'mcp', 10);
  const net = { kind: 'net', host: 'api.example.com' } as const;
  deepEqual(
    [
      counts(net),
      counts({ ...net, host: 'example.org' }),
      counts({ ...net, port: 8080 }),
      counts({ kind: 'net', host: '*' }),
      counts(net, { expiresAt: 10 }),
      counts(net, { expiresAt: 11 }),
      counts(net, { principal: 'owner' }),
      counts(net, { principal: 'mcp' }),
      counts(net, { bound: true }),
      counts(net, { bound: true, manifest: 'sha256:22' }),
      counts({ kind: 'fs', host: '/h', guest: '/notes/sub', mode: 'ro' }),
      counts({ kind: 'fs', host: '/h', guest: '/other', mode: 'ro' }),
    ],
    [true, false, false, false, false, true, false, true, false, true, true, false],
  );
  equal(requestCovers({ kind: 'net', host: '*', reason: 'r' }, { kind: 'net', host: '127.0.0.1' }), false);
});

test('[policy.flags] permissions are read and written alike, and what is none is refused', () => {
  for (const [kind, text] of [
    ['fs', '/home/me:/data:rw'],
    ['net', 'api.example.com'],
    ['net', "'10.0.0.0/8:*'"],
    ['net', "'[::1]:80'"],
    ['secret', 'API_KEY'],
  ] as const) {
    equal(formatPermission(parsePermission(kind, text.replaceAll("'", ''))), `--${kind} ${text}`);
  }
  for (const [kind, text] of [
    ['fs', 'relative:/data:ro'],
    ['fs', '/a:data'],
    ['fs', '/a:/b/../c:ro'],
    ['fs', '/a:/b:wo'],
    ['net', '2130706433'],
    ['net', 'http://x'],
    ['net', 'x:99999'],
    ['net', '10.0.0.0/33'],
    ['net', '*.10.0.0.1'],
    ['env', 'A'],
    ['env', '1A=b'],
    ['secret', 'a b'],
  ] as const) {
    throws(() => parsePermission(kind, text), { code: 'invalid-setting' }, text);
  }
});

test('[policy.addresses] what an address or a block is, where it is special, is said in words', () => {
  const words = [
    ['169.254.169.254', 'the cloud metadata service'],
    ['168.63.129.16', 'the cloud metadata service'],
    ['100.100.100.200', 'the cloud metadata service'],
    ['fd00:ec2::254', 'the cloud metadata service'],
    ['64:ff9b::a9fe:a9fe', 'the cloud metadata service, translated'],
    ['127.0.0.1', 'this machine (loopback)'],
    ['localhost', 'this machine (loopback)'],
    ['10.1.2.3', 'a private network'],
    ['100.64.1.1', 'a carrier’s private network'],
    ['fe80::1', 'the local link'],
    ['10.0.0.0/8', 'a private network'],
    ['169.254.0.0/16', 'the cloud metadata service, the local link'],
    [
      '0.0.0.0/0',
      'the cloud metadata service, this machine (loopback), this machine (unspecified), a private network and 6 more',
    ],
    ['8.8.8.8', undefined],
    ['8.8.0.0/16', undefined],
    ['2606:4700::/32', undefined],
    ['4000::/8', 'reserved'],
    ['example.com', undefined],
    ['*', undefined],
  ] as const;
  for (const [host, said] of words) equal(specialHost(host), said, host);
  const reason = (request: AccessRequest): string => {
    const decision = decideAccess(policyOf({ kind: 'net', host: 'example.com' }), request);
    return decision.allowed ? 'allowed' : decision.denial.reason;
  };
  equal(
    reason({ kind: 'net', host: '169.254.169.254', port: 80 }),
    'the host is not granted; it is the cloud metadata service',
  );
  equal(reason({ kind: 'net', host: 'localhost', port: 80 }), 'the host is not granted; it is this machine (loopback)');
  equal(reason({ kind: 'net', host: 'example.org', port: 80 }), 'the host is not granted');
  equal(
    reason({ kind: 'address', host: 'example.com', address: '168.63.129.16', port: 80 }),
    'the address is the cloud metadata service, which a name does not give',
  );
});

test('[policy.grants] what is asked for is covered by what applies only where all of it is', () => {
  const policy = policyOf(
    { kind: 'fs', host: '/a', guest: '/data', mode: 'rw' },
    { kind: 'fs', host: '/b', guest: '/data/fixed', mode: 'ro' },
    { kind: 'net', host: '*.example.com' },
    { kind: 'net', host: '10.0.0.0/8', port: '*' },
    { kind: 'env', name: 'A', value: 'x' },
    { kind: 'secret', name: 'S' },
    { kind: 'elicit' },
  );
  const items = [
    [{ kind: 'fs', guest: '/data/sub', mode: 'rw' }, true],
    [{ kind: 'fs', guest: '/data/fixed/sub', mode: 'ro' }, true],
    [{ kind: 'fs', guest: '/data/fixed', mode: 'rw' }, false],
    [{ kind: 'fs', guest: '/', mode: 'ro' }, false],
    [{ kind: 'net', host: 'api.example.com' }, true],
    [{ kind: 'net', host: 'api.example.com', port: 443 }, true],
    [{ kind: 'net', host: 'api.example.com', port: 8080 }, false],
    [{ kind: 'net', host: '*' }, false],
    [{ kind: 'net', host: '10.1.0.0/16', port: 8080 }, true],
    [{ kind: 'env', name: 'A', value: 'x' }, true],
    [{ kind: 'env', name: 'A', value: 'y' }, false],
    [{ kind: 'secret', name: 'S' }, true],
    [{ kind: 'secret', name: 'T' }, false],
    [{ kind: 'elicit' }, true],
    [{ kind: 'sample' }, false],
  ] as const;
  for (const [item, covered] of items) equal(snapshotCovers(policy, item), covered, JSON.stringify(item));
});
