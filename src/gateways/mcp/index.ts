/** The MCP gateway: the functions of installed components as tools, over stdio-like streams and HTTP. */
import type { Host } from '#host/api';
import type { HttpOptions, ServedHttp } from './http.ts';
import type { McpStream, ServedStream } from './stream.ts';

export { toolName } from './names.ts';
export type { HttpOptions, McpStream, ServedHttp, ServedStream };

/**
 * Serves MCP over streamable HTTP at `/mcp`, with the bearer token of `options.token` and checks of `Host`
 * and `Origin`. Fails with `port-taken` or `invalid-setting`. The SDK is loaded here, not before.
 */
export async function startHttp(host: Host, options: HttpOptions): Promise<ServedHttp> {
  const { serveHttp } = await import('./http.ts');
  return serveHttp(host, options);
}

/**
 * Serves one MCP connection over a pair of byte streams, newline-delimited JSON-RPC as in MCP's stdio
 * transport. The streams stay the caller's: after `closed` it is for the caller to end them. The SDK is
 * loaded here, not before; nothing is read from `input` until then.
 */
export async function serveMcpStream(host: Host, io: McpStream): Promise<ServedStream> {
  const { serveStream } = await import('./stream.ts');
  return serveStream(host, io);
}
