/** Libraries that people know, from the packages of this checkout to an answer over MCP, without a network. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { serveMcpStream } from '#gateways/mcp/index';
import { openWorkshop } from './workshop.ts';

interface Case {
  readonly package: string;
  readonly only: string;
  /** The end of the tool's name. */
  readonly tool: string;
  readonly arguments: { readonly [name: string]: unknown };
  readonly answer: unknown;
  /** What makes the value that it is a method of. */
  readonly maker?: { readonly tool: string; readonly arguments: { readonly [name: string]: unknown } };
}

const CASES: readonly Case[] = [
  { package: 'marked', only: 'parse', tool: 'parse', arguments: { src: '*hi*' }, answer: '<p><em>hi</em></p>\n' },
  {
    package: 'dayjs',
    only: 'dayjs',
    tool: 'dayjs-object.format',
    arguments: { template: 'YYYY' },
    answer: '2026',
    maker: { tool: 'api_dayjs', arguments: { date: { tag: 'text', val: '2026-03-01' } } },
  },
  {
    package: 'slugify',
    only: 'slugify',
    tool: 'slugify',
    arguments: { string: 'Hello, World' },
    answer: 'Hello-World',
  },
  {
    package: 'diff',
    only: 'diffChars',
    tool: 'diff-chars',
    arguments: { 'old-str': 'a', 'new-str': 'b' },
    answer: undefined,
  },
  {
    package: 'change-case',
    only: 'camelCase',
    tool: 'camel-case',
    arguments: { input: 'two words' },
    answer: 'twoWords',
  },
  { package: 'yaml', only: 'stringify', tool: 'stringify', arguments: { value: '{"a":[1]}' }, answer: 'a:\n  - 1\n' },
  {
    package: 'semver',
    only: 'valid',
    tool: 'valid',
    arguments: { version: { tag: 'text', val: 'v1.2.3' } },
    answer: '1.2.3',
  },
  { package: 'papaparse', only: 'unparse', tool: 'unparse', arguments: { data: '[{"a":1}]' }, answer: 'a\r\n1' },
  { package: 'entities', only: 'encodeXML', tool: 'encode-xml', arguments: { str: 'a < b' }, answer: 'a &lt; b' },
  { package: 'smol-toml', only: 'parse', tool: 'parse', arguments: { toml: 'a = 1' }, answer: '{"a":1}' },
];

test('[wrap.mcp] ten libraries are wrapped offline and called over MCP', { timeout: 600_000 }, async (t) => {
  const workshop = await openWorkshop(t);
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  for (const one of CASES) {
    await t.test(one.package, async () => {
      const wrapped = await workshop.offer({ package: one.package, only: [one.only] });
      assert.ok(wrapped.functions.includes(one.tool), `${one.tool} is among ${wrapped.functions.join(', ')}`);
    });
  }
  const served = await serveMcpStream(workshop.host, { input: toServer, output: toClient });
  const client = new Client({ name: 'tester', version: '1' });
  await client.connect(new StdioServerTransport(toClient, toServer));
  try {
    const { tools } = await client.listTools();
    for (const one of CASES) {
      await t.test(`${one.package} over MCP`, async () => {
        const ending = `${one.package}_api_${one.tool}`.replaceAll(/[.-]/g, '_');
        const tool = tools.find(({ name }) => name.replaceAll(/[.-]/g, '_').endsWith(ending));
        assert.ok(tool, `no tool ends with ${ending}: ${tools.map(({ name }) => name).join(' ')}`);
        const maker = tools.find(({ name }) => name.endsWith(`_${one.maker?.tool ?? '-'}`));
        const made =
          maker === undefined
            ? undefined
            : await client.callTool({ name: maker.name, arguments: one.maker?.arguments ?? {} });
        const { result: handle } = (made?.structuredContent ?? {}) as { result?: unknown };
        const self = maker === undefined ? {} : { self: handle };
        const result = await client.callTool({ name: tool.name, arguments: { ...self, ...one.arguments } });
        assert.notEqual(result.isError, true, JSON.stringify(result.content));
        const { result: value } = (result.structuredContent ?? {}) as { result?: unknown };
        if (one.answer !== undefined) assert.deepEqual(value, one.answer, JSON.stringify(result));
      });
    }
  } finally {
    await client.close();
    await served.close();
  }
});
