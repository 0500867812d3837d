import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentDescription, PermissionRequest } from '#core';
import { type Compared, differences } from './differences.ts';

const ACME = { publisher: 'acme', signer: 'SHA256:a' };

function version(
  requests: readonly object[],
  limits: { readonly [name: string]: string | number } = {},
  more: Partial<Compared> = {},
): Compared {
  const permissions = requests.map((one) => ({ reason: 'because', ...one })) as PermissionRequest[];
  const description = { manifest: { digest: 'sha256:0', permissions, limits } } as unknown as ComponentDescription;
  return { description, signed: ACME, findings: [], ...more };
}

const NONE = { ...version([]), description: {} as ComponentDescription };

const found = (before: Compared, after: Compared): string =>
  differences(before, after)
    .map((one) =>
      one.kind === 'request' ? JSON.stringify({ ...one.request, reason: undefined }) : JSON.stringify(one),
    )
    .join(' ');

test('[trust.held] a request is new unless one of the version before covers all of it', () => {
  const net = (host: string, port?: number | '*') => ({ kind: 'net', host, ...(port === undefined ? {} : { port }) });
  const fs = (guest: string, mode: string) => ({ kind: 'fs', guest, mode });
  const same: readonly (readonly [object, object])[] = [
    [net('a.example'), net('a.example')],
    [net('a.example'), net('a.example', 443)],
    [net('*.example'), net('a.example')],
    [net('*'), net('a.example')],
    [net('a.example', '*'), net('a.example', 8080)],
    [fs('/data', 'rw'), fs('/data', 'ro')],
    [fs('/data', 'ro'), fs('/data/words', 'ro')],
    [
      { kind: 'kv', name: 'n', mode: 'rw' },
      { kind: 'kv', name: 'n', mode: 'ro' },
    ],
    [
      { kind: 'call', component: 'a:*' },
      { kind: 'call', component: 'a:b' },
    ],
    [
      { kind: 'env', name: 'A' },
      { kind: 'env', name: 'A', reason: 'another reason' },
    ],
  ];
  for (const [before, after] of same) assert.equal(found(version([before]), version([after])), '');
  const wider: readonly (readonly [object, object])[] = [
    [net('a.example', 443), net('a.example')],
    [net('a.example'), net('a.example', 22)],
    [net('a.example'), net('*.a.example')],
    [net('*.example'), net('*')],
    [net('*'), net('10.0.0.0/8')],
    [net('10.1.0.0/16'), net('10.0.0.0/8')],
    [fs('/data', 'ro'), fs('/data', 'rw')],
    [fs('/data', 'rw'), fs('/', 'ro')],
    [fs('/data', 'rw'), fs('/database', 'ro')],
    [
      { kind: 'kv', name: 'n', mode: 'ro' },
      { kind: 'kv', name: 'n', mode: 'rw' },
    ],
    [
      { kind: 'kv', name: 'n', mode: 'rw' },
      { kind: 'blob', name: 'n', mode: 'ro' },
    ],
    [
      { kind: 'env', name: 'A' },
      { kind: 'secret', name: 'A' },
    ],
    [{ kind: 'elicit' }, { kind: 'sample' }],
    [{ kind: 'sample' }, { kind: 'schedule' }],
    [
      { kind: 'call', component: 'a:b' },
      { kind: 'call', component: 'a:*' },
    ],
  ];
  for (const [before, after] of wider) {
    assert.equal(found(version([before]), version([after])), JSON.stringify({ ...after, reason: undefined }));
    assert.equal(found(NONE, version([after])), JSON.stringify({ ...after, reason: undefined }));
    assert.equal(found(version([before, after]), version([after])), '');
  }
  assert.equal(found(version([net('*')]), NONE), '');
});

test('[trust.held] a limit is new beyond what the version before could have, the default counted', () => {
  assert.equal(found(version([], { memory: '64MiB' }), version([], { memory: '64MiB' })), '');
  assert.equal(found(NONE, version([], { memory: '32MiB', timeout: '1s' })), '');
  assert.match(found(NONE, version([], { memory: '65MiB' })), /"limit":"memory","from":"64 MiB","to":"65 MiB"/);
  assert.match(found(version([], { memory: '8MiB' }), version([], { memory: '128MiB' })), /"from":"64 MiB"/);
  assert.equal(found(version([], { memory: '256MiB' }), version([], { memory: '128MiB' })), '');
  assert.match(found(version([], { reuse: 'session' }), version([], { reuse: 'resident' })), /"from":"session"/);
  assert.equal(found(version([], { reuse: 'resident' }), version([], { reuse: 'session' })), '');
});

test('[trust.held] another signer is new, with whoever it is; so is a severe finding that was not accepted', () => {
  const by = (signer: string | undefined) =>
    version([], {}, { signed: signer === undefined ? undefined : { publisher: 'acme', signer } });
  assert.equal(found(by('SHA256:a'), by('SHA256:a')), '');
  assert.equal(found(by(undefined), by(undefined)), '');
  assert.match(found(by('SHA256:a'), by('SHA256:b')), /"from":"acme SHA256:a","to":"acme SHA256:b"/);
  assert.match(found(by('SHA256:a'), by(undefined)), /"to":"nobody"/);
  assert.match(found(by(undefined), by('SHA256:a')), /"from":"nobody"/);
  const told = (...findings: string[]) => version([], {}, { findings });
  assert.equal(found(told('scan/a x', 'scan/b y'), told('scan/b y')), '');
  assert.match(found(told('scan/a x'), told('scan/a x', 'scan/a z')), /^\{"kind":"finding","finding":"scan\/a z"\}$/);
});
