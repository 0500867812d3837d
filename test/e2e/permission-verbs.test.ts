/** grant, revoke, policy, secret, approvals and the MCP tool that asks, as a person and a model use them. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { RemoteHost } from '#gateways/control/client';
import { guest } from '#test/guests/build';
import { injectManifest } from '#wit';
import { keepHost, newHome, type Outcome, outcomeOf, run, start, untilGone } from './cli-run.ts';
import { atTerminal } from './terminal.ts';

const MANIFEST = `
[[permissions.fs]]
guest = "/notes"
mode = "rw"
reason = "the notes it works on"

[[permissions.net]]
host = "api.example.com"
reason = "where it looks things up"

[[permissions.env]]
name = "REGION"
reason = "where it is"

[[permissions.secret]]
name = "API_KEY"
reason = "to be let in"
`;
const MAIN = join(import.meta.dirname, '../../src/gateways/cli/main.ts');

interface World {
  readonly home: string;
  readonly host: RemoteHost;
  readonly notes: string;
  /** The component's file. */
  readonly wasm: string;
  readonly cli: (...args: readonly string[]) => Promise<Outcome>;
  /** A verb with the owner token. */
  readonly owner: (args: readonly string[], input?: string) => Promise<Outcome>;
}

async function world(t: TestContext): Promise<World> {
  const home = newHome(t);
  const host = await keepHost(t, home);
  const notes = join(dirname(home), 'notes');
  await mkdir(notes);
  await writeFile(join(notes, 'a.txt'), 'a note');
  const wasm = join(dirname(home), 'probe.wasm');
  await writeFile(wasm, injectManifest((await guest('fs-probe')).bytes, MANIFEST));
  await host.install(wasm, { as: 'demo:probe@1.0.0' });
  const { shown } = await atTerminal(home, ['owner-token', 'create', '--yes']);
  const env = { SWITCHBOARD_OWNER_TOKEN: /sbo_[\w-]+/.exec(shown)?.[0] };
  const owner = (args: readonly string[], input = ''): Promise<Outcome> => {
    const child = start(home, args, env);
    child.stdin?.on('error', () => undefined).end(input);
    return outcomeOf(child);
  };
  return { home, host, notes, wasm, owner, cli: (...args) => run(home, args) };
}

const jsonOf = ({ stdout }: Outcome): unknown => JSON.parse(stdout);

async function kindsOf(host: RemoteHost): Promise<readonly string[]> {
  return (await host.policy('demo:probe')).grants.map(({ permission }) => permission.kind).toSorted();
}

test('[cli.install] [policy.grants] install and info show what a component requests; install grants nothing', async (t) => {
  const { cli, wasm, host } = await world(t);
  const installed = await cli('install', wasm, '--as', 'demo:probe@1.1.0');
  assert.match(
    installed.stdout,
    /it requests, and was granted nothing:\n +read and write .*seen as \/notes +“the notes/,
  );
  const command =
    'switchboard grant demo:probe --fs "$PWD":/notes:rw --net api.example.com --env REGION --secret API_KEY';
  assert.ok(installed.stdout.includes(`to grant it: ${command}\n`), installed.stdout);
  assert.deepEqual(await kindsOf(host), []);
  assert.match((await cli('info', 'demo:probe')).stdout, /Requests\n +read and write/);
});

test('[cli.grant] --requested gives what needs no choice, and says what it left out', async (t) => {
  const { owner, host, notes } = await world(t);
  const some = await owner(['grant', 'demo:probe', '--requested', '--output', 'json']);
  assert.equal(some.code, 0, some.stderr);
  const { left } = jsonOf(some) as { readonly left: readonly { readonly command: string }[] };
  assert.deepEqual(
    left.map(({ command }) => command),
    ['grant demo:probe --fs "$PWD":/notes:rw', 'grant demo:probe --env REGION', 'secret set API_KEY'],
  );
  assert.deepEqual(await kindsOf(host), ['net']);
  assert.equal((await owner(['secret', 'set', 'API_KEY'], 'the-value')).code, 0);
  const more = ['--fs', `${notes}:/notes:ro`, '--env', 'REGION=eu'];
  const all = await owner(['grant', 'demo:probe', '--requested', ...more]);
  assert.equal(all.code, 0, all.stderr);
  assert.match(all.stdout, /granted g_\S+: read the secret API_KEY/);
  assert.ok(!all.stdout.includes('also requests'), all.stdout);
  assert.deepEqual(await kindsOf(host), ['env', 'fs', 'net', 'secret']);
});

