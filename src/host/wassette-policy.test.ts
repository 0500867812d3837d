import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWassettePolicy, type WassettePolicy } from './wassette-policy.ts';

const VARIABLES: { readonly [name: string]: string } = { API_KEY: 'abc' };

function policy(permissions: string, version = '"1.0"'): WassettePolicy {
  const lines = permissions.split('\n').map((line) => `  ${line}`);
  const source = [`version: ${version}`, 'description: "of a test"', 'permissions:', ...lines].join('\n');
  return parseWassettePolicy(source, { directory: '/base', variable: (name) => VARIABLES[name] });
}

test('[policy.wassette] storage, network, environment and resources become permissions and limits', () => {
  const { permissions, limits, ignored } = policy(`
storage:
  allow:
    - uri: "fs:///srv/notes/**"
      access: ["read", "write"]
    - uri: "fs://work/agent"
      access: ["read"]
    - uri: "http://elsewhere"
      access: ["read"]
network:
  allow:
    - host: "api.example.com"
    - host: "*.example.org"
    - host: "https://only-tls.example/"
    - host: "http://localhost:3000"
    - cidr: "10.0.0.0/8"
environment:
  allow:
    - key: "API_KEY"
    - key: "NOT_SET"
resources:
  limits:
    memory: "512Mi"
    cpu: "500m"
runtime:
  docker:
    security: { privileged: false }`);
  assert.deepEqual(permissions, [
    { kind: 'fs', host: '/srv/notes', guest: '/srv/notes', mode: 'rw' },
    { kind: 'fs', host: '/base/work/agent', guest: '/work/agent', mode: 'ro' },
    { kind: 'net', host: 'api.example.com' },
    { kind: 'net', host: '*.example.org' },
    { kind: 'net', host: 'only-tls.example', port: 443 },
    { kind: 'net', host: 'localhost', port: 3000 },
    { kind: 'net', host: '10.0.0.0/8' },
    { kind: 'env', name: 'API_KEY', value: 'abc' },
  ]);
  assert.deepEqual(limits, { memory: 512 * 1024 * 1024 });
  assert.deepEqual(
    ignored.map((line) => line.replace(/:.*/s, '')),
    [
      'permissions.runtime',
      'permissions.storage.allow[2]',
      'permissions.environment.allow[1]',
      'permissions.resources.limits.cpu',
    ],
  );
});

test('[policy.wassette] the older memory is in MiB, two entries of one directory are one, nothing is nothing', () => {
  assert.deepEqual(policy('resources: { memory: 128 }').limits, { memory: 128 * 1024 * 1024 });
  const both = policy(`
storage:
  allow:
    - { uri: "fs:///a", access: ["write"] }
    - { uri: "fs:///a/**", access: ["read"] }`);
  assert.deepEqual(both.permissions, [{ kind: 'fs', host: '/a', guest: '/a', mode: 'rw' }]);
  for (const empty of ['', '{}', 'storage:']) assert.deepEqual(policy(empty).permissions, []);
});

test('[policy.wassette] what cannot be given exactly as it is written is an error that names the place', () => {
  const wrong: readonly (readonly [permissions: string, message: RegExp])[] = [
    [
      'storage: { allow: [{ uri: "fs:///a/*/b", access: [read] }] }',
      /storage\.allow\[0\]: fs.*a directory is granted whole/,
    ],
    ['storage: { allow: [{ uri: "fs:///a/*", access: [read] }] }', /granted whole/],
    ['storage: { allow: [{ uri: "fs:///a/../b", access: [read] }] }', /without \. and \.\./],
    ['storage: { allow: [{ uri: "fs://../b", access: [read] }] }', /without \. and \.\./],
    ['storage: { allow: [{ uri: "fs://", access: [read] }] }', /granted whole/],
    ['storage: { allow: [{ uri: "fs:///a", access: [write] }] }', /what may be written may be read/],
    ['storage: { allow: [{ uri: "fs:///a", access: [] }] }', /access/],
    ['storage: { allow: [{ uri: "fs:///a", access: [execute] }] }', /access/],
    ['storage: { deny: [{ uri: "fs:///a", access: [read] }] }', /storage\.deny/],
    ['network: { deny: [{ host: evil.example }] }', /network\.deny/],
    ['network: { allow: [{ host: "https://example.com/path" }] }', /network\.allow\[0\]/],
    ['network: { allow: [{ host: "exam*ple.com" }] }', /network\.allow\[0\]/],
    ['network: { allow: [{ host: "2130706433" }] }', /network\.allow\[0\]/],
    ['network: { allow: [{ cidr: "10.0.0.0" }] }', /no block/],
    ['network: { allow: [{ cidr: "10.0.0.0/99" }] }', /network\.allow\[0\]/],
    ['network: { allow: [{ defaults: true }] }', /name them/],
    ['environment: { allow: [{ key: "A=b" }] }', /a name has no =/],
    ['resources: { limits: { memory: "many" } }', /no size/],
    ['resources: { limits: { memory: "100Gi" } }', /permissions\.resources: memory must be/],
    ['devices: {}', /devices/],
    ['__proto__: { storage: {} }', /__proto__/],
    ['constructor: {}', /constructor/],
  ];
  for (const [permissions, message] of wrong) {
    assert.throws(() => policy(permissions), { code: 'invalid-setting', message }, permissions);
  }
  assert.throws(() => policy('{}', '"2.0"'), { code: 'invalid-setting', message: /version/ });
});

test('[policy.wassette] hostile YAML is refused: aliases, duplicate keys, depth, size, other documents', () => {
  for (const source of [
    'version: &a "1.0"\ndescription: *a',
    'version: "1.0"\nversion: "1.0"',
    `version: "1.0"\npermissions: ${'['.repeat(20_000)}`,
    `version: "1.0"\ndescription: "${'x'.repeat(70_000)}"`,
    'version: "1.0"\n---\nversion: "1.0"',
    '- 1',
    '',
    'version: "1.0"\npermissions: !!js/function "x"',
  ]) {
    const read = () => parseWassettePolicy(source, { directory: '/', variable: () => undefined });
    assert.throws(read, { code: 'invalid-setting' }, source.slice(0, 60));
  }
});
