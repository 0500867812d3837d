/** `grant --policy` and `policy check --policy`: a policy.yaml of wassette in Switchboard's own terms. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { RemoteHost } from '#gateways/control/client';
import { guest } from '#test/guests/build';
import { injectManifest } from '#wit';
import { keepHost, newHome, type Outcome, outcomeOf, run, start } from './cli-run.ts';
import { atTerminal } from './terminal.ts';

const POLICY = `version: "1.0"
description: "what the notes tool may do"
permissions:
  storage:
    allow:
      - uri: "fs://notes/**"
        access: ["read", "write"]
      - uri: "fs://notes/*.md"
        access: ["read"]
  network:
    allow:
      - host: "api.example.com"
      - host: "*.example.org"
    deny:
      - host: "ads.example.org"
  environment:
    allow:
      - key: "REGION"
      - key: "NOT_SET_ANYWHERE"
  resources:
    limits:
      memory: "32Mi"
      cpu: "500m"
`;
const MANIFEST = `
[[permissions.net]]
host = "api.example.com"
reason = "where it looks things up"
`;
const LEFT_OUT = [
  [8, 'permissions.storage.allow[1]'],
  [13, 'permissions.network.allow[1]'],
  [15, 'permissions.network.deny[0]'],
  [19, 'permissions.environment.allow[1]'],
  [23, 'permissions.resources.limits.cpu'],
];

interface World {
  readonly home: string;
  readonly host: RemoteHost;
  readonly notes: string;
  readonly file: string;
  readonly write: (text: string) => Promise<void>;
  /** A verb with the owner token and a variable. */
  readonly owner: (...args: readonly string[]) => Promise<Outcome>;
}

async function world(t: TestContext): Promise<World> {
  const home = newHome(t);
  const host = await keepHost(t, home);
  const notes = join(dirname(home), 'notes');
  const file = join(dirname(home), 'policy.yaml');
  await mkdir(notes);
  await writeFile(join(notes, 'a.txt'), 'a note');
  await writeFile(file, POLICY);
  const { bytes } = await guest('fs-probe');
  await host.install(bytes, { as: 'demo:probe@1.0.0' });
  await host.install(injectManifest(bytes, MANIFEST), { as: 'demo:asks@1.0.0' });
  const { shown } = await atTerminal(home, ['owner-token', 'create', '--yes']);
  const env = { SWITCHBOARD_OWNER_TOKEN: /sbo_[\w-]+/.exec(shown)?.[0], REGION: 'eu', NOT_SET_ANYWHERE: undefined };
  const owner = (...args: readonly string[]): Promise<Outcome> => outcomeOf(start(home, args, env));
  return { home, host, notes, file, owner, write: (text) => writeFile(file, text) };
}

const jsonOf = ({ stdout }: Outcome): Record<string, unknown> => JSON.parse(stdout);
const placesOf = (document: Record<string, unknown>): unknown =>
  (document['leftOut'] as { line: number; place: string }[]).map(({ line, place }) => [line, place]);

test('[policy.wassette] [cli.grant] grant --policy gives what the file says, sets its limit, and tells what it left out', async (t) => {
  const { host, notes, file, owner } = await world(t);
  const given = await owner('grant', 'demo:probe', '--policy', file, '--expires', '30d', '--output', 'json');
  assert.equal(given.code, 0, given.stdout);
  const document = jsonOf(given);
  assert.deepEqual(placesOf(document), LEFT_OUT);
  assert.deepEqual(document['limits'], { memory: 32 * 1024 * 1024 });
  const { grants } = await host.policy('demo:probe');
  assert.deepEqual(
    grants.map(({ permission }) => permission),
    [
      { kind: 'fs', host: notes, guest: '/notes', mode: 'rw' },
      { kind: 'net', host: 'api.example.com' },
      { kind: 'env', name: 'REGION', value: 'eu' },
    ],
  );
  assert.ok(grants.every(({ expiresAt }) => expiresAt !== undefined));
  assert.equal((await host.limits('demo:probe')).effective.memory, 32 * 1024 * 1024);
  assert.equal(await host.call('demo:probe', 'run', ['read', '/notes/a.txt', '']), 'a note');

  const text = await owner(
    'grant',
    'demo:probe',
    '--policy',
    file,
    '--env',
    'NOT_SET_ANYWHERE=x',
    '--fs',
    `${notes}:/notes:ro`,
  );
  assert.equal(text.code, 0, text.stderr);
  assert.match(
    text.stdout,
    /left out, line 13, permissions\.network\.allow\[1\]: a host is granted whole, and deny takes ads/,
  );
  assert.ok(!text.stdout.includes('environment'), 'a flag says the value');
  const after = (await host.policy('demo:probe')).grants.map(({ permission }) => permission);
  assert.deepEqual(
    after.filter(({ kind }) => kind === 'fs'),
    [{ kind: 'fs', host: notes, guest: '/notes', mode: 'ro' }],
    'a flag takes the place of what the file says of the same directory',
  );
  assert.ok(after.some((one) => one.kind === 'env' && one.name === 'NOT_SET_ANYWHERE' && one.value === 'x'));
});

