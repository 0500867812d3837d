/**
 * MCP's stdio transport over any pair of byte streams: one JSON-RPC message per line, UTF-8. The SDK's
 * own is for the process's stdio; this one answers what is not JSON, bounds both directions, and checks
 * the envelope by hand rather than with zod, which would be a tenth of a small call.
 */
import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';
import { SwitchboardError } from '#core/errors';
import { createIntake } from './intake.ts';
import { idOf, isMessage, parseJson } from './messages.ts';
import { errorResult, requestError, RPC, RpcError } from './results.ts';

/** A longer line ends the connection: where it would end is unknown. */
const LONGEST_LINE = 16 * 1024 * 1024;
/** Bytes of an answer; clients that are built on the SDK give up, and close, at a line of 10 MiB. */
const LONGEST_ANSWER = 8 * 1024 * 1024;
/** Messages in one line, as revision 2025-03-26 has it; each is answered by itself. */
const MOST_IN_BATCH = 100;
/** Answers a client may leave unread before its requests are left unread too. */
const MOST_UNREAD = 32 * 1024 * 1024;
/** Lines taken before other connections have their turn, and answers are written. */
const LINES_A_TURN = 64;
const NEWLINE = 10;

export interface StreamTransport extends Transport {
  /** Sees each message first; true: it is taken, and the SDK does not see it. Its answers go through `write`. */
  intercept: ((message: JSONRPCMessage) => boolean) | undefined;
  /** Sends at once; nothing after the transport has closed. */
  write(message: object): void;
  /** Settles when the transport has closed, whoever closed it; nothing is read or written after it. */
  readonly closed: Promise<void>;
}

/**
 * The streams stay the caller's: closing the transport neither ends nor destroys them. `refusal` is asked before each
 * request and notification that is not a cancellation, and says why it is not served.
 */
export function createStreamTransport(
  input: Readable,
  output: Writable,
  refusal?: () => SwitchboardError | undefined,
): StreamTransport {
  const { promise: closed, resolve: settle } = Promise.withResolvers<void>();
  const intake = createIntake(refusal);
  /** The beginning of a line whose end has not come. */
  let pending: Buffer[] = [];
  let length = 0;
  /** What was read and not looked at yet. */
  let chunk: Buffer | undefined;
  let at = 0;
  let held = false;
  let started = false;
  let open = true;

  const close = (): void => {
    if (!open) return;
    open = false;
    input.off('data', onData).off('end', close).off('close', close).off('error', onError);
    output.off('drain', pump).off('close', close).off('error', onError);
    // A stream without an error listener turns a late EPIPE into a crash of the process.
    input.on('error', ignore);
    output.on('error', ignore);
    if (started && !input.destroyed) input.pause();
    pending = [];
    chunk = undefined;
    transport.onclose?.();
    settle();
  };
  const onError = (error: Error): void => {
    transport.onerror?.(error);
    close();
  };
  /** What is left of a chunk is copied: its memory may be read into once its listeners are done (`lent-streams.ts`). */
  const hold = (): void => {
    held = true;
    input.pause();
    if (chunk === undefined) return;
    chunk = Buffer.from(chunk.subarray(at));
    at = 0;
  };

  const write = (message: object): void => {
    if (!open) return;
    intake.answered(message);
    output.write(`${lineOf(message)}\n`);
    if (output.writableLength > MOST_UNREAD) hold();
  };
  const fail = (id: string | number | null, code: number, message: string, data?: unknown): void =>
    write({ jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } });
  const receive = (bytes: Buffer, from: number, to: number): void => {
    const line = bytes.toString('utf8', from, to);
    if (line.trim() === '') return;
    let message: unknown;
    try {
      message = parseJson(line, () => bytes.subarray(from, to));
    } catch (error) {
      return error instanceof RpcError
        ? fail(null, error.code, error.message)
        : fail(null, RPC.internal, 'Internal error');
    }
    if (Array.isArray(message) && message.length > 0 && message.length <= MOST_IN_BATCH) message.forEach(take);
    else take(message);
  };
  const take = (message: unknown): void => {
    if (!isMessage(message)) return fail(idOf(message), RPC.request, 'Invalid Request');
    const refused = intake.refuse(message);
    if (refused) return refused === 'drop' ? undefined : fail(refused.id, refused.code, refused.message, refused.data);
    if (!transport.intercept?.(message)) transport.onmessage?.(message);
  };
  const pump = (): void => {
    for (let lines = 0; open && chunk !== undefined; lines++) {
      if (output.writableLength > MOST_UNREAD) return hold();
      if (lines === LINES_A_TURN) {
        hold();
        setImmediate(pump);
        return;
      }
      const end = chunk.indexOf(NEWLINE, at);
      if (end < 0) {
        keep(chunk.subarray(at));
        chunk = undefined;
      } else {
        const bytes = chunk;
        const from = at;
        at = end + 1;
        // Seldom more than a line: the next look at nothing is saved.
        if (at === bytes.length) chunk = undefined;
        if (pending.length === 0) receive(bytes, from, end);
        else {
          const whole = Buffer.concat([...pending, bytes.subarray(from, end)]);
          pending = [];
          length = 0;
          receive(whole, 0, whole.length);
        }
      }
    }
    if (!open || !held || output.writableLength > MOST_UNREAD) return;
    held = false;
    input.resume();
  };
  const keep = (rest: Buffer): void => {
    if (rest.length === 0) return;
    // The next read may be into the same memory.
    pending.push(Buffer.from(rest));
    length += rest.length;
    if (length <= LONGEST_LINE) return;
    fail(null, RPC.request, `Line longer than ${LONGEST_LINE}`);
    onError(new Error('a line longer than is accepted'));
  };
  const onData = (data: Buffer | string): void => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    // Comes while lines are left only where the stream was not paused by us alone.
    chunk = chunk === undefined ? bytes : Buffer.concat([chunk.subarray(at), bytes]);
    at = 0;
    if (!held) pump();
  };

  const transport: StreamTransport = {
    closed,
    intercept: undefined,
    write,
    async start() {
      if (started) throw new Error('the transport was started before');
      started = true;
      input.on('data', onData).on('end', close).on('close', close).on('error', onError);
      output.on('drain', pump).on('close', close).on('error', onError);
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

/** An answer too long for clients is a refusal in its place. */
function lineOf(message: object): string {
  const text = JSON.stringify(message);
  // No character is more than three bytes.
  if (text.length * 3 <= LONGEST_ANSWER || Buffer.byteLength(text) <= LONGEST_ANSWER) return text;
  if (!('id' in message && 'result' in message)) return text;
  const { id, result } = message;
  const refusal = new SwitchboardError(
    'too-large',
    'the answer is more than the 8 MiB that clients over stdio are sent',
  );
  if (typeof result === 'object' && result !== null && 'content' in result) {
    const { content: _, structuredContent: __, ...rest } = result as { content: unknown; structuredContent?: unknown };
    return JSON.stringify({ jsonrpc: '2.0', id, result: { ...rest, ...errorResult(refusal) } });
  }
  const { code, message: said, data } = requestError(refusal);
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: said, data } });
}