test('[cli.grant] a directory is found from where the person is, and must be one; a variable has the value it has there', async (t) => {
  const { owner, host, notes } = await world(t);
  const near = relative(process.cwd(), notes);
  assert.equal((await owner(['grant', 'demo:probe', '--fs', `${near}:/notes:ro`, '--env', 'REGION=a=b'])).code, 0);
  const { grants } = await host.policy('demo:probe');
  assert.deepEqual(
    grants.map(({ permission }) => permission),
    [
      { kind: 'fs', host: notes, guest: '/notes', mode: 'ro' },
      { kind: 'env', name: 'REGION', value: 'a=b' },
    ],
  );
  for (const [directory, why] of [
    [join(notes, 'a.txt'), /is not a directory/],
    [join(notes, 'none'), /does not exist/],
  ] as const) {
    const refused = await owner(['grant', 'demo:probe', '--fs', `${directory}:/notes:ro`]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, why);
  }
  assert.match((await owner(['grant', 'demo:probe', '--env', 'NOT_SET_ANYWHERE'])).stderr, /is not set here/);
  assert.equal((await owner(['grant', 'demo:probe'])).code, 2);
  const other = await owner(['grant', 'demo:probe', '--net', 'evil.example']);
  assert.equal(other.code, 3);
  assert.match(other.stderr, /does not request[^]*fix: add --unrequested/);
});

test('[cli.grant] revoke takes grants by id and by what they give; what is not there is an error', async (t) => {
  const { owner, cli, host, notes } = await world(t);
  const give = ['grant', 'demo:probe', '--unrequested', '--fs', `${notes}:/notes:ro`, '--fs', `${notes}:/other:ro`];
  const net = ['--net', 'api.example.com', '--net', 'api.example.com:8443', '--env', 'REGION=eu'];
  assert.equal((await owner([...give, ...net])).code, 0);
  assert.equal((await cli('revoke', 'demo:probe', '--fs', '/notes', '--env', 'REGION')).code, 0);
  assert.deepEqual(await kindsOf(host), ['fs', 'net', 'net']);
  assert.equal((await cli('revoke', 'demo:probe', '--fs', `/tmp:/other`)).code, 2);
  assert.equal((await cli('revoke', 'demo:probe', '--fs', `${notes}:/other:ro`)).code, 0);
  const port = await cli('revoke', 'demo:probe', '--net', 'api.example.com:8443', '--output', 'json');
  assert.equal((jsonOf(port) as { readonly revoked: readonly unknown[] }).revoked.length, 1);
  const { grants } = await host.policy('demo:probe');
  const none = await cli('revoke', 'demo:probe', grants[0]?.id ?? '', '--secret', 'API_KEY');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no grant --secret API_KEY[^]*fix: switchboard policy show demo:probe/);
  assert.deepEqual(await kindsOf(host), ['net'], 'nothing is taken back where something is not there');
  assert.equal((await cli('revoke', 'demo:probe', grants[0]?.id ?? '')).code, 0);
  for (const args of [[], ['--all', '--net', 'api.example.com'], ['g_none', '--all']]) {
    assert.equal((await cli('revoke', 'demo:probe', ...args)).code, 2, args.join(' '));
  }
});

test('[cli.grant] policy check says what a component would be told, of an address too', async (t) => {
  const { owner, cli, notes } = await world(t);
  const give = ['--fs', `${notes}:/notes:ro`, '--net', '*', '--env', 'REGION=eu', '--expires', '12h'];
  assert.equal((await owner(['grant', 'demo:probe', '--unrequested', ...give])).code, 0);
  const check = (...args: readonly string[]) => cli('policy', 'check', 'demo:probe', ...args, '--output', 'json');
  for (const args of [
    ['--fs', '/notes/a.txt:ro'],
    ['--net', 'example.org'],
    ['--net', '1.1.1.1:443'],
    ['--env', 'REGION'],
  ]) {
    const { code, stdout } = await check(...args);
    assert.deepEqual([code, JSON.parse(stdout)], [0, { allowed: true }], args.join(' '));
  }
  for (const [args, fix] of [
    [['--fs', '/notes/a.txt:rw'], `--fs ${notes}:/notes:rw`],
    [['--fs', '/etc/passwd:ro'], '--fs "$PWD":/etc:ro --unrequested'],
    [['--net', '127.0.0.1'], '--net 127.0.0.1 --unrequested'],
    [['--net', '[::1]:8080'], "--net '[::1]:8080' --unrequested"],
    [['--secret', 'API_KEY'], '--secret API_KEY'],
  ] as const) {
    const { code, stdout } = await check(...args);
    const { error } = JSON.parse(stdout) as { readonly error: { readonly [key: string]: unknown } };
    assert.deepEqual([code, error['code'], error['fix']], [3, 'denied', `switchboard grant demo:probe ${fix}`]);
  }
  for (const args of [[], ['--net', '*'], ['--net', '10.0.0.0/8'], ['--net', 'a', '--env', 'B'], ['--fs', 'a.txt']]) {
    assert.equal((await check(...args)).code, 2, args.join(' '));
  }
  const { stdout } = await cli('policy', 'show', 'demo:probe');
  assert.match(stdout, /g_\S+ +see the variable REGION, until \d{4}-/);
  assert.match(
    stdout,
    /read the secret API_KEY +“to be let in” +not granted: switchboard grant demo:probe --secret API_KEY/,
  );
});

