import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWassettePolicy, type PolicyContext, type WassettePolicy } from './wassette-policy.ts';

const VARIABLES: { readonly [name: string]: string } = { API_KEY: 'abc' };
const CONTEXT: PolicyContext = {
  file: '/base/notes.policy.yaml',
  directory: '/base',
  variable: (name) => VARIABLES[name],
  directoryProblem: (path) => (path.includes('missing') ? `${path} does not exist` : undefined),
};

/** Of a policy with these permissions, which begin on its line 4. */
function policy(permissions: string, version = '"1.0"'): WassettePolicy {
  const lines = permissions.split('\n').map((line) => `  ${line}`);
  const source = [`version: ${version}`, 'description: "of a test"', 'permissions:', ...lines].join('\n');
  return parseWassettePolicy(source, CONTEXT);
}

/** What is given by `allow` and left out of it, where `deny` says more. */
function network(allow: string, deny = ''): { readonly hosts: readonly string[]; readonly leftOut: readonly string[] } {
  const { permissions, leftOut } = policy(`network: { allow: [${allow}], deny: [${deny}] }`);
  return {
    hosts: permissions.map((one) => (one.kind === 'net' ? one.host : one.kind)),
    leftOut: leftOut.map(({ place }) => place.replace('permissions.network.', '')),
  };
}

