/** Official SDK clients of a host in this process, over a stream or over HTTP. */
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Narrowing } from '#core/narrowing';
import { serveMcpStream, startHttp } from '#gateways/mcp/index';
import type { Host } from '#host/api';

export type Generation = 'legacy' | 'auto';

export interface StreamClient {
  readonly client: Client;
  /** Ends the client's side. */
  readonly leave: () => void;
}

/** A client over a pair of streams, as over stdio. */
export async function streamClient(
  t: TestContext,
  host: Host,
  narrowing?: Narrowing,
  mode: Generation = 'legacy',
): Promise<StreamClient> {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const served = await serveMcpStream(host, { input: toServer, output: toClient, narrowing });
  const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new StdioServerTransport(toClient, toServer));
  t.after(async () => {
    await client.close();
    await served.close();
  });
  return { client, leave: () => void toServer.end() };
}

export interface HttpClients {
  readonly url: string;
  connect(query?: string, mode?: Generation): Promise<{ client: Client; transport: StreamableHTTPClientTransport }>;
}

/** An HTTP server and a maker of clients of it. */
export async function httpClients(t: TestContext, host: Host, narrowing?: Narrowing): Promise<HttpClients> {
  const http = await startHttp(host, { host: '127.0.0.1', port: 0, token: () => host.token(), narrowing });
  t.after(() => http.close());
  return {
    url: http.url,
    async connect(query = '', mode = 'legacy') {
      const requestInit = { headers: { Authorization: `Bearer ${await host.token()}` } };
      const client = new Client({ name: 'tester', version: '1' }, { versionNegotiation: { mode } });
      const transport = new StreamableHTTPClientTransport(new URL(`${http.url}${query}`), { requestInit });
      await client.connect(transport);
      t.after(() => client.close());
      return { client, transport };
    },
  };
}

/** The names of all listed tools, page after page. */
export async function toolNames(client: Client): Promise<readonly string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.request({ method: 'tools/list', params: cursor === undefined ? {} : { cursor } });
    names.push(...page.tools.map(({ name }) => name));
    if (page.nextCursor === undefined) return names;
    cursor = page.nextCursor;
  }
}

/** The code of a failed result; undefined if it did not fail. */
export function codeOf(result: CallToolResult): string | undefined {
  return (result._meta?.['switchboard/error'] as { code?: string } | undefined)?.code;
}

/** Settles at the next `tools/list_changed`. */
export function listChanged(client: Client): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  client.setNotificationHandler('notifications/tools/list_changed', () => resolve());
  return promise;
}
