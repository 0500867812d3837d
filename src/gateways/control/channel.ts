import { connect, type Socket } from 'node:net';
import type { Caller, EventType, HostEvent, LogRecord, StopSignal } from '#core';
import type { Narrowing } from '#core/narrowing';
import { type ErrorBody, errorFromBody, SwitchboardError, toSwitchboardError } from '#core/errors';
import { encodeMessage, FrameReader } from './framing.ts';
import { LocalCaller } from './local-caller.ts';
import type { Rate } from '../mcp/rate-limit.ts';
import { type ClientMessage, MAX_ATTACHMENT, type Method, type Methods, PROTOCOL } from './protocol.ts';

/** How long a host that accepted the connection may take to answer: a whole one is busy for a second at most. */
const WELCOME_MS = 10_000;

export interface RequestOptions {
  readonly signal?: StopSignal | undefined;
  readonly attachment?: Uint8Array | undefined;
  readonly onLog?: ((record: LogRecord) => void) | undefined;
  readonly caller?: Caller | undefined;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SwitchboardError) => void;
  readonly onLog: ((record: LogRecord) => void) | undefined;
  readonly caller: LocalCaller | undefined;
}

/** The client's end of one control connection. */
export class Channel {
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: HostEvent) => void>();
  readonly #welcome = Promise.withResolvers<{ readonly pid: number; readonly home: string }>();
  readonly #closed = Promise.withResolvers<void>();
  #reason: SwitchboardError | undefined;
  #ids = 0;
  #isClosed = false;
  #welcomed = false;
  #piping = false;

  private constructor(path: string, version: string) {
    this.#reader = new FrameReader((message) => this.#message(message));
    this.#socket = connect(path);
    this.#socket.on('data', this.#data);
    this.#socket.on('error', (error) => {
      const code = this.#welcomed ? 'host-closed' : 'host-unreachable';
      this.#reason ??= new SwitchboardError(code, `the control socket failed: ${error.message}`, { cause: error });
    });
    this.#socket.on('close', () => this.#close());
    this.#send({ t: 'hello', protocol: PROTOCOL, version, pid: process.pid });
  }

  /**
   * Connects and shakes hands. Resolves to undefined where no host listens, or it stopped before it
   * answered: nothing was asked of it then. Errors: `home-in-use` of a host that speaks another version or
   * does not answer, `cancelled`.
   */
  static async open(
    path: string,
    version: string,
    signal?: AbortSignal,
  ): Promise<{ readonly channel: Channel; readonly pid: number } | undefined> {
    if (signal?.aborted) throw new SwitchboardError('cancelled', 'cancelled');
    const channel = new Channel(path, version);
    const timer = setTimeout(() => channel.close(noAnswer(path)), WELCOME_MS);
    const abort = (): void => channel.close(new SwitchboardError('cancelled', 'cancelled'));
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const { pid } = await channel.#welcome.promise;
      return { channel, pid };
    } catch (error) {
      const { code } = error as SwitchboardError;
      if (code === 'host-unreachable' || code === 'host-closed') return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Settles when the connection has ended, whoever ended it. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Asks and waits. An abort asks the host to stop; the promise settles with what the host answers. */
  async request<M extends Method>(
    method: M,
    params: Methods[M]['params'],
    options: RequestOptions = {},
  ): Promise<Methods[M]['result']> {
    const { signal, attachment, onLog } = options;
    if (signal?.aborted) throw new SwitchboardError('cancelled', 'cancelled before it began');
    if (this.#isClosed) throw this.#hostClosed();
    if (attachment !== undefined && attachment.length > MAX_ATTACHMENT) {
      throw new SwitchboardError('too-large', `${attachment.length} bytes are more than ${MAX_ATTACHMENT}`);
    }
    this.#ids += 1;
    const id = this.#ids;
    const bytes = attachment === undefined ? {} : { bytes: attachment.length };
    const line = encodeMessage({ t: 'request', id, method, params, ...bytes });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const caller = options.caller && new LocalCaller(options.caller, id, (message) => this.#send(message));
    this.#pending.set(id, { resolve, reject, onLog, caller });
    this.#socket.write(line);
    if (attachment !== undefined && attachment.length > 0) this.#socket.write(attachment);
    const cancel = (): void => this.#send({ t: 'cancel', id });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return (await promise) as Methods[M]['result'];
    } finally {
      signal?.removeEventListener('abort', cancel);
      caller?.end();
    }
  }

  /** Every event of the host from now on, until the returned function is called. */
  subscribe(listener: (event: HostEvent) => void, types?: readonly EventType[]): () => void {
    const own = (event: HostEvent): void => {
      if (types === undefined || event.type === 'events.dropped' || types.includes(event.type)) listener(event);
    };
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#send({ t: 'subscribe' });
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#send({ t: 'unsubscribe' });
    };
  }

  /** Hands the socket over after `mcp-stdio`: what is read and written from now on is not messages. */
  release(): Socket {
    this.#socket.off('data', this.#data);
    this.#socket.pause();
    const rest = this.#reader.takeRest();
    if (rest.length > 0) this.#socket.unshift(rest);
    return this.#socket;
  }

  /** Asks for the byte pipe; the reader stops with the answer, so that not a byte of MCP is taken for a message. */
  async pipe(narrowing?: Narrowing, rate?: Rate): Promise<Socket> {
    this.#piping = true;
    await this.request('mcp-stdio', { narrowing, rate });
    return this.release();
  }

  close(reason?: SwitchboardError): void {
    this.#reason ??= reason;
    this.#socket.destroy();
    this.#close();
  }

  readonly #data = (chunk: Buffer): void => {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.close(toSwitchboardError(error));
    }
  };

  #send(message: ClientMessage): void {
    if (!this.#isClosed && this.#socket.writable) this.#socket.write(encodeMessage(message));
  }

  #message(message: { readonly [key: string]: unknown }): void {
    const pending = typeof message['id'] === 'number' ? this.#pending.get(message['id']) : undefined;
    switch (message['t']) {
      case 'welcome':
        this.#welcomed = true;
        return this.#welcome.resolve({ pid: Number(message['pid']), home: String(message['home']) });
      case 'closing':
        this.#reason ??= errorFromBody(message['error'] as ErrorBody);
        return;
      case 'log':
        return pending?.onLog?.(message['record'] as LogRecord);
      case 'progress':
      case 'ask':
      case 'ask-over':
        return pending?.caller?.message(message);
      case 'event':
        for (const listener of this.#listeners) listener(message['event'] as HostEvent);
        return;
      case 'result':
        if (this.#piping) this.#reader.detach();
        this.#pending.delete(message['id'] as number);
        return pending?.resolve(message['value']);
      case 'error':
        this.#pending.delete(message['id'] as number);
        return pending?.reject(errorFromBody(message['error'] as ErrorBody));
      default:
        throw new SwitchboardError('internal', 'the host sent a message that this version does not know');
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const error = this.#hostClosed();
    this.#welcome.promise.catch(() => undefined);
    this.#welcome.reject(error);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.#closed.resolve();
  }

  #hostClosed(): SwitchboardError {
    return this.#reason ?? new SwitchboardError('host-closed', 'the host stopped before it answered');
  }
}

function noAnswer(path: string): SwitchboardError {
  return new SwitchboardError('home-in-use', `the host of this home does not answer on ${path}`, {
    fix: 'switchboard doctor names its process; stop it with kill',
  });
}
