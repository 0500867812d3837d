import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { SwitchboardError } from '#core/errors';
import { attach, connectHost, readHostFile, tryConnect } from '#gateways/control/index';
import { guest } from '#test/guests/build';
import { keepHost, newHome, outcomeOf, run, start, until, untilGone, untilLeft } from './cli-run.ts';

const jsonOf = (text: string) => JSON.parse(text) as { readonly [key: string]: unknown };

test('[host.one] clients that start at once share one host, which ends with the last of them', async (t) => {
  const home = newHome(t);
  const hosts = await Promise.all(Array.from({ length: 4 }, () => attach(home)));
  const pids = new Set(hosts.map((host) => host.pid));
  assert.equal(pids.size, 1);
  await untilLeft(home, [...pids]);
  assert.notEqual([...pids][0], process.pid);
  const verbs = await Promise.all([
    run(home, ['doctor', '--output', 'json']),
    run(home, ['list']),
    run(home, ['logs']),
  ]);
  assert.deepEqual(
    verbs.map((verb) => verb.code),
    [0, 0, 0],
  );
  assert.match(verbs[0]?.stdout ?? '', new RegExp(`process ${[...pids].join()}, `));
  await untilLeft(home, [...pids]);
  await Promise.all(hosts.map((host) => host.close()));
  await untilGone(home);
  assert.equal(existsSync(join(home, 'host.json')), false);
  assert.equal(existsSync(join(home, 'control.sock')), false);
});

test('[host.one] verbs of many processes on a new home all work and leave nothing', async (t) => {
  const home = newHome(t);
  const verbs = await Promise.all(Array.from({ length: 5 }, () => run(home, ['token', 'show'])));
  const tokens = new Set(verbs.map((verb) => verb.stdout));
  assert.deepEqual(
    verbs.map((verb) => [verb.code, verb.stderr]),
    Array.from({ length: 5 }, () => [0, '']),
  );
  assert.equal(tokens.size, 1);
  await untilGone(home);
});

test('[cli.call] an answer longer than a pipe holds is written whole', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('echo')).path, { as: 'demo:echo@1.0.0' });
  const long = 'long '.repeat(200_000);
  const child = start(home, ['call', 'demo:echo', 'echo', '--json', '-']);
  const outcome = outcomeOf(child);
  child.stdin?.end(JSON.stringify([long]));
  const { code, stdout, stderr } = await outcome;
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(stdout.length, long.length + 1);
});

test('[host.one] serve --stdio attaches to the host that runs, and holds it', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('echo')).path, { as: 'demo:echo@1.0.0' });
  const child = start(home, ['serve', '--stdio']);
  const outcome = outcomeOf(child);
  const initialize = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize })}\n`);
  await until(child.stdout, /"id":1[^\n]*\n/);
  await host.close();
  await delay(600);
  const other = await connectHost(home);
  assert.equal(other.pid, host.pid, 'the client on stdio keeps the host');
  await other.close();
  child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  child.stdin?.end(`${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' })}\n`);
  const { code, stdout, stderr } = await outcome;
  assert.deepEqual([code, stderr], [0, '']);
  for (const line of stdout.trim().split('\n')) assert.equal(jsonOf(line)['jsonrpc'], '2.0');
});

test('[host.second-port] a second HTTP port is refused, naming the holder; Ctrl-C frees it', async (t) => {
  const home = newHome(t);
  await keepHost(t, home);
  const first = start(home, ['serve', '--port', '0', '--output', 'json']);
  const done = outcomeOf(first);
  const ready = jsonOf(await until(first.stdout, /\n/));
  assert.match(String(ready['url']), /^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  const second = await run(home, ['serve', '--port', '0', '--output', 'json']);
  assert.equal(second.code, 1);
  const { error } = jsonOf(second.stdout) as { error: { code: string; message: string; data: object } };
  assert.equal(error.code, 'already-serving');
  assert.deepEqual(error.data, { pid: first.pid, url: ready['url'] });
  assert.match(error.message, new RegExp(`process ${String(first.pid)}`));
  assert.equal((await fetch(String(ready['url']))).status, 401);
  const asked = performance.now();
  first.kill('SIGINT');
  const { code } = await done;
  assert.ok(performance.now() - asked < 2_000);
  assert.equal(code, 0);
  await assert.rejects(fetch(String(ready['url'])));
  const stranger = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => stranger.once('listening', resolve));
  const { port } = stranger.address() as { port: number };
  const taken = await run(home, ['serve', '--port', String(port)]);
  stranger.close();
  assert.deepEqual([taken.code, taken.stdout], [1, '']);
  assert.match(taken.stderr, /code: port-taken/);
});