test('[cli.secret] a value is typed unseen or read from the input, and nothing prints it', async (t) => {
  const { owner, cli, home } = await world(t);
  const typed = await atTerminal(
    home,
    ['secret', 'set', 'API_KEY'],
    [[/value of API_KEY: /, 'hunterx\u007f2\u001b[D\r']],
  );
  assert.equal(typed.code, 0, typed.shown);
  assert.ok(!typed.shown.includes('hunter'), typed.shown);
  const stopped = await atTerminal(home, ['secret', 'set', 'OTHER'], [[/value of OTHER: /, 'x\u0003']]);
  assert.notEqual(stopped.code, 0);
  assert.equal((await owner(['secret', 'set', 'TWO_LINES'], 'a\nb\n')).code, 0);
  assert.equal((await owner(['secret', 'set', 'EMPTY'], '\n')).code, 2);
  assert.equal((await owner(['secret', 'set', 'no/name'], 'x')).code, 2);
  assert.equal((await owner(['secret', 'set'], 'x')).code, 2);
  assert.equal((await cli('secret', 'set', 'API_KEY')).code, 3);
  const listed = await cli('secret', 'list', '--output', 'json');
  const { secrets } = jsonOf(listed) as { readonly secrets: readonly { readonly name: string }[] };
  assert.deepEqual(
    secrets.map(({ name }) => name),
    ['API_KEY', 'TWO_LINES'],
  );
  assert.ok(!(await readFile(join(home, 'secrets.json'), 'utf8')).includes('hunter'));
  assert.equal((await cli('secret', 'remove', 'TWO_LINES')).code, 0);
  assert.equal((await cli('secret', 'remove', 'TWO_LINES')).code, 2);
});

test('[cli.secret] a passphrase is typed twice, locks what was kept, and opens it for the life of the host', async (t) => {
  const { owner, cli, host, home } = await world(t);
  assert.equal((await owner(['secret', 'set', 'API_KEY'], 'value')).code, 0);
  assert.equal((await cli('secret', 'protect')).code, 3);
  const differ = await atTerminal(
    home,
    ['secret', 'protect'],
    [
      [/new passphrase: /, 'one\r'],
      [/once more: /, 'two\r'],
    ],
  );
  assert.match(differ.shown, /the two differ; nothing was changed/);
  const same = await atTerminal(
    home,
    ['secret', 'protect'],
    [
      [/new passphrase: /, 'correct horse\r'],
      [/once more: /, 'correct horse\r'],
    ],
  );
  assert.equal(same.code, 0, same.shown);
  assert.ok(!same.shown.includes('horse'));
  await host.close();
  await untilGone(home, 5_000);
  await keepHost(t, home);
  const locked = await owner(['secret', 'set', 'OTHER'], 'x');
  assert.deepEqual([locked.code, /fix: switchboard secret unlock/.test(locked.stderr)], [3, true]);
  assert.equal((await owner(['secret', 'unlock'], 'wrong')).code, 3);
  assert.equal((await cli('secret', 'unlock')).code, 3);
  assert.equal((await owner(['secret', 'unlock'], 'correct horse\n')).code, 0);
  assert.equal((await owner(['secret', 'set', 'OTHER'], 'x')).code, 0);
  assert.equal((await owner(['secret', 'protect', '--off'])).code, 0);
});

