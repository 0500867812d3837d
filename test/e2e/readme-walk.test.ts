/** README.md's walks, with a component that asks for a directory and a host, and from an empty folder to a tool: done, and each output compared. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { HostEvent } from '#core';
import { buildComponent } from '../../scripts/build-components.ts';
import { keepHost, newHome, outcomeOf, run, start, until } from './cli-run.ts';
import { newFolder, runIn, startIn } from '../devkit/projects.ts';
import { atTerminal } from './terminal.ts';

const ROOT = join(import.meta.dirname, '../..');
const GRANTING = {
  title: '### A directory and a host, until they are taken back\n',
  end: /^`switchboard help`/m,
} as const;
const MAKING = { title: '## Making a tool\n', end: /^## /m } as const;
const PAGE = readFileSync(join(ROOT, 'examples', 'page.html'));

/** What the README shows: after each command what it prints, and each answer of MCP, in order. */
function walkOfReadme({ title, end }: { readonly title: string; readonly end: RegExp }): {
  readonly commands: readonly string[];
  readonly printed: (command: string) => string;
  readonly answers: readonly string[];
} {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [section = ''] = (readme.split(title)[1] ?? '').split(end);
  const blocks = [...section.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, kind, text = '']) => ({ kind, text }));
  const commands = blocks
    .filter(({ kind }) => kind === '')
    .flatMap(({ text }) => text.split(/^\$ (?:\.\/)?/m).slice(1))
    .map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)] as const);
  return {
    commands: commands.map(([name]) => name),
    printed(command) {
      const at = commands.findIndex(([name]) => name === command);
      assert.ok(at >= 0, `README.md does not show: ${command}`);
      const [[, text] = ['', '']] = commands.splice(at, 1);
      return text.trim();
    },
    answers: blocks.filter(({ kind }) => kind === 'json').map(({ text }) => text.trim()),
  };
}

/** A server whose `/slow` is never answered. */
async function upstream(
  t: TestContext,
): Promise<{ readonly port: number; slow(count: number): Promise<IncomingMessage[]> }> {
  const waiting: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    if (request.url !== '/slow') return response.end(PAGE);
    waiting.push(request);
    return server.emit('slow');
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    async slow(count) {
      while (waiting.length < count) await once(server, 'slow');
      return waiting;
    },
  };
}

/** Files of a directory that a process has open; known on Linux only. */
function openFiles(pid: number, below: string): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return path.startsWith(below) ? [path] : [];
    } catch {
      return [];
    }
  });
}