test('[policy.wassette] [policy.person] grant --policy shows a person all of it, and gives nothing without one or a yes', async (t) => {
  const { home, host, notes, file } = await world(t);
  const grant = ['grant', 'demo:probe', '--policy', file];
  const nobody = await run(home, grant);
  assert.deepEqual([nobody.code, /owner-required/.test(nobody.stderr)], [3, true]);
  const no = await atTerminal(home, grant, [[/\[y\/N\] /, 'n\r']]);
  assert.notEqual(no.code, 0);
  for (const line of [
    'demo:probe may from now on:',
    `  read and write ${notes}, seen as /notes`,
    '  reach api.example.com by HTTP, ports 80 and 443',
    'the limits of demo:probe become, for every call:',
    '  memory 32 MiB, now 64 MiB',
    'nothing comes of what the policy also says:',
    '  line 8, permissions.storage.allow[1]: a directory is granted whole, with all that is below it; fs://notes/*.md names none',
  ]) {
    assert.ok(no.shown.includes(`${line}\n`), `${line} is not in ${no.shown}`);
  }
  assert.deepEqual((await host.policy('demo:probe')).grants, []);
  assert.deepEqual((await host.limits('demo:probe')).set, {});
  const yes = await atTerminal(home, grant, [[/\[y\/N\] /, 'y\r']]);
  assert.equal(yes.code, 0, yes.shown);
  assert.match(yes.shown, /set memory 32 MiB; it was 64 MiB/);
  assert.equal((await host.limits('demo:probe')).set.memory, 32 * 1024 * 1024);
});

test('[policy.wassette] [cli.grant] policy check --policy shows what it would give and what is missing, and changes nothing', async (t) => {
  const { home, host, notes, file, owner } = await world(t);
  const check = (component: string) => owner('policy', 'check', component, '--policy', file);
  const { code, stdout } = await check('demo:asks');
  assert.equal(code, 0, stdout);
  assert.ok(stdout.startsWith(`${file} would give demo:asks\n`), stdout);
  const rows = stdout.replaceAll(/ {2,}/g, '  ');
  for (const line of [
    `  --fs ${notes}:/notes:rw  read and write ${notes}, seen as /notes  not requested: needs --unrequested`,
    '  --net api.example.com  reach api.example.com by HTTP, ports 80 and 443  requested',
    '  --env REGION  see the variable REGION  not requested: needs --unrequested',
    'and set its limits',
    '  --memory 32MiB  now 64 MiB',
    '  line 23  permissions.resources.limits.cpu  there is no share of the processor; a call has a run time (switchboard limits --timeout)',
    `to give it: switchboard grant demo:asks --policy ${file} --unrequested`,
  ]) {
    assert.ok(rows.includes(`${line}\n`), `${line} is not in ${rows}`);
  }
  assert.ok(!stdout.includes('eu'), 'the value of a variable is not shown');
  assert.deepEqual((await host.policy('demo:asks')).grants, []);
  assert.deepEqual((await host.limits('demo:asks')).set, {});

  const refused = await owner('grant', 'demo:asks', '--policy', file);
  assert.deepEqual([refused.code, /add --unrequested/.test(refused.stderr)], [3, true]);
  assert.deepEqual((await host.limits('demo:asks')).set, {}, 'nothing is set where nothing is granted');

  assert.equal((await owner('grant', 'demo:probe', '--policy', file)).code, 0);
  const again = jsonOf(await owner('policy', 'check', 'demo:probe', '--policy', file, '--output', 'json'));
  const { permissions, limits } = again as { permissions: { state: string }[]; limits: unknown[] };
  assert.deepEqual([permissions.map(({ state }) => state), limits], [['granted', 'granted', 'granted'], []]);
  assert.deepEqual(placesOf(again), LEFT_OUT);
  assert.equal((await run(home, ['policy', 'check', 'demo:probe', '--policy', file, '--net', 'a.example'])).code, 2);
});

test('[policy.wassette] [cli.grant] a file that is no policy, cannot be read or gives nothing changes nothing', async (t) => {
  const { host, file, owner, write } = await world(t);
  const wrong: readonly (readonly [text: string, code: string, message: RegExp])[] = [
    [
      POLICY.replace('host: "api', 'hots: "api'),
      'invalid-setting',
      /policy\.yaml:12: permissions\.network\.allow\[0\]\.hots/,
    ],
    [
      POLICY.replace('  resources:', '  devices: {}\n  resources:'),
      'invalid-setting',
      /policy\.yaml:20: permissions\.devices/,
    ],
    [POLICY.replace('"1.0"', '"2.0"'), 'invalid-setting', /policy\.yaml:1: version/],
    ['version: "1.0"\npermissions: {}\n', 'invalid-usage', /gives nothing/],
    [
      'version: "1.0"\npermissions: { network: { deny: [{ host: a }] } }\n',
      'invalid-usage',
      /gives nothing[^]*line 2, /,
    ],
  ];
  for (const [text, code, message] of wrong) {
    await write(text);
    const { code: exit, stderr } = await owner('grant', 'demo:probe', '--policy', file);
    assert.deepEqual([exit, new RegExp(`code: ${code}`).test(stderr)], [2, true], stderr);
    assert.match(stderr, message);
  }
  const none = await owner('policy', 'check', 'demo:probe', '--policy', `${file}.no`);
  assert.match(none.stderr, /there is no such file[^]*code: file-unreadable/);
  assert.equal((await owner('grant', 'demo:probe', '--policy', file, '--requested')).code, 2);
  assert.deepEqual((await host.policy('demo:probe')).grants, []);
  // A policy of nothing but a limit is one too.
  await write('version: "1.0"\npermissions: { resources: { memory: 16 } }\n');
  assert.equal((await owner('grant', 'demo:probe', '--policy', file)).code, 0);
  assert.equal((await host.limits('demo:probe')).set.memory, 16 * 1024 * 1024);
});
