/**
 * The gateway as MCP's conformance suite wants to find it: the product's own code, without a token, with the tools that
 * the suite asks for by name. Most of them are components of test/guests; what no component can express is in
 * fixtures.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { toolName } from '#gateways/mcp/names';
import { type ServedHttp, startHttp } from '#gateways/mcp/index';
import { createHost } from '#host';
import { guest } from '../guests/build.ts';
import { fixtures } from './fixtures.ts';

const COMPONENT = 'test:conformance';

/** Serves until the test ends. */
export async function serveComposition(t: TestContext): Promise<ServedHttp> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-conformance-'));
  const host = await createHost({ home });
  await host.install((await guest('conformance')).bytes, { as: `${COMPONENT}@0.1.0` });
  await host.grant(COMPONENT, { permissions: [{ kind: 'elicit' }, { kind: 'sample' }] });
  const http = await startHttp(host, {
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    composition: {
      ...fixtures(host),
      nameTool: (component, fn) =>
        component === COMPONENT ? `test_${fn.replaceAll('-', '_')}` : toolName(component, fn),
    },
  });
  t.after(async () => {
    await http.close();
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  return http;
}