test('[policy.walk] [policy.revoke] [policy.denial] the README’s walk, over CLI and MCP, prints what the README shows', async (t) => {
  const home = newHome(t);
  const notes = join(dirname(home), 'notes');
  mkdirSync(notes);
  await buildComponent({ dir: join(ROOT, 'examples', 'clip'), out: join(ROOT, 'examples', 'clip.wasm') });
  const host = await keepHost(t, home);
  const { port, slow } = await upstream(t);
  const readme = walkOfReadme(GRANTING);
  /** As the README would have it. */
  const plain = (text: string): string =>
    text
      // oxlint-disable-next-line no-control-regex -- how a terminal is told to move
      .replaceAll(/\u001b\[[\d;]*[A-Za-z]/g, '')
      .replaceAll(/\r+\n/g, '\n')
      .replaceAll(/g_[\w-]{16}/g, 'g_ID')
      .replaceAll(notes, '/home/you/notes')
      .replaceAll(String(port), '8111')
      .trim();
  const agrees = (command: string, text: string): void =>
    assert.equal(plain(text), readme.printed(`switchboard ${command}`).replaceAll(/g_[\w-]{16}/g, 'g_ID'), command);
  const answered = (at: number, result: unknown): void => {
    const { content, structuredContent, isError } = result as { [key: string]: unknown };
    const shown = structuredContent === undefined ? { content, isError } : { structuredContent };
    assert.equal(plain(JSON.stringify(shown)), readme.answers[at]);
  };
  const address = (path: string): string => `http://localhost:${port}/${path}`;

  agrees('install examples/clip.wasm', (await run(home, ['install', join(ROOT, 'examples/clip.wasm')])).stdout);
  const client = new Client({ name: 'tester', version: '1' });
  const args = [join(ROOT, 'src/gateways/cli/main.ts'), 'serve', '--stdio', '--home', home];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
  t.after(() => client.close());
  const byModel = (path: string, name: string) =>
    client.callTool({ name: 'demo_clip_save', arguments: { url: address(path), name } });

  const save = ['call', 'demo:clip', 'save', address('rope.html'), 'rope.html'];
  const saving = 'call demo:clip save http://localhost:8111/rope.html rope.html';
  const refused = await run(home, save);
  assert.equal(refused.code, 3);
  agrees(saving, refused.stderr);
  assert.ok(!existsSync(join(notes, 'rope.html')));

  const grant = async (flag: string, given: string, shown = given): Promise<void> => {
    const told = await atTerminal(home, ['grant', 'demo:clip', flag, given], [[/\[y\/N\] /, 'y\r']]);
    assert.equal(told.code, 0, told.shown);
    agrees(`grant demo:clip ${flag} ${shown}`, told.shown);
  };
  await grant('--fs', `${notes}:/notes:rw`, '~/notes:/notes:rw');
  answered(0, await byModel('rope.html', 'rope.html'));
  await grant('--net', `localhost:${port}`, 'localhost:8111');
  agrees(saving, (await run(home, save)).stdout);
  assert.deepEqual(readFileSync(join(notes, 'rope.html')), PAGE);
  answered(1, await byModel('rope.html', 'model.html'));
  assert.deepEqual(readFileSync(join(notes, 'model.html')), PAGE);

  const events: HostEvent[] = [];
  host.subscribe((event) => void events.push(event));
  const shell = outcomeOf(start(home, ['call', 'demo:clip', 'save', address('slow'), 'slow.html']));
  const model = byModel('slow', 'model.html');
  const requests = await slow(2);
  const closed = requests.map((request) => once(request.socket, 'close').then(() => Date.now()));
  const { pid } = await host.status();
  if (process.platform === 'linux') {
    const open = openFiles(pid, notes).filter((file) => file.endsWith('.part'));
    assert.equal(open.length, 2, 'each call holds its file');
  }
  const revoked = await run(home, ['revoke', 'demo:clip', '--all']);
  const { stderr, code } = await shell;
  assert.equal(code, 3);
  const waiting = 'call demo:clip save http://localhost:8111/slow slow.html &';
  assert.equal(readme.printed(`switchboard ${waiting}`), '');
  agrees('revoke demo:clip --all', `${revoked.stdout}${stderr}`);
  answered(2, await model);

  const at = (type: HostEvent['type']): number[] => events.filter((event) => event.type === type).map((one) => one.at);
  const began = Math.min(...at('grant.revoked'));
  const ended = [...at('call.finished'), ...(await Promise.all(closed))];
  assert.equal(ended.length, 4);
  assert.ok(Math.max(...ended) - began < 1_000, `${Math.max(...ended) - began} ms after the revoke`);
  if (process.platform === 'linux') assert.deepEqual(openFiles(pid, notes), []);
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'call.finished' ? [event.outcome] : [])),
    ['denied', 'denied'],
  );
  assert.equal((await run(home, save)).code, 3, 'and nothing is granted from then on');
  assert.equal((await byModel('rope.html', 'again.html')).isError, true);
});

/** What is another at every run, as the README has it; a line of its own that is `…` stands for any. */
function assertShown(command: string, shown: string, text: string): void {
  const plain = (of: string): string =>
    of
      .replaceAll(/\(\d+\.\d+ms\)/g, '(N ms)')
      .replaceAll(/ in \d+\.\d s$/gm, ' in N s')
      .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:7420')
      .trimEnd();
  const parts = plain(shown).split(/^…$/m);
  const pattern = parts.map((part) => RegExp.escape(part)).join('[^]*');
  assert.match(plain(text), new RegExp(`^${pattern}$`), command);
}

test('[devkit.walk] the README’s way from an empty folder to a tool that is served prints what the README shows', {
  timeout: 300_000,
}, async (t) => {
  const home = newHome(t);
  const readme = walkOfReadme(MAKING);
  let dir = newFolder(t);
  for (const command of readme.commands) {
    const [program, ...args] = command.split(' ');
    if (program === 'cd') dir = join(dir, args.join(' '));
    else if (program === 'cat')
      assertShown(command, readme.printed(command), readFileSync(join(dir, args[0] ?? ''), 'utf8'));
    else if (args[0] === 'serve') {
      const serving = startIn(dir, home, [...args, '--port', '0']);
      const outcome = outcomeOf(serving);
      const said = await until(serving.stdout, /^Switchboard serves .*\n[^]*Ctrl-C stops/m);
      serving.kill('SIGINT');
      assert.equal((await outcome).code, 0);
      assertShown(command, readme.printed(command), said);
    } else {
      assert.equal(program, 'switchboard');
      const { code, stdout, stderr } = await runIn(dir, home, args);
      assert.equal(code, 0, `${command}: ${stdout}${stderr}`);
      assertShown(command, readme.printed(command), stdout);
    }
  }
  assert.deepEqual(
    readme.commands.map((command) => command.replace(/^switchboard (\w+).*/, '$1')),
    ['init', 'cd word-counter', 'cat src/main.ts', 'build', 'test', 'call', 'install', 'serve'],
  );
});
