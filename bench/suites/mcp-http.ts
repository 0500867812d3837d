/** MCP over streamable HTTP, against a server of the official SDK with the same tools. */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { connectHost } from '#gateways/control/index';
import { createHost } from '#host';
import { guest } from '../../test/guests/build.ts';
import { ended, LAUNCHER, ROOT } from '../processes.ts';
import { interleave } from '../rounds.ts';
import { boundedRow, comparedRow, equalRow, type Row } from '../row.ts';
import { createScratchHome } from '../scratch-home.ts';
import type { Suite } from '../suite.ts';
import { inFlight } from './mcp.ts';

export const measureMcpHttp: Suite = async ({ quick }) => {
  return [...(await calls(quick)), ...(await lists(quick)), ...(await firstList())];
};

async function calls(quick: boolean): Promise<Row[]> {
  const home = await homeWith(1);
  const ours = await serveOurs(home.path);
  const plain = await servePlain(1);
  const count = quick ? 20 : 100;
  await inFlight(count * 30, ours.client);
  await inFlight(count * 30, plain.client);
  const took = await interleave(
    { plain: () => inFlight(count, plain.client), ours: () => inFlight(count, ours.client) },
    { least: quick ? 2 : 30, most: 100, budgetMs: quick ? 1 : 6_000 },
  );
  await ours.close();
  await plain.close();
  await home.remove();
  return [comparedRow('MCP tools/call over HTTP, 16 in flight', 'µs', took.ours, took.plain, 1.5 * took.plain)];
}

const MANY = 500;
/** Of the guest echo. */
const FUNCTIONS = 2;

async function lists(quick: boolean): Promise<Row[]> {
  const many = quick ? 5 : MANY;
  const home = await homeWith(Math.ceil(many / FUNCTIONS));
  const ours = await serveOurs(home.path);
  const plain = await servePlain(many);
  const took = await interleave(
    { plain: () => listAll(plain.client, many), ours: () => listAll(ours.client, many) },
    { least: quick ? 2 : 20, most: 60, budgetMs: quick ? 1 : 6_000 },
  );
  await ours.close();
  await plain.close();
  await home.remove();
  return [comparedRow('MCP tools/list, 500 tools', 'ms', took.ours, took.plain, 1.2 * took.plain)];
}

/** Of a home that was served before: what is installed was compiled then, and nothing is for a list. */
async function firstList(): Promise<Row[]> {
  const home = await homeWith(100);
  const compiled = (): string =>
    readdirSync(join(home.path, 'cache'))
      .map((name) => `${name} ${statSync(join(home.path, 'cache', name)).mtimeMs}`)
      .join();
  const before = compiled();
  const started = performance.now();
  const ours = await serveOurs(home.path);
  const list = await listAll(ours.client, 100 * FUNCTIONS);
  const all = performance.now() - started;
  // Of the process that serves: `createHost` would be a host of its own.
  const host = await connectHost(home.path);
  const { cells } = await host.status();
  await host.close();
  const changed = compiled() === before ? 0 : 1;
  await ours.close();
  await home.remove();
  return [
    boundedRow('first tools/list, 100 components', 'ms', list, 500),
    boundedRow('start of the program to the end of it', 'ms', all, 3_000),
    equalRow('cells started or components compiled for it', 'calls', cells + changed, 0),
  ];
}

async function listAll(client: Client, least: number): Promise<number> {
  const started = performance.now();
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    count += page.tools.length;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (count < least || count > least + 20) throw new Error(`${count} tools are listed, not ${least}`);
  return performance.now() - started;
}

async function homeWith(components: number): ReturnType<typeof createScratchHome> {
  const home = await createScratchHome();
  const { bytes } = await guest('echo');
  // The first to serve a home installs the bundled ones: their tools would be none of the plain server's.
  await (await serveOurs(home.path)).close();
  await home.quiet();
  const host = await createHost({ home: home.path });
  for (const { name } of await host.list()) await host.uninstall(name);
  for (let i = 0; i < components; i += 1) {
    const name = i === 0 ? 'bench:echo' : `bench:echo-${i}`;
    await host.install(bytes, { as: `${name}@1.0.0` });
    if (i === 0) await host.setLimits(name, { reuse: 'resident' });
  }
  await host.close();
  return home;
}

interface Served {
  readonly client: Client;
  close(): Promise<void>;
}

const serveOurs = (home: string): Promise<Served> =>
  connect(spawn(LAUNCHER, ['serve', '--port', '0', '--tools', 'all', '--output', 'json', '--home', home], QUIET));

const servePlain = (tools: number): Promise<Served> =>
  connect(spawn(process.execPath, [join(ROOT, 'bench', 'fixtures', 'plain-mcp-http.ts'), String(tools)], QUIET));

const QUIET: SpawnOptions = { stdio: ['ignore', 'pipe', 'ignore'] };

async function connect(child: ChildProcess): Promise<Served> {
  if (!child.stdout) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, token } = JSON.parse(line) as { readonly url: string; readonly token?: string };
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return {
    client,
    async close() {
      await client.close();
      child.kill('SIGTERM');
      await ended(child);
    },
  };
}
