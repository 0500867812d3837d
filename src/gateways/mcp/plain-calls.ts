/**
 * The calls of a stdio connection that need nothing of the SDK but its shape on the wire: `tools/call` without `_meta`
 * after the handshake of 2025-11-25 or before. The SDK parses each message several times over and keeps what it parsed
 * until the next full collection, which costs more than the rest of a small call. Everything else stays the SDK's.
 */
import type { CallToolRequest, JSONRPCMessage, RequestId, Result } from '@modelcontextprotocol/server';
import type { StopSignal } from '#core/context';
import { RPC } from './results.ts';

export interface PlainCalls {
  /** True if the message is taken: a plain call, or the cancellation of one under way. */
  take(message: JSONRPCMessage): boolean;
  /** Cancels what is under way; nothing is answered any more. */
  close(): void;
}

export interface PlainCallPorts {
  /** Undefined while the SDK must answer: before the handshake, or when the client asked for log messages. */
  call(params: CallToolRequest['params'], signal: StopSignal): Promise<Result> | undefined;
  send(message: object): void;
}

export function createPlainCalls({ call, send }: PlainCallPorts): PlainCalls {
  const running = new Map<RequestId, Stop>();
  /** What the SDK was given takes effect within this turn of the event loop, so before any call of the next. */
  let settling = false;
  let closed = false;

  const passOn = (): false => {
    if (!settling) {
      settling = true;
      setImmediate(() => {
        settling = false;
      });
    }
    return false;
  };
  const end = (id: RequestId, stop: Stop, answer: object): void => {
    // The same id may be under way again: then the earlier call is answered all the same, and forgotten before.
    if (running.get(id) === stop) running.delete(id);
    if (!closed && !stop.aborted) send(answer);
  };

  return {
    take(message) {
      if (!('method' in message)) return false;
      if (message.method === 'notifications/cancelled') {
        const stop = running.get((message.params?.['requestId'] ?? '') as RequestId);
        stop?.abort();
        return stop !== undefined || passOn();
      }
      if (message.method !== 'tools/call' || !('id' in message) || settling || !isPlain(message.params))
        return passOn();
      const { id, params } = message;
      const stop = new Stop();
      const called = call(params, stop);
      if (!called) return passOn();
      running.set(id, stop);
      called.then(
        (result) => end(id, stop, { result, jsonrpc: '2.0', id }),
        (error: unknown) => end(id, stop, { jsonrpc: '2.0', id, error: rpcError(error) }),
      );
      return true;
    },
    close() {
      closed = true;
      for (const stop of running.values()) stop.abort();
      running.clear();
    },
  };
}

/** One per call; an AbortController of Node's is a twentieth of a small call. */
class Stop implements StopSignal {
  aborted = false;
  private listeners: (() => void)[] = [];

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners = this.listeners.filter((other) => other !== listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.listeners.splice(0)) listener();
  }
}

function isPlain(params: { readonly [key: string]: unknown } | undefined): params is CallToolRequest['params'] {
  if (params === undefined || params['_meta'] !== undefined) return false;
  const args = params['arguments'];
  const isObject = typeof args === 'object' && args !== null && !Array.isArray(args);
  return typeof params['name'] === 'string' && (args === undefined || isObject);
}

/** As the SDK answers what a handler threw. */
function rpcError(thrown: unknown): object {
  const { code, message, data } = thrown as { code?: unknown; message?: unknown; data?: unknown };
  const answer = { code: Number.isSafeInteger(code) ? code : RPC.internal, message: message ?? 'Internal error' };
  return data === undefined ? answer : { ...answer, data };
}
