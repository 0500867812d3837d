import type { Socket } from 'node:net';
import type { HostEvent, LogRecord } from '#core';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { EVENT_VERSION, isDecision } from '#core/events';
import { printable } from '#core/reference';
import type { Session } from '#host/api';
import { asInteger, asObject, asRate, asString, type Loose, optional } from './check.ts';
import { encodeMessage, FrameReader } from './framing.ts';
import { asNarrowing, checkProfileExists } from './profile-methods.ts';
import { createRemoteCallers } from './remote-caller.ts';
import { type Asked, HANDLERS, type MethodEnv } from './methods.ts';
import {
  type AskedMessage,
  HARD_BACKLOG,
  HELLO_MS,
  type HostMessage,
  MAX_REQUESTS,
  type Method,
  PROTOCOL,
  SOFT_BACKLOG,
} from './protocol.ts';

/** What every connection of a host process shares. */
export interface Shared extends Pick<MethodEnv, 'host' | 'http' | 'parseText' | 'serveMcp' | 'lent'> {
  readonly version: string;
}

/** One client of the host process: its requests, sessions, subscription and listener all end with it. */
export class Connection {
  readonly #socket: Socket;
  readonly #shared: Shared;
  readonly #reader: FrameReader;
  readonly #running = new Map<number, AbortController>();
  readonly #sessions = new Map<string, Session>();
  readonly #callers = createRemoteCallers((message) => this.#tell(message));
  readonly #helloTimer: NodeJS.Timeout;
  #peer = 0;
  #greeted = false;
  #closed = false;
  #unsubscribe: (() => void) | undefined;
  #dropped = { count: 0, seq: 0, logs: 0 };
  #pipe: { close(): Promise<void> } | undefined;

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    this.#reader = new FrameReader((message, attachment) => this.#message(message, attachment));
    this.#helloTimer = setTimeout(() => this.#fail(misuse('no hello came')), HELLO_MS);
    socket.on('data', this.#data);
    socket.on('end', this.#end);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#close());
  }

  /** Tells the client why, hangs up and frees what it held. */
  close(error: SwitchboardError): void {
    void this.#pipe?.close();
    this.#fail(error);
  }

  readonly #data = (chunk: Buffer): void => {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(toSwitchboardError(error));
    }
  };

  readonly #end = (): void => {
    this.#socket.destroy();
  };

  #fail(error: SwitchboardError): void {
    if (this.#closed) return;
    if (this.#pipe === undefined) this.#send({ t: 'closing', error: error.toJSON() });
    this.#reader.detach();
    this.#socket.off('data', this.#data);
    this.#socket.destroySoon();
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#helloTimer);
    this.#unsubscribe?.();
    for (const controller of this.#running.values()) controller.abort();
    for (const session of this.#sessions.values()) session.close().catch(() => undefined);
    this.#sessions.clear();
    this.#shared.http.close(this).catch(() => undefined);
    this.#shared.lent?.release(this.#peer);
  }

  #send(message: HostMessage): void {
    if (this.#closed || this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(encodeMessage(message));
  }

  #message(message: Loose, attachment: Uint8Array | undefined): void {
    if (!this.#greeted) return this.#hello(message);
    if (message['t'] === 'request') return this.#request(message, attachment);
    if (message['t'] === 'cancel') return this.#running.get(requestId(message))?.abort();
    if (message['t'] === 'answer') return this.#callers.answer(message);
    if (message['t'] === 'subscribe') return this.#subscribe();
    if (message['t'] !== 'unsubscribe') throw misuse(`unknown message "${printable(String(message['t']), 40)}"`);
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #hello(message: Loose): void {
    if (message['t'] !== 'hello') throw misuse('the first message must be hello');
    const { version } = this.#shared;
    if (message['protocol'] !== PROTOCOL || message['version'] !== version) {
      const theirs = printable(String(message['version']), 40);
      throw new SwitchboardError(
        'home-in-use',
        `the host of this home (process ${process.pid}) is Switchboard ${version}, protocol ${PROTOCOL}; this command is ${theirs}, protocol ${printable(String(message['protocol']), 20)}`,
        { fix: `stop the other one: kill ${process.pid}`, data: { pid: process.pid, version, protocol: PROTOCOL } },
      );
    }
    this.#peer = asInteger(message['pid'], 'pid', 0, 2 ** 31);
    this.#greeted = true;
    clearTimeout(this.#helloTimer);
    this.#send({ t: 'welcome', protocol: PROTOCOL, version, pid: process.pid, home: this.#shared.host.home });
  }

  #request(message: Loose, attachment: Uint8Array | undefined): void {
    const id = requestId(message);
    if (this.#running.has(id)) throw misuse(`request ${id} is under way already`);
    const controller = new AbortController();
    const full = this.#running.size >= MAX_REQUESTS;
    if (!full) this.#running.set(id, controller);
    const asked: Asked = {
      params: asObject(message['params'] ?? {}, 'params'),
      attachment,
      signal: controller.signal,
      onLog: (record) => this.#log(id, record),
      caller: (offer) => this.#callers.of(id, offer),
    };
    const answer = full ? Promise.reject(tooMany()) : this.#answer(id, asString(message['method'], 'method'), asked);
    answer.then(
      (value) => this.#settle(id, full, value),
      (error: unknown) => this.#reject(id, full, error),
    );
  }

  async #answer(id: number, method: string, asked: Asked): Promise<unknown> {
    if (method === 'mcp-stdio') return this.#becomePipe(id, asked);
    if (!Object.hasOwn(HANDLERS, method)) throw misuse(`unknown method "${printable(method, 40)}"`);
    const { host, http, parseText, serveMcp, lent } = this.#shared;
    const env = { host, http, parseText, serveMcp, lent, sessions: this.#sessions, owner: this, peer: this.#peer };
    const value = await HANDLERS[method as Exclude<Method, 'mcp-stdio'>](env, asked);
    // A session that opened only after its client had gone.
    if (this.#closed) for (const session of this.#sessions.values()) session.close().catch(() => undefined);
    return value;
  }

  #settle(id: number, full: boolean, value: unknown): void {
    if (this.#pipe !== undefined) return;
    try {
      this.#send(value === undefined ? { t: 'result', id } : { t: 'result', id, value });
      if (!full) this.#running.delete(id);
    } catch (error) {
      this.#reject(id, full, error);
    }
  }

  #reject(id: number, full: boolean, thrown: unknown): void {
    if (!full) this.#running.delete(id);
    const { code, kind, message, fix, data } = toSwitchboardError(thrown).toJSON();
    const body = { code, kind, message: message.slice(0, 65_536), ...(fix === undefined ? {} : { fix }) };
    try {
      this.#send({ t: 'error', id, error: data === undefined ? body : { ...body, data } });
    } catch {
      this.#send({ t: 'error', id, error: body });
    }
  }

  /** A client that does not read is not told how far its call is. */
  #tell(message: AskedMessage): void {
    if (message.t !== 'progress' || this.#socket.writableLength <= SOFT_BACKLOG) this.#send(message);
  }

  #log(id: number, record: LogRecord): void {
    if (this.#socket.writableLength > SOFT_BACKLOG) {
      this.#dropped.logs += 1;
      return;
    }
    if (this.#dropped.logs > 0) {
      const message = `${this.#dropped.logs} records were not shown: they came faster than they were read`;
      this.#dropped.logs = 0;
      this.#send({ t: 'log', id, record: { ...record, stream: 'log', level: 'warn', message } });
    }
    this.#send({ t: 'log', id, record });
  }

  #subscribe(): void {
    this.#unsubscribe ??= this.#shared.host.subscribe((event) => this.#event(event));
  }

  #event(event: HostEvent): void {
    const backlog = this.#socket.writableLength;
    if (backlog > HARD_BACKLOG) {
      return this.#fail(misuse('this subscriber does not read; it was disconnected so that no decision is lost'));
    }
    if (backlog > SOFT_BACKLOG && !isDecision(event)) {
      this.#dropped.count += 1;
      this.#dropped.seq = event.seq;
      return;
    }
    if (this.#dropped.count > 0) {
      const { count, seq } = this.#dropped;
      this.#dropped.count = 0;
      this.#send({ t: 'event', event: { v: EVENT_VERSION, seq, at: event.at, type: 'events.dropped', count } });
    }
    this.#send({ t: 'event', event });
  }

  async #becomePipe(id: number, asked: Asked): Promise<void> {
    if (this.#running.size > 1) throw misuse('mcp-stdio must be the only request of its connection');
    const narrowing = optional(asked.params['narrowing'], asNarrowing);
    if (narrowing?.profile !== undefined) await checkProfileExists(this.#shared.host, narrowing);
    const socket = this.#socket;
    this.#reader.detach();
    socket.off('data', this.#data);
    socket.off('end', this.#end);
    socket.pause();
    this.#send({ t: 'result', id });
    this.#pipe = { close: async () => undefined };
    // Only once the chunk in hand has been cut is what follows the request known.
    await Promise.resolve();
    const rest = this.#reader.takeRest();
    if (rest.length > 0) socket.unshift(rest);
    const rate = optional(asked.params['rate'], asRate);
    const pipe = await this.#shared.serveMcp(this.#shared.host, { input: socket, output: socket, narrowing, rate });
    this.#pipe = pipe;
    if (this.#closed) return pipe.close();
    socket.on('close', () => void pipe.close());
    socket.resume();
    await pipe.closed;
    socket.destroySoon();
  }
}

function requestId(message: Loose): number {
  return asInteger(message['id'], 'id', 0, Number.MAX_SAFE_INTEGER);
}

function misuse(message: string): SwitchboardError {
  return new SwitchboardError('invalid-usage', message);
}

function tooMany(): SwitchboardError {
  return new SwitchboardError('busy', `${MAX_REQUESTS} requests of this client are under way already`);
}