test('[cli.approvals] a person sees what is asked, by whom, and why they say, with the directory they chose', async (t) => {
  const { host, home, notes, cli, owner } = await world(t);
  const { id } = await host.requestPermission(
    'demo:probe',
    [
      { kind: 'fs', guest: '/notes', mode: 'ro' },
      { kind: 'env', name: 'REGION', value: 'over there' },
    ],
    'trust me\u001b[2J',
    { kind: 'mcp', label: 'a model' },
  );
  const listed = await cli('approvals');
  assert.ok(listed.stdout.includes(`to allow it: switchboard approvals allow ${id} --dir "$PWD":/notes\n`));
  assert.ok(!listed.stdout.includes('\u001b'));
  const allow = ['approvals', 'allow', id, '--dir', `${notes}:/notes`];
  const no = await atTerminal(home, allow, [[/Allow it\?\s+\[y\/N\] /, 'n\r']]);
  assert.notEqual(no.code, 0);
  assert.match(no.shown, /demo:probe, asked by mcp “a model”/);
  assert.ok(no.shown.includes(`  read ${notes}, seen as /notes\n`), no.shown);
  assert.ok(no.shown.includes('  see the variable REGION as “over there”\n'));
  assert.ok(no.shown.includes('  it says (not checked): “trust me\\u{1b}[2J”\n'), no.shown);
  assert.deepEqual(await kindsOf(host), []);

  const missing = await owner(['approvals', 'allow', id]);
  assert.match(missing.stderr, /name the directory to give as \/notes[^]*fix: switchboard approvals allow r_/);
  for (const flags of [
    ['--dir', `${notes}:/notes`, '--dir', `${notes}:/etc`],
    ['--dir', `${join(notes, 'a.txt')}:/notes`],
    ['--dir', `${notes}:/notes`, '--once', '--always'],
    ['--dir', `${notes}:/notes`, '--always', '--expires', '1d'],
  ]) {
    assert.equal((await owner(['approvals', 'allow', id, ...flags])).code, 2, flags.join(' '));
  }
  assert.equal((await host.approvals('open')).length, 1);

  const yes = await atTerminal(home, [...allow, '--once'], [[/Allow it for one call\?\s+\[y\/N\] /, 'y\r']]);
  assert.equal(yes.code, 0, yes.shown);
  assert.match(yes.shown, /granted g_\S+: read \S+, seen as \/notes, for one call/);
  assert.equal((await cli('call', 'demo:probe', 'run', 'read', '/notes/a.txt', '')).stdout, 'a note\n');
  assert.equal((await cli('call', 'demo:probe', 'run', 'read', '/notes/a.txt', '')).code, 3);
  assert.equal((await owner(allow)).code, 2);
  const [again] = await host.approvals('open');
  assert.equal((await cli('approvals', 'deny', again?.id ?? '')).code, 0);
  assert.match((await cli('approvals')).stdout, /nothing waits/);
});

test('[mcp.request-permission] [policy.person] a model is refused, asks, and has it when a person allowed it', async (t) => {
  const { home, notes, owner, cli } = await world(t);
  const client = new Client({ name: 'tester', version: '1' });
  const args = [MAIN, 'serve', '--stdio', '--home', home];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
  t.after(() => client.close());
  const { tools } = await client.listTools();
  assert.equal(tools.at(-1)?.name, 'switchboard_request_permission');
  const path = '/notes/a.txt';
  const read = () => client.callTool({ name: 'demo_probe_run', arguments: { op: 'read', path, other: '' } });
  const refused = await read();
  assert.equal(refused.isError, true);
  const { code, fix, data } = refused._meta?.['switchboard/error'] as {
    readonly code: string;
    readonly fix: string;
    readonly data: { readonly denials: readonly unknown[] };
  };
  assert.deepEqual([code, fix], ['denied', 'switchboard grant demo:probe --fs "$PWD":/notes:rw']);
  assert.deepEqual(data.denials[0], {
    capability: 'fs',
    what: `read ${path}`,
    reason: 'no granted directory contains it',
    item: { kind: 'fs', guest: '/notes', mode: 'rw' },
    grant: '--fs "$PWD":/notes:rw',
  });
  const ask = (permissions: readonly string[]) =>
    client.callTool({
      name: 'switchboard_request_permission',
      arguments: { component: 'demo:probe', permissions, reason: 'to read the notes' },
    });
  assert.equal((await ask(['net evil.example'])).isError, true);
  const asked = await ask(['fs /notes:ro']);
  const { id, command } = asked.structuredContent as { readonly id: string; readonly command: string };
  assert.equal(command, `switchboard approvals allow ${id} --dir "$PWD":/notes`);
  assert.equal((await read()).isError, true, 'to ask gives nothing');
  assert.match((await cli('approvals')).stdout, /asked by mcp “tester\/1”/);
  assert.equal((await owner(['approvals', 'allow', id, '--dir', `${notes}:/notes`])).code, 0);
  assert.deepEqual((await read()).content, [{ type: 'text', text: 'a note' }]);
});