test('[policy.wassette] storage, network, environment and resources become permissions and limits', () => {
  const { permissions, limits, leftOut } = policy(`
storage:
  allow:
    - uri: "fs:///srv/notes/**"
      access: ["read", "write"]
    - uri: "fs://work/agent"
      access: ["read"]
    - uri: "fs://./cache/"
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
    { kind: 'fs', host: '/base/cache', guest: '/cache', mode: 'ro' },
    { kind: 'net', host: 'api.example.com' },
    { kind: 'net', host: '*.example.org' },
    { kind: 'net', host: 'only-tls.example', port: 443 },
    { kind: 'net', host: 'localhost', port: 3000 },
    { kind: 'net', host: '10.0.0.0/8' },
    { kind: 'env', name: 'API_KEY', value: 'abc' },
  ]);
  assert.deepEqual(limits, { memory: 512 * 1024 * 1024 });
  assert.deepEqual(
    leftOut.map(({ line, place }) => `${line} ${place}`),
    [
      '13 permissions.storage.allow[3]',
      '25 permissions.environment.allow[1]',
      '29 permissions.resources.limits.cpu',
      '30 permissions.runtime',
    ],
  );
});

test('[policy.wassette] a bare number of memory is in MiB, two entries of one directory are one, nothing is nothing', () => {
  const MiB = 1024 * 1024;
  assert.deepEqual(policy('resources: { memory: 128 }').limits, { memory: 128 * MiB });
  assert.deepEqual(policy('resources: { limits: { memory: 128 } }').limits, { memory: 128 * MiB });
  assert.deepEqual(policy('resources: { limits: { memory: "1048576" }, memory: 9 }').limits, { memory: MiB });
  assert.deepEqual(policy('resources: { limits: { memory: "2Gi" } }').limits, { memory: 2048 * MiB });
  const both = policy(`
storage:
  allow:
    - { uri: "fs:///a", access: ["write"] }
    - { uri: "fs:///a/**", access: ["read"] }`);
  assert.deepEqual(both.permissions, [{ kind: 'fs', host: '/a', guest: '/a', mode: 'rw' }]);
  for (const empty of ['', '{}', 'storage:']) assert.deepEqual(policy(empty).permissions, []);
  assert.deepEqual(policy('{}', '"1.1"').permissions, []);
});

test('[policy.wassette] what cannot be given exactly as it is written is left out whole, with its line and why', () => {
  const cases: readonly (readonly [permissions: string, place: string, why: RegExp])[] = [
    ['storage: { allow: [{ uri: "fs:///a/*/b", access: [read] }] }', 'storage.allow[0]', /granted whole/],
    ['storage: { allow: [{ uri: "fs:///a/*", access: [read] }] }', 'storage.allow[0]', /granted whole/],
    ['storage: { allow: [{ uri: "fs://", access: [read] }] }', 'storage.allow[0]', /granted whole/],
    ['storage: { allow: [{ uri: "fs:///missing", access: [read] }] }', 'storage.allow[0]', /missing does not exist/],
    ['storage: { allow: [{ uri: "fs:///a", access: [write] }] }', 'storage.allow[0]', /may be read here too/],
    ['storage: { allow: [{ uri: "fs://C:/a", access: [read] }] }', 'storage.allow[0]', /no “:”/],
    ['network: { allow: [{ defaults: true }] }', 'network.allow[0]', /name those that are needed/],
    ['environment: { allow: [{ key: "API_*" }] }', 'environment.allow[0]', /granted by name/],
    ['environment: { allow: [{ key: "GONE" }] }', 'environment.allow[0]', /GONE is not set here; add --env GONE=VALUE/],
    ['resources: { cpu: 50 }', 'resources.cpu', /no share of the processor/],
    ['resources: { io: 5 }', 'resources.io', /no such limit/],
    ['resources: { limits: { memory: "100Gi" } }', 'resources.limits.memory', /at most 2 GiB/],
    ['ipc: { allow: [{ uri: "ipc://a" }] }', 'ipc', /no such thing/],
  ];
  for (const [permissions, place, why] of cases) {
    const { leftOut, limits, permissions: given } = policy(permissions);
    assert.deepEqual([given, limits], [[], {}], permissions);
    assert.deepEqual(
      leftOut.map((one) => [one.line, one.place]),
      [[4, `permissions.${place}`]],
    );
    assert.match(leftOut[0]?.why ?? '', why);
  }
  // Seen by the component as one directory, but two of this machine: the second is not rolled into the first.
  const two = policy(
    'storage: { allow: [{ uri: "fs:///a", access: [read] }, { uri: "fs://a", access: [read, write] }] }',
  );
  assert.deepEqual(two.permissions, [{ kind: 'fs', host: '/a', guest: '/a', mode: 'ro' }]);
  assert.equal(two.leftOut[0]?.place, 'permissions.storage.allow[1]');
});

test('[policy.wassette] what a deny takes from, or could, is not given; a deny that takes nothing changes nothing', () => {
  const taken: readonly (readonly [allow: string, deny: string])[] = [
    ['{ host: "*.example.com" }', '{ host: evil.example.com }'],
    ['{ host: evil.example.com }', '{ host: "*.example.com" }'],
    ['{ host: "*.a.example.com" }', '{ host: "*.example.com" }'],
    ['{ host: "*" }', '{ host: evil.example }'],
    ['{ host: api.example.com }', '{ host: "*" }'],
    ['{ host: api.example.com }', '{ cidr: "0.0.0.0/0" }'],
    ['{ host: api.example.com }', '{ host: "1.1.1.1" }'],
    ['{ host: api.example.com }', '{ defaults: true }'],
    ['{ cidr: "10.0.0.0/8" }', '{ host: "10.1.2.3" }'],
    ['{ host: "10.1.2.3" }', '{ cidr: "10.0.0.0/8" }'],
    ['{ host: localhost }', '{ cidr: "127.0.0.0/8" }'],
  ];
  for (const [allow, deny] of taken) {
    assert.deepEqual(network(allow, deny), { hosts: [], leftOut: ['allow[0]', 'deny[0]'] }, `${allow} less ${deny}`);
  }
  for (const deny of ['{ host: evil.example }', '{ cidr: "10.0.0.0/8" }', '{ host: "169.254.169.254" }']) {
    const { hosts, leftOut } = network('{ host: api.example.com }', deny);
    assert.deepEqual([hosts, leftOut], [['api.example.com'], ['deny[0]']], deny);
  }
  const storage = (allow: string, deny: string): readonly string[] =>
    policy(`storage: { allow: [${allow}], deny: [${deny}] }`).permissions.map((one) => one.kind);
  const a = '{ uri: "fs:///a/**", access: [read] }';
  assert.deepEqual(storage(a, '{ uri: "fs:///a/b/*.key", access: [read] }'), []);
  assert.deepEqual(storage(a, '{ uri: "fs:///**", access: [read] }'), []);
  assert.deepEqual(storage(a, '{ uri: "fs:///a/b", access: [write] }'), ['fs'], 'nobody gives writing');
  assert.deepEqual(storage(a, '{ uri: "fs:///ab", access: [read] }'), ['fs']);
});

test('[policy.wassette] what is no policy is an error that names the file, the line and the place', () => {
  const wrong: readonly (readonly [permissions: string, message: RegExp])[] = [
    ['storage: { allow: [{ uri: "fs:///a/../b", access: [read] }] }', /without \. and \.\./],
    ['storage: { allow: [{ uri: "fs://../b", access: [read] }] }', /without \. and \.\./],
    ['storage: { allow: [{ uri: "fs:///a", access: [] }] }', /access/],
    ['storage: { allow: [{ uri: "fs:///a", access: [execute] }] }', /storage\.allow\[0\]\.access\[0\]/],
    ['network: { allow: [{ host: "https://example.com/path" }] }', /network\.allow\[0\]/],
    ['network: { allow: [{ host: "exam*ple.com" }] }', /network\.allow\[0\]/],
    ['network: { allow: [{ host: "2130706433" }] }', /network\.allow\[0\]/],
    ['network: { allow: [{ cidr: "10.0.0.0" }] }', /no block/],
    ['network: { allow: [{ cidr: "10.0.0.0/99" }] }', /network\.allow\[0\]/],
    ['network: { allow: [{ host: a, cidr: "10.0.0.0/8" }] }', /one of host, cidr and defaults/],
    ['network: { allow: [{ host: a, port: 443 }] }', /network\.allow\[0\]\.port: there is no such key/],
    ['network: { deny: [{ host: "exam*ple.com" }] }', /network\.deny\[0\]/],
    ['environment: { allow: [{ key: "A=b" }] }', /a variable has no =/],
    ['environment: { deny: [{ key: "A" }] }', /environment\.deny: there is no such key/],
    ['resources: { limits: { memory: "many" } }', /no size/],
    ['resources: { limits: { memory: "1Ki" } }', /resources\.limits\.memory: memory must be/],
    ['resources: { limits: { memory: "1constructor" } }', /no size/],
    ['devices: {}', /permissions\.devices: there is no such key/],
    ['__proto__: { storage: {} }', /__proto__/],
    ['constructor: {}', /constructor/],
  ];
  for (const [permissions, message] of wrong) {
    assert.throws(() => policy(permissions), { code: 'invalid-setting', message }, permissions);
    assert.throws(() => policy(permissions), { message: /^notes\.policy\.yaml:4: / }, permissions);
  }
  const late = `
network:
  allow:
    - host: a.example
    - hots: b.example`;
  assert.throws(() => policy(late), {
    message: 'notes.policy.yaml:8: permissions.network.allow[1].hots: there is no such key',
  });
  assert.throws(() => policy('{}', '"2.0"'), {
    code: 'invalid-setting',
    message: /yaml:1: version: only version 1\.x/,
  });
  assert.throws(() => policy('a: [\nb: c'), { code: 'invalid-setting', message: /^notes\.policy\.yaml:\d+: / });
});

test('[policy.wassette] hostile YAML is refused: aliases, duplicate keys, depth, size, other documents', () => {
  for (const source of [
    'version: &a "1.0"\ndescription: *a',
    'version: "1.0"\nversion: "1.0"',
    `version: "1.0"\npermissions: ${'['.repeat(20_000)}`,
    `version: "1.0"\npermissions: ${'['.repeat(30_000)}${']'.repeat(30_000)}`,
    `version: "1.0"\ndescription: "${'x'.repeat(70_000)}"`,
    'version: "1.0"\n---\nversion: "1.0"',
    '- 1',
    '',
    'version: "1.0"\npermissions: !!js/function "x"',
  ]) {
    const read = () => parseWassettePolicy(source, { ...CONTEXT });
    assert.throws(read, { code: 'invalid-setting' }, source.slice(0, 60));
  }
});
