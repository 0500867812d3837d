/** A tool call of an MCP client over stdio, against the same tool in a plain server of the official SDK. */
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createHost } from '#host';
import { guest } from '../../test/guests/build.ts';
import { LAUNCHER, ROOT } from '../processes.ts';
import { interleave, sequential } from '../rounds.ts';
import { comparedRow } from '../row.ts';
import { createScratchHome } from '../scratch-home.ts';
import type { Suite } from '../suite.ts';
import { TEXT } from './echo-guests.ts';

export const measureMcp: Suite = async ({ quick }) => {
  const home = await createScratchHome();
  const host = await createHost({ home: home.path });
  await host.install((await guest('echo')).bytes, { as: 'bench:echo@1.0.0' });
  await host.setLimits('bench:echo', { reuse: 'resident' });
  await host.close();
  const ours = await connect(LAUNCHER, ['serve', '--stdio', '--home', home.path]);
  const plain = await connect(process.execPath, [join(ROOT, 'bench', 'fixtures', 'plain-mcp-server.ts')]);
  const calls = quick ? 5 : 100;
  // Long: both servers, and the client's halves of both, have code to compile.
  await sequential(calls * 50, () => callEcho(ours));
  await sequential(calls * 50, () => callEcho(plain));
  const took = await interleave(
    { plain: () => sequential(calls, () => callEcho(plain)), ours: () => sequential(calls, () => callEcho(ours)) },
    { least: quick ? 2 : 30, most: 100, budgetMs: quick ? 1 : 6_000 },
  );
  const together = await interleave(
    { plain: () => inFlight(calls, plain), ours: () => inFlight(calls, ours) },
    { least: quick ? 2 : 30, most: 100, budgetMs: quick ? 1 : 6_000 },
  );
  await ours.close();
  await plain.close();
  await home.remove();
  return [
    comparedRow('MCP tools/call over stdio', 'µs', took.ours, took.plain, 1.5 * took.plain),
    comparedRow('MCP tools/call over stdio, 16 in flight', 'µs', together.ours, together.plain, 1.5 * together.plain),
  ];
};

const IN_FLIGHT = 16;

/** Microseconds a call, `count` calls with 16 under way at any time. */
export async function inFlight(count: number, client: Client): Promise<number> {
  let left = count;
  const started = performance.now();
  const lane = async (): Promise<void> => {
    while (left-- > 0) await callEcho(client);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return ((performance.now() - started) / count) * 1000;
}

async function connect(command: string, args: string[]): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(new StdioClientTransport({ command, args, stderr: 'ignore' }));
  const { tools } = await client.listTools();
  if (!tools.some(({ name }) => name === TOOL)) throw new Error(`${command} offers no tool ${TOOL}`);
  return client;
}

const TOOL = 'bench_echo_echo';
const ANSWER = JSON.stringify({ result: TEXT });

export async function callEcho(client: Client): Promise<void> {
  const { structuredContent } = await client.callTool({ name: TOOL, arguments: { text: TEXT } });
  if (JSON.stringify(structuredContent) !== ANSWER) {
    throw new Error(`the answer is ${JSON.stringify(structuredContent)}`);
  }
}
