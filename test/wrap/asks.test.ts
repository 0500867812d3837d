/** What `wrap` asks a person, at a terminal of its own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atTerminal, type Dialogue, type Seen } from '../e2e/terminal.ts';
import { hostGone } from '../e2e/mcp-process.ts';
import { startRegistry } from './registry.ts';

const SMALL = {
  'package.json': '{"name":"small","version":"1.0.0","license":"MIT","main":"index.js","types":"index.d.ts"}',
  'index.d.ts': `export declare function twice(text: string): string;
export declare function half(value: number): number;
export declare function none(): number;
export declare class Counter { add(by: number): number; }`,
  'index.js': `exports.twice = (text) => text + text;
exports.half = (value) => value / 2;
exports.none = () => 0;
exports.Counter = class { count = 0; add(by) { return (this.count += by); } };`,
};
const QUESTION = /keep which\? numbers or names with commas between them; nothing for all: /;

async function atWrap(
  t: TestContext,
): Promise<{ home: string; dir: string; wrap: (dialogue: Dialogue, args?: readonly string[]) => Promise<Seen> }> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'switchboard-asked-')));
  const registry = await startRegistry({ small: [SMALL] });
  const [home, dir] = [join(base, 'home'), join(base, 'small')];
  mkdirSync(dir);
  writeFileSync(join(dir, '.npmrc'), `registry=${registry.url}\ncache=${join(base, 'npm-cache')}\nfetch-retries=0\n`);
  t.after(async () => {
    await hostGone(home);
    registry.close();
    rmSync(base, { recursive: true, force: true, maxRetries: 3 });
  });
  return {
    home,
    dir,
    wrap: (dialogue, args = []) => atTerminal(home, ['wrap', 'small', '--dir', dir, ...args], dialogue),
  };
}

const offered = (dir: string): string[] =>
  (JSON.parse(readFileSync(join(dir, 'wrap.json'), 'utf8')) as { functions: { title: string }[] }).functions
    .map(({ title }) => title)
    .sort();

test('[wrap.asks] a number and a name keep a function and a whole class', { timeout: 240_000 }, async (t) => {
  const { home, dir, wrap } = await atWrap(t);
  const { code, shown } = await wrap([[QUESTION, '2,Counter\n']]);
  assert.equal(code, 0, shown);
  assert.match(shown, /1 {2}twice\n2 {2}half\n3 {2}none\n4 {2}Counter\nkeep which\?/);
  assert.match(shown, /installed npm:small@1\.0\.0/);
  assert.deepEqual(offered(dir), ['Counter.prototype.add', 'half', 'new Counter']);
  const again = await atTerminal(home, ['rewrap', dir, '--no-install']);
  assert.equal(again.code, 0, again.shown);
  assert.deepEqual(offered(dir), ['Counter.prototype.add', 'half', 'new Counter'], 'rewrap keeps what was chosen');
  const called = await atTerminal(home, ['call', 'npm:small', 'half', '6']);
  // Behind what tells that a host starts.
  assert.match(called.shown, /(?:^|\x1b\[K)3\n$/);
  assert.notEqual((await atTerminal(home, ['call', 'npm:small', 'twice', 'a'])).code, 0);
});

test('[wrap.asks] Enter keeps all, --export asks nothing', { timeout: 240_000 }, async (t) => {
  const { dir, wrap } = await atWrap(t);
  const all = await wrap([[QUESTION, '\n']], ['--no-install']);
  assert.equal(all.code, 0, all.shown);
  assert.deepEqual(offered(dir), ['Counter.prototype.add', 'half', 'new Counter', 'none', 'twice']);
  const named = await wrap([], ['--no-install', '--export', 'none']);
  assert.equal(named.code, 0, named.shown);
  assert.doesNotMatch(named.shown, /keep which/);
  assert.deepEqual(offered(dir), ['none']);
});

test('[wrap.asks] a wrong name, Ctrl-C and Ctrl-D build nothing', { timeout: 240_000 }, async (t) => {
  const { dir, wrap } = await atWrap(t);
  const wrong = await wrap([[QUESTION, 'thrice\n']]);
  assert.equal(wrong.code, 2, wrong.shown);
  assert.match(wrong.shown, /there is no thrice among them/);
  for (const key of ['\x03', '\x04']) {
    const left = await wrap([[QUESTION, key]]);
    assert.equal(left.code, 1, left.shown);
    assert.match(left.shown, /nothing was changed/);
  }
  assert.equal(existsSync(join(dir, 'wrap.json')), false);
});
