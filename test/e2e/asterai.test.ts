/** Components written for asterai: its interface in the forms it has had, on a real host. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parsePermission, type SwitchboardError } from '#core';
import { createHost } from '#host';
import type { Host } from '#host/api';
import { guest } from '../guests/build.ts';

const BOT = 'test:bot';

async function hostWith(t: TestContext, bot: string, ...calls: string[]): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-asterai-'));
  const host = await createHost({ home });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  await host.install((await guest(bot)).path, { as: `${BOT}@0.1.0` });
  await host.install((await guest('kitchen')).path, { as: 'demo:kitchen@2.0.0' });
  await host.install((await guest('reflector')).path, { as: 'demo:other@0.1.0' });
  if (calls.length > 0) {
    await host.grant(BOT, { permissions: calls.map((text) => parsePermission('call', text)) });
  }
  return host;
}

const relay = (host: Host, component: string, fn: string, args: string): Promise<unknown> =>
  host.call(BOT, 'relay', [component, fn, args]);

const fails = (pattern: RegExp) => (error: SwitchboardError) => {
  assert.match(error.message, pattern);
  return true;
};

interface Info {
  readonly name: string;
  readonly version: string;
  readonly interfaces: readonly string[];
  readonly functions: readonly {
    readonly name: string;
    readonly interfaceName?: string;
    readonly inputs: readonly { readonly [key: string]: string }[];
    readonly output?: unknown;
  }[];
}

test('[asterai.api] without a grant a bot sees nothing and calls nothing', async (t) => {
  const host = await hostWith(t, 'asterai');
  assert.equal(await host.call(BOT, 'list', ['all']), '[]');
  assert.equal(await host.call(BOT, 'get', ['demo:other']), null);
  assert.equal(await host.call(BOT, 'implements', ['demo:kitchen', 'test:kitchen/api@0.1.0']), false);
  await assert.rejects(relay(host, 'demo:kitchen', 'api/echo-u8', '[1]'), (error: SwitchboardError) => {
    assert.equal(error.code, 'denied');
    assert.equal(error.fix, 'switchboard grant test:bot --call demo:kitchen#api/echo-u8');
    return true;
  });
});

test('[asterai.api] a bot finds components and calls them as interface/function with a JSON array', async (t) => {
  const host = await hostWith(t, 'asterai', 'demo:*', BOT);
  const all = JSON.parse(String(await host.call(BOT, 'list', ['all']))) as Info[];
  assert.deepEqual(
    all.map(({ name }) => name),
    ['demo:kitchen', 'demo:other', BOT],
  );
  const others = JSON.parse(String(await host.call(BOT, 'list', ['others']))) as Info[];
  assert.deepEqual(
    others.map(({ name }) => name),
    ['demo:kitchen', 'demo:other'],
  );
  const kitchen = JSON.parse(String(await host.call(BOT, 'get', ['demo:kitchen']))) as Info;
  assert.equal(kitchen.version, '2.0.0');
  assert.ok(kitchen.interfaces.includes('test:kitchen/api@0.1.0'));
  const echo = kitchen.functions.find(({ name }) => name === 'echo-orders');
  assert.equal(echo?.interfaceName, 'api');
  assert.deepEqual(echo?.inputs, [{ name: 'v', typeDescription: 'list<order>' }]);
  assert.equal(echo?.output, 'list<order>');
  assert.equal(await host.call(BOT, 'implements', ['demo:kitchen', 'test:kitchen/api@0.1.0']), true);
  assert.equal(await host.call(BOT, 'implements', ['demo:kitchen', 'test:kitchen/other@0.1.0']), false);
  assert.equal(await host.call(BOT, 'version'), '1.0.0');
  assert.equal(await relay(host, 'demo:kitchen', 'api/echo-string', '["hé"]'), '"hé"');
  assert.equal(await relay(host, 'demo:kitchen', 'api/nothing', '[]'), 'null');
  assert.equal(await relay(host, 'demo:other', 'tick', '["world"]'), '"world"');
});

test('[asterai.api] errors are of its kinds', async (t) => {
  const host = await hostWith(t, 'asterai', 'demo:*');
  await assert.rejects(relay(host, 'demo:nobody', 'x', '[]'), fails(/^component-not-found: /));
  await assert.rejects(relay(host, 'not a name', 'x', '[]'), fails(/^component-not-found: /));
  await assert.rejects(relay(host, 'demo:kitchen', 'api/nobody', '[]'), fails(/^function-not-found: /));
  await assert.rejects(relay(host, 'demo:kitchen', 'other/echo-u8', '[1]'), fails(/^function-not-found: /));
  await assert.rejects(relay(host, 'demo:kitchen', 'api/echo-u8', '[300]'), fails(/^invalid-args: /));
  await assert.rejects(relay(host, 'demo:kitchen', 'api/echo-u8', '[1,2]'), fails(/^invalid-args: /));
  await assert.rejects(relay(host, 'demo:kitchen', 'api/echo-u8', '{"v":1}'), fails(/^invalid-args: .*no JSON array/));
  await assert.rejects(relay(host, 'demo:kitchen', 'api/echo-u8', '[1'), fails(/^invalid-args: /));
  await assert.rejects(
    relay(host, 'demo:other', 'fails', '["why"]'),
    fails(/^invocation-failed: demo:other failed: "why"/),
  );
});

test('[asterai.api] a bot that was built with schemas of types gets them', async (t) => {
  const host = await hostWith(t, 'asterai-types', 'demo:kitchen#api.echo-o*');
  const kitchen = JSON.parse(String(await host.call(BOT, 'get', ['demo:kitchen']))) as Info;
  const echo = kitchen.functions.find(({ name }) => name === 'echo-orders');
  const [input] = echo?.inputs ?? [];
  assert.equal(input?.['typeName'], 'list<order>');
  assert.equal((JSON.parse(input?.['typeSchema'] ?? '') as { type: string }).type, 'array');
  const output = echo?.output as { readonly typeName: string; readonly typeSchema: string };
  assert.equal(output.typeName, 'list<order>');
  assert.equal((JSON.parse(output.typeSchema) as { type: string }).type, 'array');
});
