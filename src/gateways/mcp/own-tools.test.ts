import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Principal } from '#core';
import { fakeHostWithTools } from '#test/fakes/fake-tools';
import { serveMcpStream } from './index.ts';

async function withClient(work: (client: Client, filed: unknown[]) => Promise<void>): Promise<void> {
  const filed: unknown[] = [];
  const host = fakeHostWithTools();
  host.requestPermission = async (component, permissions, reason, principal) => {
    filed.push([component, permissions, reason, principal]);
    return {
      id: 'r_1',
      subject: component,
      permissions,
      reason,
      principal: principal as Principal,
      filedAt: 0,
      state: 'open',
    };
  };
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const served = await serveMcpStream(host, { input: toServer, output: toClient });
  const client = new Client({ name: 'tester', version: '1' });
  await client.connect(new StdioServerTransport(toClient, toServer));
  try {
    await work(client, filed);
  } finally {
    await client.close();
    await served.close();
  }
}

test('[mcp.request-permission] a model asks, which files a request and says what the person must run', () =>
  withClient(async (client, filed) => {
    const answer = await client.callTool({
      name: 'switchboard_request_permission',
      arguments: { component: 'demo:text', permissions: ['fs /data:ro', 'net api.example.com'], reason: 'to read' },
    });
    assert.equal(answer.isError, undefined);
    const { command } = answer.structuredContent as { command: string };
    assert.equal(command, 'switchboard approvals allow r_1 --dir "$PWD":/data');
    assert.ok(JSON.stringify(answer.content).includes('Nothing is given yet'));
    assert.deepEqual(filed, [
      [
        'demo:text',
        [
          { kind: 'fs', guest: '/data', mode: 'ro' },
          { kind: 'net', host: 'api.example.com' },
        ],
        'to read',
        { kind: 'mcp', label: 'tester/1' },
      ],
    ]);
  }));

test('[mcp.request-permission] what is no permission is refused, and nothing is filed', () =>
  withClient(async (client, filed) => {
    for (const permissions of [['fs data'], ['net 2130706433'], ['env A=b'], ['everything'], [5]]) {
      const { isError } = await client.callTool({
        name: 'switchboard_request_permission',
        arguments: { component: 'demo:text', permissions, reason: 'r' },
      });
      assert.equal(isError, true, JSON.stringify(permissions));
    }
    await assert.rejects(client.callTool({ name: 'switchboard_request_permission', arguments: {} }), { code: -32602 });
    assert.deepEqual(filed, []);
  }));

test('[policy.person] nothing that MCP offers grants, installs or reads a secret', () =>
  withClient(async (client) => {
    const { tools } = await client.listTools();
    const ours = tools.filter(({ name }) => name.startsWith('switchboard_'));
    assert.deepEqual(
      ours.map(({ name }) => name),
      [
        'switchboard_list_components',
        'switchboard_search_components',
        'switchboard_inspect_component',
        'switchboard_get_policy',
        'switchboard_call',
        'switchboard_request_permission',
      ],
    );
    for (const name of ['switchboard_grant', 'switchboard_install', 'switchboard_secret_get', 'grant']) {
      await assert.rejects(client.callTool({ name, arguments: {} }), { code: -32602 });
    }
  }));

test('[policy.person] whatever a client asks for, no more of the host is touched than tools need', async () => {
  const touched = new Set<string>();
  const fake = fakeHostWithTools();
  fake.requestPermission = async (subject, permissions, reason) => {
    const principal = { kind: 'mcp', label: 'x' } as const;
    return { id: 'r_1', subject, permissions, reason, principal, filedAt: 0, state: 'open' };
  };
  fake.add('demo:text@0.9.0', [{ id: 'upper', result: { type: 'string' }, run: (args) => String(args['text']) }]);
  const host = new Proxy(fake, {
    get(target, key) {
      if (typeof key === 'string') touched.add(key);
      return Reflect.get(target, key) as unknown;
    },
  });
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const served = await serveMcpStream(host, { input: toServer, output: toClient });
  const client = new Client({ name: 'tester', version: '1' });
  await client.connect(new StdioServerTransport(toClient, toServer));
  const { tools } = await client.listTools();
  const permissions = ['fs /data:rw', 'net *', 'secret KEY'];
  const args = {
    component: 'demo:text',
    permissions,
    reason: 'r',
    text: 'a',
    host: '/',
    allow: true,
    person: 'terminal',
  };

  for (const { name } of tools.filter((tool) => !tool.name.endsWith('_wait'))) {
    await client.callTool({ name, arguments: args }, { timeout: 200 }).catch(() => undefined);
  }
  const component = 'demo:text';
  const own: readonly (readonly [string, object])[] = [
    ['list_components', {}],
    ['search_components', { query: 'count words' }],
    ['search_tools', { query: 'count words' }],
    ['inspect_component', { component }],
    ['get_policy', { component }],
    ['call', { component, function: 'upper', arguments: { text: 'a' } }],
    ['call', { component: fake.digestOf('demo:text@1.0.0'), function: 'counter.new' }],
    ['call', { component: 'demo:text@0.9.0', function: 'upper', arguments: { text: 'a' } }],
  ];
  for (const [name, given] of own) {
    const { isError, content } = await client.callTool({ name: `switchboard_${name}`, arguments: { ...given } });
    assert.equal(isError, undefined, JSON.stringify(content));
    // What is asked for beyond what the tool takes is refused, not passed on.
    const more = await client.callTool({ name: `switchboard_${name}`, arguments: { ...given, person: 'terminal' } });
    assert.equal(more.isError, true);
  }
  for (const name of ['grant', 'decide-approval', 'set-secret', 'install', '__proto__']) {
    await assert.rejects(client.callTool({ name, arguments: args }), { code: -32602 });
  }
  const answered = new Map<number, { readonly error?: { readonly code: number } }>();
  const { promise, resolve } = Promise.withResolvers<void>();
  const methods = ['grant', 'decide-approval', 'set-secret', 'install', 'resources/list', 'prompts/list', '__proto__'];
  toClient.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) {
      const message = JSON.parse(line) as { readonly id?: number; readonly error?: { readonly code: number } };
      if (message.id !== undefined && message.id >= 1_000) answered.set(message.id, message);
    }
    if (answered.size === methods.length) resolve();
  });
  for (const [i, method] of methods.entries()) {
    toServer.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1_000 + i, method, params: args })}\n`);
  }
  await promise;
  for (const { error } of answered.values()) assert.equal(error?.code, -32601);
  await client.close();
  await served.close();
  const reads = ['info', 'limits', 'list', 'policy', 'status', 'subscribe'];
  const offered = [...reads, 'call', 'requestPermission', 'session'];
  assert.deepEqual(
    [...touched].filter((name) => !offered.includes(name)),
    [],
  );
  assert.deepEqual(
    offered.filter((name) => !touched.has(name)),
    [],
  );
});
