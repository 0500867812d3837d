/** What a JSON-RPC message must look like before anything of ours or of the SDK sees it. */
import { isUtf8 } from 'node:buffer';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { RPC, RpcError } from './results.ts';

/** No value of WIT nests without end, and what walks a value must not run out of stack. */
const DEEPEST = 512;

/** One message or more as JSON. Errors: `RpcError`, parse error or invalid request. `bytes` are those of the text. */
export function parseJson(text: string, bytes: () => Uint8Array): unknown {
  // What is not UTF-8 was read as U+FFFD, which may also have been sent.
  if (text.includes('\uFFFD') && !isUtf8(bytes())) throw new RpcError(RPC.parse, 'Parse error: not UTF-8');
  if (tooDeep(text)) throw new RpcError(RPC.request, `Invalid Request: nested deeper than ${DEEPEST}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RpcError(RPC.parse, 'Parse error');
  }
}

/** Cheap for what is small or has long strings; looks only at brackets outside of strings, so wants no valid JSON. */
export function tooDeep(text: string): boolean {
  if (text.length <= DEEPEST) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22:
        i = endOfString(text, i);
        if (i < 0) return false;
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > DEEPEST) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
      default:
    }
  }
  return false;
}

/** Where the string that begins at `start` ends; -1 if it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

/** What JSON-RPC and MCP ask of an envelope; the methods' own parameters are checked by their handlers. */
export function isMessage(value: unknown): value is JSONRPCMessage {
  if (!isRecord(value) || value['jsonrpc'] !== '2.0') return false;
  const { id, method, params, result, error } = value;
  if (id !== undefined && typeof id !== 'string' && !Number.isSafeInteger(id)) return false;
  if (method !== undefined) return typeof method === 'string' && (params === undefined || isRecord(params));
  return id !== undefined && (isRecord(result) || isRecord(error));
}

/** The id to answer with, where what was sent has one. */
export function idOf(value: unknown): string | number | null {
  const id = isRecord(value) ? value['id'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

/** The ids of the requests in a message or a batch. */
export function requestIds(body: unknown): readonly (string | number)[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return messages.flatMap((message) => {
    const id = isRecord(message) && 'method' in message ? message['id'] : undefined;
    return typeof id === 'string' || typeof id === 'number' ? [id] : [];
  });
}

export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
