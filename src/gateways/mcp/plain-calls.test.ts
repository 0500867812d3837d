import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { CallToolRequest, JSONRPCMessage } from '@modelcontextprotocol/server';
import type { StopSignal } from '#core';
import { createPlainCalls, type PlainCalls } from './plain-calls.ts';
import { RpcError } from './results.ts';

interface Made {
  readonly name: string;
  readonly signal: StopSignal;
  readonly settle: PromiseWithResolvers<{ readonly content: readonly [] }>;
}

function create(ready = true): { plain: PlainCalls; made: Made[]; sent: object[] } {
  const made: Made[] = [];
  const sent: object[] = [];
  const call = (params: CallToolRequest['params'], signal: StopSignal) => {
    if (!ready) return undefined;
    const settle = Promise.withResolvers<{ readonly content: readonly [] }>();
    made.push({ name: params.name, signal, settle });
    return settle.promise as Promise<never>;
  };
  return { plain: createPlainCalls({ call, send: (message) => sent.push(message) }), made, sent };
}

const request = (id: number | string, params: unknown, method = 'tools/call'): JSONRPCMessage =>
  ({ jsonrpc: '2.0', id, method, params }) as JSONRPCMessage;
const cancelled = (requestId: unknown): JSONRPCMessage => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

test('[mcp.stdio] plain calls are answered under their own ids, in the order they end', async () => {
  const { plain, made, sent } = create();
  equal(plain.take(request(1, { name: 'a' })), true);
  equal(plain.take(request('two', { name: 'b', arguments: {} })), true);
  made[1]?.settle.resolve({ content: [] });
  await turn();
  made[0]?.settle.reject(new RpcError(-32602, 'Unknown tool: a', { why: 1 }));
  await turn();
  deepEqual(sent, [
    { result: { content: [] }, jsonrpc: '2.0', id: 'two' },
    { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'Unknown tool: a', data: { why: 1 } } },
  ]);
});

test('[mcp.stdio] what is not a plain call is left to the SDK', async () => {
  for (const message of [
    request(1, { name: 'a', _meta: { progressToken: 1 } }),
    request(1, { name: 5 }),
    request(1, { name: 'a', arguments: [] }),
    request(1, undefined),
    request(1, {}, 'tools/list'),
    { jsonrpc: '2.0', method: 'tools/call', params: { name: 'a' } } as JSONRPCMessage,
    { jsonrpc: '2.0', id: 1, result: {} } as JSONRPCMessage,
    cancelled(1),
    cancelled(undefined),
  ]) {
    const { plain, made } = create();
    equal(plain.take(message), false);
    equal(made.length, 0);
  }
  equal(create(false).plain.take(request(1, { name: 'a' })), false);
});

test('[mcp.stdio] a call right after a message to the SDK goes the same way, so that it cannot overtake it', async () => {
  const { plain, made } = create();
  equal(plain.take(request(1, { level: 'debug' }, 'logging/setLevel')), false);
  equal(plain.take(request(2, { name: 'a' })), false);
  await turn();
  await turn();
  equal(plain.take(request(3, { name: 'a' })), true);
  equal(made.length, 1);
});

test('[limit.cancel] a cancelled call is aborted and never answered; closing aborts what is left', async () => {
  const { plain, made, sent } = create();
  plain.take(request(1, { name: 'a' }));
  plain.take(request(2, { name: 'b' }));
  let told = 0;
  made[0]?.signal.addEventListener('abort', () => (told += 1));
  equal(plain.take(cancelled(1)), true);
  deepEqual([made[0]?.signal.aborted, made[1]?.signal.aborted, told], [true, false, 1]);
  made[0]?.settle.resolve({ content: [] });
  await turn();
  plain.close();
  equal(made[1]?.signal.aborted, true);
  made[1]?.settle.resolve({ content: [] });
  await turn();
  deepEqual(sent, []);
});
