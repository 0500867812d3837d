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
