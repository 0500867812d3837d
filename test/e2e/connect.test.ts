/** `connect`: what a person sees and what is in the file afterwards, and that clients can start what it wrote. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { parse as parseToml } from 'smol-toml';
import { guest } from '#test/guests/build';
import { keepHost, start, until } from './cli-run.ts';
import { newWorld } from './connect-world.ts';

const LAUNCHER = join(import.meta.dirname, '../../switchboard');
const SETTINGS = process.platform === 'darwin' ? 'Library/Application Support' : '.config';
const OTHERS =
  '{\n  // mine\n  "mcpServers": {\n    "gh": { "command": "gh", "env": { "TOKEN": "s3cret" } },\n  },\n}\n';

test('[connect.person] at a terminal the change is shown first, and made after a yes', async (t) => {
  const world = await newWorld(t);
  await world.write('.cursor/mcp.json', OTHERS);
  for (const keys of ['n\r', '\r', '\u0003', '\u0004']) {
    const { code, shown } = await world.type(['connect', 'cursor'], [[/\[y\/N\] /, keys]]);
    assert.notEqual(code, 0, JSON.stringify(keys));
    assert.match(shown, /nothing was changed/);
    assert.equal(await world.read('.cursor/mcp.json'), OTHERS);
  }
  const { code, shown } = await world.type(['connect', 'cursor'], [[/Make this change\?\s+\[y\/N\] /, 'y\r']]);
  assert.equal(code, 0, shown);
  assert.match(
    shown,
    /@@ -2,5 \+2,14 @@\n[^]*\+ {4}"switchboard": \{\n[^]*\[y\/N\] [^]*y\s+added switchboard to ~\/\.cursor\/mcp\.json/,
  );
  const [, backup = ''] = /the file as it was: ~\/(\S+)/.exec(shown) ?? [];
  assert.match(backup, /^\.cursor\/mcp\.json\.switchboard-backup-\d{8}T\d{6}Z$/);
  assert.equal(await world.read(backup), OTHERS);
  const text = await world.read('.cursor/mcp.json');
  assert.ok(text.startsWith(OTHERS.slice(0, OTHERS.indexOf('  },\n}'))), text);
  const again = await world.type(['connect', 'cursor']);
  assert.deepEqual(
    [again.code, again.shown],
    [0, 'Cursor has this already, in ~/.cursor/mcp.json; nothing was changed\n'],
  );
  const gone = await world.type(['connect', 'cursor', '--remove'], [[/\[y\/N\] /, 'y\r']]);
  assert.equal(gone.code, 0, gone.shown);
  assert.equal(await world.read('.cursor/mcp.json'), OTHERS);
});

test('[connect.person] without a terminal the change is only shown, unless --yes is given', async (t) => {
  const world = await newWorld(t);
  const file = await world.write('.cursor/mcp.json', OTHERS);
  const shown = await world.run('connect', 'cursor');
  assert.equal(shown.code, 1);
  assert.match(shown.stdout, /^--- .*\n\+\+\+ .*\n@@ .*@@\n/);
  assert.match(shown.stderr, /nothing was changed: .*--yes/);
  const printed = await world.run('connect', 'cursor', '--print', '--yes');
  assert.deepEqual([printed.code, printed.stdout], [0, shown.stdout]);
  assert.equal(await world.read('.cursor/mcp.json'), OTHERS);
  assert.equal((await readdir(join(file, '..'))).length, 1);
  await chmod(file, 0o640);
  const made = await world.run('connect', 'cursor', '--yes', '--output', 'json');
  assert.equal(made.code, 0, made.stderr);
  const { backup, diff, ...document } = JSON.parse(made.stdout) as { backup: string; diff: string };
  assert.deepEqual(document, { client: 'cursor', file, name: 'switchboard', outcome: 'added', applied: true });
  assert.equal(`${diff}`, shown.stdout);
  assert.equal(await readFile(backup, 'utf8'), OTHERS);
  assert.equal((await stat(file)).mode & 0o777, 0o640);
  assert.equal(existsSync(world.home), false, 'no host was started for it');
});

test('[connect.secrets] what others keep in the file is not shown', async (t) => {
  const world = await newWorld(t);
  const secret = 'sk-verysecret123456789';
  await world.write('.cursor/mcp.json', `{"mcpServers":{"a":{"command":"${secret}","env":{"K":"${secret}"}}}}`);
  await world.write('.codex/config.toml', `# ${secret}\nkey = '${secret}'\n[mcp_servers.a]\nargs = ["${secret}"]\n`);
  for (const client of ['cursor', 'codex']) {
    for (const more of [['--print'], ['--yes'], ['--remove', '--print', '--output', 'json']]) {
      const { stdout, stderr } = await world.run('connect', client, ...more);
      assert.ok(stdout.length > 0 && !`${stdout}${stderr}`.includes(secret), stdout + stderr);
    }
  }
});

test('[connect.file] what cannot be changed safely is refused and stays', async (t) => {
  const world = await newWorld(t);
  const broken = '{ "mcpServers": ';
  await world.write('.cursor/mcp.json', broken);
  const { code, stderr } = await world.run('connect', 'cursor', '--yes');
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^error: .*mcp\.json, line 1: value expected\nfix: mend the file; nothing was changed\ncode: file-unreadable\n$/,
  );
  assert.equal(await world.read('.cursor/mcp.json'), broken);
  await symlink('nowhere', join(world.user, '.claude.json'));
  assert.match((await world.run('connect', 'claude-code', '--yes')).stderr, /link to a file that is not there/);
  const usage: readonly (readonly string[])[] = [
    ['connect', 'emacs'],
    ['connect', 'claude-desktop', '--http', '--yes'],
    ['connect', 'zed', '--project', '--yes'],
    ['connect', 'zed', '--name', 'a b', '--yes'],
    ['connect', 'zed', '--http', '--port', '0', '--yes'],
    ['connect', 'zed', '--yes', '--', '--nonsense'],
    ['connect', 'zed', '--yes', '--', '--port', '1'],
    ['connect', 'zed', '--yes', '--', '--port=1'],
    ['connect', 'zed', '--yes', '--', '--oauth-issuer', 'https://login.example'],
    ['connect', 'zed', '--yes', '--', '--oauth-scope', 'tools'],
    ['connect', 'zed', '--yes', '--', '--rate', 'fast'],
    ['connect', 'zed', '--yes', '--', '--rate'],
    ['connect', 'zed', '--yes', '--', 'switchboard:text'],
    ['connect', 'zed', '--remove', '--yes', '--', '--stdio'],
  ];
  for (const args of usage) {
    const outcome = await world.run(...args);
    assert.equal(outcome.code, 2, args.join(' '));
    assert.match(outcome.stderr, /code: invalid-usage\n$/, args.join(' '));
  }
  const values: readonly (readonly [string, readonly string[]])[] = [
    ['invalid-setting', ['--only', 'not a pattern']],
    ['invalid-setting', ['--tools', 'few']],
    ['profile-not-found', ['--profile', 'nobodys']],
  ];
  for (const [code, options] of values) {
    const outcome = await world.run('connect', 'zed', '--yes', '--', ...options);
    assert.notEqual(outcome.code, 0, options.join(' '));
    assert.match(outcome.stderr, new RegExp(`code: ${code}\n$`), options.join(' '));
  }
  assert.ok(!(await readdir(world.user, { recursive: true })).some((path) => path.includes('zed')));
  assert.deepEqual((await readdir(world.user)).toSorted(), ['.claude.json', '.cursor', 'shop']);
});

test('[connect.list] clients are listed with what is on this machine', async (t) => {
  const world = await newWorld(t);
  await world.write('.cursor/mcp.json', '{"mcpServers":{"switchboard":{"url":"http://127.0.0.1:7420/mcp"}}}');
  await world.write('.codex/config.toml', '[mcp_servers.switchboard]\ncommand = "/elsewhere/switchboard"\n');
  await world.write('.gemini/settings.json', '{');
  await world.run('connect', 'claude-code', '--yes');
  const { code, stdout } = await world.run('connect', '--output', 'json');
  assert.equal(code, 0);
  const { clients } = JSON.parse(stdout) as { clients: { client: string; configured: string; found: boolean }[] };
  assert.deepEqual(
    clients.map(({ client, configured }) => `${client} ${configured}`),
    [
      'claude-code stdio',
      'claude-desktop no',
      'cursor http',
      'vscode no',
      'codex stdio',
      'gemini-cli unknown',
      'zed no',
    ],
  );
  const text = (await world.run('connect')).stdout;
  assert.match(text, /^claude-code +found +configured +~\/\.claude\.json$/m);
  assert.match(text, /^cursor +found +configured, by URL +~\/\.cursor\/mcp\.json$/m);
  assert.match(text, /^codex +found +by \/elsewhere\/switchboard +~\/\.codex\/config\.toml$/m);
  assert.match(text, /^gemini-cli +found +cannot be read /m);
});

test('[connect.clients] --project writes the file of the project', async (t) => {
  const world = await newWorld(t);
  const { code, stderr } = await world.run('connect', 'claude-code', '--project', '--name', 'mine', '--yes');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /path of Switchboard on this machine/);
  const { mcpServers } = JSON.parse(await world.read('shop/.mcp.json')) as {
    mcpServers: { mine: { command: string } };
  };
  assert.equal(mcpServers.mine.command, LAUNCHER);
  assert.equal((await stat(join(world.project, '.mcp.json'))).mode & 0o777, 0o644);
  assert.equal((await world.run('connect', 'claude-code', '--project', '--name', 'mine', '--remove', '--yes')).code, 0);
  assert.deepEqual(JSON.parse(await world.read('shop/.mcp.json')), { mcpServers: {} });
});

interface Started {
  readonly command: string;
  readonly args: string[];
}

test('[connect.starts] what was written for three clients, read back, starts a server that answers', async (t) => {
  const world = await newWorld(t);
  const host = await keepHost(t, world.home);
  await host.install((await guest('echo')).path, { as: 'demo:echo@1.0.0' });
  const read: { readonly [client: string]: () => Promise<Started> } = {
    'claude-code': async () => JSON.parse(await world.read('.claude.json')).mcpServers.switchboard as Started,
    vscode: async () =>
      JSON.parse(await world.read(join(SETTINGS, 'Code/User/mcp.json'))).servers.switchboard as Started,
    codex: async () =>
      (parseToml(await world.read('.codex/config.toml')) as unknown as { mcp_servers: { switchboard: Started } })
        .mcp_servers.switchboard,
  };
  for (const [name, entryOf] of Object.entries(read)) {
    const { code, stderr } = await world.run('connect', name, '--yes');
    assert.equal(code, 0, stderr);
    const { command, args } = await entryOf();
    assert.deepEqual([command, args], [LAUNCHER, ['serve', '--stdio', '--home', world.home]], name);
    // As a program of a desktop starts it: with no variable of a shell.
    const transport = new StdioClientTransport({ command, args, env: { PATH: '/usr/bin:/bin', HOME: world.user } });
    const client = new Client({ name, version: '1' });
    await client.connect(transport);
    const { structuredContent } = await client.callTool({ name: 'demo_echo_echo', arguments: { text: name } });
    assert.deepEqual(structuredContent, { result: name });
    await client.close();
  }
});

test('[connect.http] [connect.starts] by URL and token a client is let in, and the person is warned', async (t) => {
  const world = await newWorld(t);
  await keepHost(t, world.home);
  const serving = start(world.home, ['serve', '--port', '0', '--output', 'json']);
  t.after(() => serving.kill());
  const { url, token } = JSON.parse(await until(serving.stdout, /\n$/)) as { url: string; token: string };
  const made = await world.run('connect', 'cursor', '--http', '--port', new URL(url).port, '--yes');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stderr, /WARNING: the token is then in this file/);
  assert.ok(!`${made.stdout}${made.stderr}`.includes(token));
  const { switchboard } = (
    JSON.parse(await world.read('.cursor/mcp.json')) as {
      mcpServers: { switchboard: { url: string; headers: Record<string, string> } };
    }
  ).mcpServers;
  assert.equal(switchboard.url, url);
  assert.equal((await stat(join(world.user, '.cursor/mcp.json'))).mode & 0o777, 0o600);
  const client = new Client({ name: 'cursor', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(switchboard.url), { requestInit: { headers: switchboard.headers } }),
  );
  assert.ok(Array.isArray((await client.listTools()).tools));
  await client.close();
});
