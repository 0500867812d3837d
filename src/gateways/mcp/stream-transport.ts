/**
 * MCP's stdio transport over any pair of byte streams: one JSON-RPC message per line, UTF-8. The SDK's
 * own is for the process's stdio; this one answers what is not JSON, bounds both directions, and checks
 * the envelope by hand rather than with zod, which would be a tenth of a small call.
 */
import { StringDecoder } from 'node:string_decoder';
import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';
import { RPC } from './results.ts';

/** A longer line ends the connection: where it would end is unknown. */
const LONGEST_LINE = 16 * 1024 * 1024;
/** Messages in one line, as revision 2025-03-26 has it; each is answered by itself. */
const MOST_IN_BATCH = 100;
/** Answers a client may leave unread before its requests are left unread too. */
const MOST_UNREAD = 32 * 1024 * 1024;

export interface StreamTransport extends Transport {
  /** Sees each message first; true: it is taken, and the SDK does not see it. Its answers go through `write`. */
  intercept: ((message: JSONRPCMessage) => boolean) | undefined;
  /** Sends at once; nothing after the transport has closed. */
  write(message: object): void;
  /** Settles when the transport has closed, whoever closed it; nothing is read or written after it. */
  readonly closed: Promise<void>;
}

/** The streams stay the caller's: closing the transport neither ends nor destroys them. */
export function createStreamTransport(input: Readable, output: Writable): StreamTransport {
  const { promise: closed, resolve: settle } = Promise.withResolvers<void>();
  const decoder = new StringDecoder('utf8');
  let pending: string[] = [];
  let length = 0;
  let started = false;
  let open = true;

  const close = (): void => {
    if (!open) return;
    open = false;
    input.off('data', onData).off('end', close).off('close', close).off('error', onError);
    output.off('drain', onDrain).off('close', close).off('error', onError);
    // A stream without an error listener turns a late EPIPE into a crash of the process.
    input.on('error', ignore);
    output.on('error', ignore);
    if (started && !input.destroyed) input.pause();
    pending = [];
    transport.onclose?.();
    settle();
  };
  const onError = (error: Error): void => {
    transport.onerror?.(error);
    close();
  };
  const onDrain = (): void => void input.resume();

  const write = (message: object): void => {
    if (!open) return;
    output.write(`${JSON.stringify(message)}\n`);
    if (output.writableLength > MOST_UNREAD) input.pause();
  };
  const receive = (line: string): void => {
    if (line.trim() === '') return;
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      write({ jsonrpc: '2.0', id: null, error: { code: RPC.parse, message: 'Parse error' } });
      return;
    }
    if (Array.isArray(message) && message.length > 0 && message.length <= MOST_IN_BATCH) message.forEach(take);
    else take(message);
  };
  const take = (message: unknown): void => {
    if (!isMessage(message))
      write({ jsonrpc: '2.0', id: idOf(message), error: { code: RPC.request, message: 'Invalid Request' } });
    else if (!transport.intercept?.(message)) transport.onmessage?.(message);
  };
  const onData = (chunk: Buffer | string): void => {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0 && open; end = text.indexOf('\n', from)) {
      const line = pending.length === 0 ? text.slice(from, end) : pending.join('') + text.slice(from, end);
      pending = [];
      length = 0;
      from = end + 1;
      receive(line);
    }
    if (!open || from === text.length) return;
    pending.push(from === 0 ? text : text.slice(from));
    length += text.length - from;
    if (length > LONGEST_LINE) {
      write({ jsonrpc: '2.0', id: null, error: { code: RPC.request, message: `Line longer than ${LONGEST_LINE}` } });
      onError(new Error('a line longer than is accepted'));
    }
  };

  const transport: StreamTransport = {
    closed,
    intercept: undefined,
    write,
    async start() {
      if (started) throw new Error('the transport was started before');
      started = true;
      input.on('data', onData).on('end', close).on('close', close).on('error', onError);
      output.on('drain', onDrain).on('close', close).on('error', onError);
      if (input.readableEnded || input.destroyed || output.destroyed) setImmediate(close);
    },
    async send(message) {
      if (!open) throw new Error('the transport is closed');
      write(message);
    },
    async close() {
      close();
    },
  };
  return transport;
}

function ignore(): void {}

/** What JSON-RPC and MCP ask of an envelope; the methods' own parameters are checked by their handlers. */
function isMessage(value: unknown): value is JSONRPCMessage {
  if (!isRecord(value) || value['jsonrpc'] !== '2.0') return false;
  const { id, method, params, result, error } = value;
  if (id !== undefined && typeof id !== 'string' && !Number.isSafeInteger(id)) return false;
  if (method !== undefined) return typeof method === 'string' && (params === undefined || isRecord(params));
  return id !== undefined && (isRecord(result) || isRecord(error));
}

function idOf(value: unknown): string | number | null {
  const id = isRecord(value) ? value['id'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
