import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fromWit } from '#test/wit/fixtures';
import { decodeComponent } from '#wit';
import { contentFunctions, isServedInterface, servedBy } from './mcp-content.ts';

const WIT = await readFile(new URL('../../wit/mcp.wit', import.meta.url), 'utf8');
const [, BODY = ''] = WIT.split('package switchboard:mcp@0.1.0;');

/** The types of a component of this world, with `switchboard:mcp` as it is or changed. */
const typesOf = async (world: string, version = '0.1.0', body = BODY) =>
  decodeComponent(await fromWit(`package t:t;\n${world}\npackage switchboard:mcp@${version} {${body}}`, 'w'));

const FUNCTIONS = `
  export one: func() -> content;
  export many: func(a: string) -> list<content>;
  export tried: func() -> result<list<content>, string>;
  export whole: func() -> result<tool-result>;
  export optional: func() -> option<content>;
  export nested: func() -> list<list<content>>;
  export words: func() -> list<string>;
  export nothing: func();`;
const world = (version = '0.1.0'): string =>
  `world w { use switchboard:mcp/content@${version}.{content, tool-result}; ${FUNCTIONS} }`;

test('[mcp.content] results of wit/mcp.wit are known by their types', async () => {
  assert.deepEqual(
    [...contentFunctions(await typesOf(world()))],
    [
      ['one', 'block'],
      ['many', 'list'],
      ['tried', 'list'],
      ['whole', 'tool-result'],
    ],
  );
});

test('[mcp.content] types of another version, another package or another structure are plain values', async () => {
  assert.equal(contentFunctions(await typesOf(world('0.2.0'), '0.2.0')).size, 0);
  const other = BODY.replace('data: list<u8>,', 'data: string,');
  assert.notEqual(other, BODY);
  assert.equal(contentFunctions(await typesOf(world(), '0.1.0', other)).size, 0);
  const renamed = await fromWit(
    `package t:t; interface content { variant content { text(string) } }
    world w { use content.{content}; export one: func() -> content; }`,
    'w',
  );
  assert.equal(contentFunctions(decodeComponent(renamed)).size, 0);
});

test('[mcp.resources] a component serves by the interfaces of wit/mcp.wit as they are, whole', async () => {
  const exporting = (...names: string[]) =>
    `world w { ${names.map((name) => `export switchboard:mcp/${name}@0.1.0;`).join(' ')} }`;
  const all = servedBy(await typesOf(exporting('resources', 'prompts', 'completion')));
  assert.deepEqual(all, {
    resources: {
      'list-resources': 'resources.list-resources',
      'list-templates': 'resources.list-templates',
      read: 'resources.read',
    },
    prompts: { 'list-prompts': 'prompts.list-prompts', get: 'prompts.get' },
    completion: { complete: 'completion.complete' },
  });
  assert.deepEqual(Object.keys(servedBy(await typesOf(exporting('prompts')))), ['prompts']);
  const less = BODY.replace('read: func(uri: string)', 'read: func(uri: string, more: bool)');
  assert.deepEqual(servedBy(await typesOf(exporting('resources', 'prompts'), '0.1.0', less)), { prompts: all.prompts });
  assert.ok(isServedInterface('switchboard:mcp/resources@0.1.0'));
  assert.ok(!isServedInterface('switchboard:mcp/content@0.1.0') && !isServedInterface(undefined));
});
