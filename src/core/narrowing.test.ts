import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwitchboardError } from './errors.ts';
import {
  checkNarrowing,
  checkProfile,
  glob,
  narrowed,
  type Offered,
  parsePattern,
  parseToolsMode,
} from './narrowing.ts';

const fn = (component: string, id: string): Offered => ({
  component,
  id,
  name: id.replace(/^.*\./, ''),
  tool: `${component.replace(':', '_')}_${id.replaceAll('.', '_')}`,
});
const count = fn('demo:text', 'count');
const split = fn('demo:text', 'api.split');
const read = fn('acme:files', 'read');

function offered(...patterns: string[]): readonly string[] {
  const { offers } = narrowed(patterns);
  return [count, split, read].filter(offers).map(({ tool }) => tool);
}

test('[mcp.narrow] patterns name components, functions by id or short name, and tools', () => {
  assert.deepEqual(offered(), ['demo_text_count', 'demo_text_api_split', 'acme_files_read']);
  assert.deepEqual(offered('demo:text'), ['demo_text_count', 'demo_text_api_split']);
  assert.deepEqual(offered('*:files'), ['acme_files_read']);
  assert.deepEqual(offered('demo:text/count', 'acme:*'), ['demo_text_count', 'acme_files_read']);
  assert.deepEqual(offered('*:*/api.*'), ['demo_text_api_split']);
  assert.deepEqual(offered('demo:text/split'), ['demo_text_api_split']);
  assert.deepEqual(offered('demo_text_*'), ['demo_text_count', 'demo_text_api_split']);
  assert.deepEqual(offered('demo_text_coun?'), ['demo_text_count']);
  assert.deepEqual(offered('demo:tex'), []);
  assert.deepEqual(offered('emo:text', 'demo:text/coun'), []);
});

test('[mcp.narrow] an exclamation mark takes out what others let in, and alone leaves the rest', () => {
  assert.deepEqual(offered('!demo:text'), ['acme_files_read']);
  assert.deepEqual(offered('demo:*', '!*:*/count'), ['demo_text_api_split']);
  assert.deepEqual(offered('!*'), []);
});

test('[mcp.narrow] Switchboard’s own tools stay unless a pattern takes them out by name', () => {
  const own = (...patterns: string[]) => narrowed(patterns).offersOwn('switchboard_call');
  assert.deepEqual(
    [own(), own('demo:text'), own('demo_*'), own('!demo:*'), own('!*:*')],
    [true, true, true, true, true],
  );
  assert.deepEqual([own('!switchboard_call'), own('demo:*', '!switchboard_*'), own('!*')], [false, false, false]);
});

test('[mcp.narrow] what is no pattern, mode or name is refused', () => {
  const refused = { code: 'invalid-setting' };
  for (const bad of [
    '',
    '!',
    'demo:text@1.0.0',
    'demo:',
    ':text',
    'demo:text/',
    'a b',
    'demo:text\n',
    'Demo:Text',
    '[a]',
  ]) {
    assert.throws(() => parsePattern(bad), refused, bad);
  }
  assert.throws(() => parsePattern('a'.repeat(201)), refused);
  assert.throws(() => narrowed(Array.from({ length: 201 }, () => 'a')), refused);
  for (const bad of ['', 'some', -1, 1.5, '1e3', null, {}]) assert.throws(() => parseToolsMode(bad), refused);
  assert.deepEqual(['all', 'search', 'auto', '7', 9].map(parseToolsMode), ['all', 'search', 100, 7, 9]);
  for (const bad of ['', '..', '/etc', 'a b', 'a'.repeat(65), 'ä']) {
    assert.throws(() => checkProfile({ name: bad, only: [] }), refused, bad);
    assert.throws(() => checkNarrowing({ profile: bad }), refused, bad);
  }
  assert.throws(() => checkProfile({ name: 'a', only: ['!'] }), SwitchboardError);
});

test('[mcp.narrow] a pattern takes no time to speak of, whatever it is', () => {
  const began = performance.now();
  assert.equal(glob(`${'*a'.repeat(99)}b`, 'a'.repeat(10_000)), false);
  assert.ok(performance.now() - began < 500);
  assert.equal(glob('a**c?*', 'abbbcd'), true);
});
