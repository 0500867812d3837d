/** SDK clients of the MCP gateway on a host in this process: each transport, each generation of the protocol. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { serveMcpStream, startHttp } from '#gateways/mcp/index';
import { createHost } from '#host';
import type { Host } from '#host/api';
import { guest } from '../guests/build.ts';
import { PREVIEW3_GUEST, stockGuest } from '../stock/guests.ts';

export interface Way {
  readonly transport: 'stdio' | 'HTTP';
  readonly mode: 'legacy' | 'auto';
  readonly name: string;
}

export const WAYS: readonly Way[] = (['stdio', 'HTTP'] as const).flatMap((transport) => [
  { transport, mode: 'legacy', name: `${transport}, 2025-11-25` },
  { transport, mode: 'auto', name: `${transport}, 2026-07-28` },
]);

/** A host with these guests, each under `test:<name>@0.1.0`. */
export async function hostWithGuests(t: TestContext, ...guests: readonly string[]): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-mcp-'));
  const host = await createHost({ home });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  for (const name of guests) await host.install(await fileOf(name), { as: `test:${name}@0.1.0` });
  return host;
}

/** A folder of test/guests, or the guest of WASI 0.3. */
async function fileOf(name: string): Promise<string> {
  return name === PREVIEW3_GUEST ? stockGuest(name) : (await guest(name)).path;
}

/** A client that is connected for the length of the test. */
export async function clientOf(t: TestContext, host: Host, way: Way, options: ClientOptions = {}): Promise<Client> {
  const client = new Client({ name: 'tester', version: '1' }, { ...options, versionNegotiation: { mode: way.mode } });
  if (way.transport === 'HTTP') {
    const token = await host.token();
    const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: async () => token });
    t.after(() => http.close());
    const headers = { Authorization: `Bearer ${token}` };
    await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit: { headers } }));
  } else {
    const [toServer, toClient] = [new PassThrough(), new PassThrough()];
    const served = await serveMcpStream(host, { input: toServer, output: toClient });
    t.after(() => served.close());
    await client.connect(new StdioServerTransport(toClient, toServer));
  }
  t.after(() => client.close());
  return client;
}
