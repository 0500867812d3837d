/** What a call's outcome looks like to an MCP client. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import { type ErrorBody, type SwitchboardError, toSwitchboardError } from '#core/errors';
import type { Json } from '#host/api';
import { contentResult } from './content.ts';
import { cleanText } from './schemas.ts';
import type { ToolEntry } from './tools.ts';

/** Where `_meta` of a failed call carries `{code, kind, fix?, data?}`. */
export const ERROR_META = 'switchboard/error';

/** Characters of what a component says of its own failure; sent twice. */
const LONGEST_ERROR = 256 * 1024;

/** JSON-RPC codes this gateway answers with. */
export const RPC = { parse: -32700, request: -32600, method: -32601, params: -32602, internal: -32603 } as const;

/** A failure of the protocol itself: the SDK sends `code`, `message` and `data` as the JSON-RPC error. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }
}

/** Content as its blocks; else the value as text (a string is itself, anything else indented JSON) and as `structuredContent`. */
export function callResult(entry: ToolEntry, value: Json | undefined): CallToolResult {
  if (entry.content) return contentResult(entry.content, value, entry.component.replace(/@.*$/, ''));
  if (!entry.hasResult) return { content: [{ type: 'text', text: 'done' }] };
  const json = value ?? null;
  const text = typeof json === 'string' ? json : JSON.stringify(json, null, 2);
  const structuredContent = entry.wrap ? { result: json } : json;
  return { content: [{ type: 'text', text }], structuredContent };
}

/** A result of `switchboard_call`, whose `outputSchema` is any object: a function without a result gives an empty one. */
export function structured(result: CallToolResult): CallToolResult {
  return result.structuredContent === undefined && result.isError !== true
    ? { ...result, structuredContent: {} }
    : result;
}

/**
 * A failed call. What the model or its user can act on is a tool result with `isError`: the guest's own
 * error value, wrong arguments, denials, limits. A bug of ours is the JSON-RPC error -32603 without any
 * particulars, because a stack or a path is nothing a client may see.
 */
export function errorResult(thrown: unknown): CallToolResult {
  const error = toSwitchboardError(thrown);
  if (error.code === 'internal') throw new RpcError(RPC.internal, 'Internal error', { code: error.code });
  return {
    content: [{ type: 'text', text: errorText(error) }],
    isError: true,
    _meta: { [ERROR_META]: errorMeta(error) },
  };
}

/** A failed request other than a tool's: a JSON-RPC error that says what a failed tool would. */
export function requestError(thrown: unknown, code: number = RPC.internal): RpcError {
  if (thrown instanceof RpcError) return thrown;
  const error = toSwitchboardError(thrown);
  if (error.code === 'internal') return new RpcError(RPC.internal, 'Internal error', { code: error.code });
  return new RpcError(code, cleanText(errorText(error)), { [ERROR_META]: errorMeta(error) });
}

function errorText(error: SwitchboardError): string {
  if (error.code === 'component-error') return guestText(error);
  return `${error.code}: ${error.message}${error.fix === undefined ? '' : `\nTo fix: ${error.fix}`}`;
}

/** The error value the function returned: a string as itself, `{message: string}` and the like as JSON. */
function guestText(error: SwitchboardError): string {
  const { data } = error;
  if (typeof data !== 'object' || data === null || !('value' in data)) return error.message;
  const { value } = data;
  if (value === undefined || value === null) return error.message;
  return cut(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
}

function cut(text: string): string {
  return text.length > LONGEST_ERROR ? `${text.slice(0, LONGEST_ERROR).toWellFormed()}…` : text;
}

function errorMeta(error: SwitchboardError): Omit<ErrorBody, 'message'> {
  const { message: _, data, ...rest } = error.toJSON();
  // The text has what a client can use of it.
  if (data === undefined || JSON.stringify(data).length > LONGEST_ERROR) return rest;
  return { ...rest, data };
}
