/** `import`: what a person runs today, and the commands to go over, which work as they are printed. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { run } from './cli-run.ts';
import { MAIN, newWorld } from './connect-world.ts';
import { atTerminal } from './terminal.ts';

const SECRET = 'tops3cret';

test('[import.survey] [connect.secrets] the servers of all clients are listed, without a value', async (t) => {
  const world = await newWorld(t);
  await world.write(
    '.claude.json',
    JSON.stringify({
      mcpServers: {
        gh: {
          command: 'docker',
          args: ['run', '-i', '-e', `KEY=${SECRET}`, 'ghcr.io/github/github-mcp-server'],
          env: { GITHUB_TOKEN: SECRET },
        },
        linear: { type: 'http', url: `https://mcp.linear.app/mcp?key=${SECRET}`, headers: { Authorization: SECRET } },
      },
      projects: {
        [world.project]: { mcpServers: { pg: { command: 'npx', args: ['pg-mcp', `postgres://a:${SECRET}@db/x`] } } },
      },
    }),
  );
  await world.write(
    '.codex/config.toml',
    `[mcp_servers.time]\ncommand = "uvx"\nargs = ["mcp-server-time", "--token", "${SECRET}"]\nenv = { TZ_KEY = "${SECRET}" }\n`,
  );
  await world.write('shop/.mcp.json', '{"mcpServers":{"fetch":{"command":"uvx","args":["mcp-server-fetch"]}}}');
  await world.write('.gemini/settings.json', '{');
  const [text, json] = await Promise.all([world.run('import'), world.run('import', '--output', 'json')]);
  for (const { code, stdout, stderr } of [text, json]) {
    assert.equal(code, 0, stderr);
    assert.ok(!`${stdout}${stderr}`.includes(SECRET), stdout);
  }
  assert.match(text.stderr, /left out: .*settings\.json, line 1/);
  assert.match(text.stdout, /^~\/\.claude\.json \(Claude Code\)\n {2}gh\n/m);
  assert.match(text.stdout, /^ {4}is given +the variables GITHUB_TOKEN, KEY$/m);
  assert.match(text.stdout, /^ {4}sends +the headers Authorization$/m);
  assert.match(text.stdout, /^ {2}pg, for ~\/shop$/m);
  assert.match(text.stdout, /^5 servers, 3 with all your rights; 2 could be components\nno component yet for: pg\n/m);
  const { servers } = JSON.parse(json.stdout) as {
    servers: { name: string; client: string; runs: string; replacement?: { component: string } }[];
  };
  assert.deepEqual(
    servers.map(({ name, client, runs, replacement }) => [name, client, runs, replacement?.component]),
    [
      ['gh', 'claude-code', 'container', undefined],
      ['linear', 'claude-code', 'remote', undefined],
      ['pg', 'claude-code', 'program', undefined],
      ['fetch', 'claude-code', 'program', 'switchboard:fetch'],
      ['time', 'codex', 'program', 'switchboard:time'],
    ],
  );
  assert.equal(existsSync(world.home), false, 'nothing was started');
});

test('[import.survey] one file of any format; what is none is refused', async (t) => {
  const world = await newWorld(t);
  const file = await world.write(
    'elsewhere/servers.json',
    '{ "servers": { "x": { "command": "\\u001b[31mx", "args": [] } } }',
  );
  const { code, stdout } = await world.run('import', file);
  assert.equal(code, 0);
  assert.ok(!stdout.includes('\u001b'), 'nothing of it reaches the terminal as a command');
  assert.match(
    (await world.run('import', join(world.user, 'nowhere.json'))).stderr,
    /there is no .*nowhere\.json\n[^]*code: file-unreadable/,
  );
  assert.equal((await world.run('import', await world.write('bad.json', '{'))).code, 2);
  const none = await (await newWorld(t)).run('import');
  assert.deepEqual([none.code, none.stdout], [0, 'no settings of an MCP client were found\n']);
});

test('[import.replace] the commands that it prints give the component what the server had', async (t) => {
  const world = await newWorld(t);
  for (const name of ['My Notes', 'code']) {
    await mkdir(join(world.user, name));
    await writeFile(join(world.user, name, 'here.txt'), `in ${name}`);
  }
  const args = ['-y', '@modelcontextprotocol/server-filesystem', join(world.user, 'My Notes'), '~/code'];
  await world.write('.cursor/mcp.json', JSON.stringify({ mcpServers: { files: { command: 'npx', args } } }));
  const { stdout } = await world.run('import', '--output', 'json');
  const [command = ''] =
    (JSON.parse(stdout) as { servers: { replacement: { commands: string[] } }[] }).servers[0]?.replacement.commands ??
    [];
  const { code, shown } = await typed(world.home, world.user, command);
  assert.equal(code, 0, shown);
  const read = async (path: string): Promise<string> =>
    (await run(world.home, ['call', 'switchboard:files', 'read-file', path])).stdout;
  assert.match(await read('/work/My-Notes/here.txt'), /in My Notes/);
  assert.match(await read('/work/code/here.txt'), /in code/);
});

/** The command as a shell takes it, at a terminal. */
async function typed(home: string, user: string, command: string): ReturnType<typeof atTerminal> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `switchboard() { printf '%s\\n' "$@"; }; ${command}`], {
    env: { ...process.env, HOME: user },
  });
  assert.ok(existsSync(MAIN));
  return atTerminal(home, [...stdout.trimEnd().split('\n'), '--yes'], [], { HOME: user });
}
