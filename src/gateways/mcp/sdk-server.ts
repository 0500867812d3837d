/** The SDK's server, with errors as the protocol and this project want them. */
import { type JSONRPCRequest, type Result, Server, type ServerContext } from '@modelcontextprotocol/server';
import { printable } from '#core/reference';
import { RPC, RpcError } from './results.ts';

type Handler = (request: JSONRPCRequest, ctx: ServerContext) => Promise<Result>;

/**
 * Of the SDK alone, parameters that do not fit a method's schema are the internal error -32603, and so is whatever a
 * handler throws, with its message. Here the former are -32602 and say which parameter; the latter say nothing of what
 * is inside.
 */
export class GatewayServer extends Server {
  protected override _wrapHandler(method: string, handler: Handler): Handler {
    const wrapped = super._wrapHandler(method, handler);
    return async (request, ctx) => {
      try {
        return await wrapped(request, ctx);
      } catch (thrown) {
        throw protocolError(thrown);
      }
    };
  }
}

function protocolError(thrown: unknown): unknown {
  const { code, message } = thrown as { readonly code?: unknown; readonly message?: unknown };
  if (Number.isSafeInteger(code)) return thrown;
  const issues = typeof message === 'string' ? schemaIssues(message) : undefined;
  return issues === undefined ? new RpcError(RPC.internal, 'Internal error') : new RpcError(RPC.params, issues);
}

/** The SDK throws what zod found as a message that is a JSON list of `{path, message}`. */
function schemaIssues(text: string): string | undefined {
  if (!text.startsWith('[')) return undefined;
  let issues: unknown;
  try {
    issues = JSON.parse(text);
  } catch {
    return undefined;
  }
  const [first] = Array.isArray(issues) ? (issues as readonly unknown[]) : [];
  const { path, message } = (first ?? {}) as { readonly path?: unknown; readonly message?: unknown };
  if (!Array.isArray(path) || typeof message !== 'string') return undefined;
  return `Invalid params: ${printable(`${path.join('.')}: ${message}`, 300)}`;
}
