/** `switchboard call` of functions that answer with content: at a terminal, into a pipe, as a document. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guest } from '#test/guests/build';
import { keepHost, newHome, run } from './cli-run.ts';
import { atTerminal } from './terminal.ts';

test('[mcp.content] call shows content to a person, and gives programs all of it', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('mcp-content')).path, { as: 'test:rich@0.1.0' });
  const seen = await atTerminal(home, ['call', 'test:rich', 'mixed']);
  assert.equal(seen.code, 0);
  assert.match(
    seen.shown,
    /Zeile 1\nline 2 \\u\{202e\}\\u\{7\}\n\[image: image\/png, 70 B\]\n\[audio: audio\/wav, 4 B\]\n/,
  );
  assert.match(seen.shown, /\[resource: notes:\/\/today, text\/plain\]\na note\n/);
  assert.match(seen.shown, /\[link: Today, notes:\/\/today, text\/plain, 6 B\]\n/);
  const reading = await atTerminal(home, ['call', 'test:rich', 'reading', 'Rom']);
  assert.match(reading.shown, /21\.5° in Rom\n\{\n {2}"city": "Rom",/);
  const piped = await run(home, ['call', 'test:rich', 'simple-text']);
  assert.deepEqual(JSON.parse(piped.stdout), { tag: 'text', val: { text: 'This is text.', annotations: null } });
  const whole = await run(home, ['call', 'test:rich', 'image', '--output', 'json']);
  const { result } = JSON.parse(whole.stdout) as { result: { val: { 'mime-type': string; data: string } }[] };
  assert.equal(result[0]?.val['mime-type'], 'image/png');
  assert.equal(Buffer.from(result[0]?.val.data ?? '', 'base64').length, 70);
});