test('[host.kill] after kill -9 the call says so and the next start recovers', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('hostile')).path, { as: 'demo:hostile@1.0.0' });
  await host.install((await guest('echo')).path, { as: 'demo:echo@1.0.0' });
  await host.setLimits('demo:hostile', { timeout: 60_000 });
  const started = new Promise<void>((resolve) => {
    host.subscribe((event) => event.type === 'call.decided' && resolve());
  });
  const child = start(home, ['call', 'demo:hostile', 'spin']);
  const outcome = outcomeOf(child);
  await started;
  const mcp = start(home, ['serve', '--stdio']);
  const pipe = outcomeOf(mcp);
  const initialize = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  mcp.stdin
    ?.on('error', () => undefined)
    .write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize })}\n`);
  await until(mcp.stdout, /"id":1/);
  process.kill(host.pid, 'SIGKILL');
  await host.closed;
  const { code, stderr } = await outcome;
  assert.equal(code, 1);
  assert.match(stderr, /code: host-closed/);
  const piped = await pipe;
  assert.notEqual(piped.code, 0);
  assert.equal(piped.stdout.split('\n').length, 2);
  assert.match(piped.stderr, /code: host-closed/);
  assert.equal(readHostFile(home)?.pid, host.pid, 'what the dead host left is still there');
  assert.equal(await tryConnect(home), undefined);
  const next = await run(home, ['call', 'demo:echo', 'add', '1', '2']);
  assert.deepEqual([next.code, next.stdout, next.stderr], [0, '3\n', '']);
  await untilGone(home);
});

test('[host.kill] what a dead host left in host.json never decides, whoever has its process id now', async (t) => {
  const home = newHome(t);
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, 'host.json'), JSON.stringify({ pid: process.pid, startedAt: 1 }));
  await symlink('/nowhere', join(home, 'control.sock'));
  const { code, stderr } = await run(home, ['list']);
  assert.equal(code, 0, stderr);
});

test('[host.one] SIGTERM ends the host cleanly, and its clients are told', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('hostile')).path, { as: 'demo:hostile@1.0.0' });
  const spin = host.call('demo:hostile', 'spin');
  const told = assert.rejects(spin, (error: SwitchboardError) => error.code === 'host-closed');
  process.kill(host.pid, 'SIGTERM');
  await told;
  await host.closed;
  await untilGone(home);
  assert.equal(existsSync(join(home, 'host.json')), false);
});

test('[cli.interrupt] Ctrl-C at any moment ends within 2 s and leaves no process', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  for (const name of ['hostile', 'state']) await host.install((await guest(name)).path, { as: `demo:${name}@1.0.0` });
  await host.setLimits('demo:hostile', { timeout: 60_000 });
  await host.close();
  await untilGone(home);
  const verbs = [
    ['call', 'demo:hostile', 'spin'],
    ['call', 'demo:state', 'sleep', '60000'],
    ['serve', '--port', '0'],
    ['serve', '--stdio'],
    ['logs', '--follow'],
    ['call', 'demo:state', 'recall', '--json', '-'],
  ];
  for (const [i, args] of verbs.entries()) {
    for (const [j, moment] of [60, 130, 220, 500].entries()) {
      const child = start(home, args);
      const outcome = outcomeOf(child);
      await delay(moment);
      const asked = performance.now();
      child.kill((i + j) % 2 === 0 ? 'SIGINT' : 'SIGTERM');
      const { code } = await outcome;
      const label = `${args.join(' ')} after ${moment} ms`;
      assert.ok(performance.now() - asked < 2_000, `${label}: took ${performance.now() - asked} ms`);
      assert.ok(code === null || [0, 130, 143].includes(code), `${label}: exit code ${code}`);
      await untilGone(home, 2_500);
    }
  }
});

test('[cli.interrupt] an interrupted call is stopped in the host, and exits with 130', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('state')).path, { as: 'demo:state@1.0.0' });
  const decided = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<string>();
  host.subscribe((event) => {
    if (event.type === 'call.decided') decided.resolve();
    if (event.type === 'call.finished') finished.resolve(event.outcome);
  });
  const child = start(home, ['call', 'demo:state', 'sleep', '60000', '--timeout', '60s']);
  const outcome = outcomeOf(child);
  await decided.promise;
  child.kill('SIGINT');
  const { code, stdout, stderr } = await outcome;
  assert.deepEqual([code, stdout, stderr], [130, '', '']);
  assert.equal(await finished.promise, 'cancelled');
});

test('[limit.cancel] a client that is killed stops its call', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('state')).path, { as: 'demo:state@1.0.0' });
  await host.setLimits('demo:state', { timeout: 60_000 });
  const decided = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<string>();
  host.subscribe((event) => {
    if (event.type === 'call.decided') decided.resolve();
    if (event.type === 'call.finished') finished.resolve(event.outcome);
  });
  const child = start(home, ['call', 'demo:state', 'sleep', '60000']);
  const outcome = outcomeOf(child);
  await decided.promise;
  child.kill('SIGKILL');
  await outcome;
  assert.equal(await finished.promise, 'cancelled');
});

test('[cli.logs] logs --follow shows what is kept and then what comes', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('state')).path, { as: 'demo:state@1.0.0' });
  await host.call('demo:state', 'log', ['before', 'f']);
  const child = start(home, ['logs', 'demo:state', '--follow', '--output', 'json']);
  const outcome = outcomeOf(child);
  await until(child.stdout, /before[^\n]*\n/);
  const after = until(child.stdout, /after[^\n]*\n/);
  await host.call('demo:state', 'log', ['after', 'f']);
  await after;
  child.kill('SIGINT');
  const { code, stdout } = await outcome;
  assert.equal(code, 0);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => jsonOf(line)['message']),
    ['before', 'after'],
  );
});

test('a reader that goes away early ends the verb without a complaint', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('state')).path, { as: 'demo:state@1.0.0' });
  await host.call('demo:state', 'log', ['one', 'f']);
  const child = start(home, ['logs', '--follow']);
  const closed = once(child, 'close');
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  await until(child.stdout, /one/);
  child.stdout?.destroy();
  await host.call('demo:state', 'log', ['two', 'f']);
  assert.deepEqual(await closed, [0, null]);
  assert.equal(stderr, '');
});

test('a home with a long path is served over a short socket', async (t) => {
  const home = join(newHome(t), '..', 'deep-'.repeat(20));
  const { code, stdout, stderr } = await run(home, ['token', 'show']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^[\w-]{43}\n$/);
  await untilGone(home);
  await rm(home, { recursive: true });
});

test('[cli.install] the first serve of a home installs the bundled components, and only the first', async (t) => {
  const home = newHome(t);
  const { bundledComponents } = await import('#gateways/cli/bundled');
  const references = bundledComponents().map((component) => component.reference);
  assert.ok(references.includes('switchboard:text@0.1.0'), 'node scripts/build-components.ts has not been run');
  const first = start(home, ['serve', '--port', '0']);
  const outcome = outcomeOf(first);
  await until(first.stdout, /Ctrl-C stops/);
  first.kill('SIGINT');
  const { stdout, stderr, code } = await outcome;
  assert.equal(code, 0);
  assert.match(stdout, /^Switchboard serves \d+ tools at http:\/\/127\.0\.0\.1:\d+\/mcp\ntoken: [\w-]{43}\n/);
  for (const reference of references) assert.ok(stderr.includes(`installing ${reference}`));
  assert.equal((await run(home, ['uninstall', 'switchboard:text'])).code, 0);
  const second = start(home, ['serve', '--stdio']);
  const ended = outcomeOf(second);
  second.stdin?.end();
  assert.deepEqual(await ended, { code: 0, stdout: '', stderr: '' });
  assert.doesNotMatch((await run(home, ['list'])).stdout, /switchboard:text/);
});
