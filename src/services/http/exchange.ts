/**
 * One request on a connection of its own. The clocks are ours: undici's run in steps of half a second, and none of
 * them covers the name server.
 */
import type { LookupFunction, Socket } from 'node:net';
import type { buildConnector, Client, Dispatcher } from 'undici';
import { Failed } from './failures.ts';
import { type Header, ResponseBody } from './response-body.ts';

/** A request's body as it is made. */
export interface StreamedBody extends AsyncIterable<Uint8Array> {
  /** Told before it is read how to find out whether all that was read has left, so that its memory can be used again. */
  readBy?(hasLeft: () => boolean): void;
}

export interface Exchange {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: readonly Header[];
  readonly body: StreamedBody | Uint8Array | undefined;
  /** Milliseconds for finding the address, the connection and TLS. */
  readonly connectTimeout: number;
  /**
   * Milliseconds until the body's first byte, counted while it is the server that is waited for: from when it has the
   * request, and while it takes nothing of its body. 0 is none.
   */
  readonly firstByteTimeout: number;
  /** Milliseconds without a byte of the body, while there is somewhere to put it. 0 is none. */
  readonly betweenBytesTimeout: number;
}

export interface EgressResponse {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: ResponseBody;
}

/** An exchange under way. */
export interface Running {
  readonly response: Promise<EgressResponse>;
  /** Ends it; what waits for it fails with the reason. */
  cut(reason: Error): void;
  /** When its connection is closed. */
  readonly closed: Promise<void>;
}

/** What undici offers of it. */
export interface Undici {
  readonly Client: typeof Client;
  readonly buildConnector: typeof buildConnector;
}

const MOST_HEADER_BYTES = 64 * 1024;
const MOST_TRAILER_BYTES = 16 * 1024;
/** What these say once the headers were received. */
const ONCE_BEGUN: { readonly [code: string]: string } = {
  UND_ERR_HEADERS_OVERFLOW: 'HTTP-response-trailer-section-size',
  UND_ERR_SOCKET: 'HTTP-response-incomplete',
};

/** Errors of the response: `Failed`, what `lookup` gave, and those of the network. */
export function startExchange(undici: Undici, asked: Exchange, lookup: LookupFunction): Running {
  return new OpenExchange(undici, asked, lookup);
}

class OpenExchange implements Running, Dispatcher.DispatchHandler {
  readonly response: Promise<EgressResponse>;
  readonly closed: Promise<void>;
  private readonly asked: Exchange;
  private readonly client: Dispatcher;
  private readonly answered = Promise.withResolvers<EgressResponse>();
  private readonly ended = Promise.withResolvers<void>();
  private socket: Socket | undefined;
  private body: ResponseBody | undefined;
  private over = false;
  private begun = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(undici: Undici, asked: Exchange, lookup: LookupFunction) {
    this.asked = asked;
    this.response = this.answered.promise;
    this.closed = this.ended.promise;
    this.client = new undici.Client(asked.origin, {
      // No keep-alive: a connection is of the request it was decided for.
      pipelining: 0,
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, done) => {
        const connect = undici.buildConnector({ lookup, timeout: 0, maxCachedSessions: 0, allowH2: false });
        const connected: buildConnector.Callback = (...[error, socket]) => {
          if (error) done(error, null);
          else {
            this.waitForFirstByte();
            done(null, socket);
          }
        };
        this.socket = connect(options, connected) as unknown as Socket;
        if (this.over) this.socket.destroy();
      },
    });
    this.setTimer(asked.connectTimeout, 'connection-timeout');
    if (isStream(asked.body)) asked.body.readBy?.(() => this.socket?.writableLength === 0);
    const body = asked.firstByteTimeout > 0 && isStream(asked.body) ? this.watched(asked.body) : asked.body;
    this.client.dispatch(
      {
        path: asked.path,
        method: asked.method,
        headers: asked.headers.flat(),
        body: body as Dispatcher.DispatchOptions['body'] as null,
      },
      this,
    );
  }

  cut(reason: Error): void {
    if (this.over) return;
    this.close();
    if (this.body) this.body.fail(reason);
    else this.answered.reject(reason);
    this.socket?.destroy();
    this.client.destroy(reason).catch(() => undefined);
  }

  onRequestStart(): void {}

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // Nothing else was asked for.
    if (status === 101) this.cut(new Failed({ tag: 'HTTP-protocol-error' }));
    // Informational: the response itself is still to come.
    if (this.over || status < 200) return;
    this.body = new ResponseBody({
      pause: () => {
        clearTimeout(this.timer);
        controller.pause();
      },
      resume: () => {
        this.waitForMore();
        controller.resume();
      },
      abort: () => this.cut(new Failed({ tag: 'connection-terminated' })),
    });
    if (this.asked.firstByteTimeout === 0) this.waitForMore();
    this.answered.resolve({ status, headers: pairs(controller.rawHeaders), body: this.body });
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    this.begun = true;
    this.waitForMore();
    this.body?.push(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.over) return;
    const trailers = pairs(controller.rawTrailers);
    const size = trailers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (size > MOST_TRAILER_BYTES) {
      this.cut(new Failed({ tag: 'HTTP-response-trailer-section-size', val: size }));
      return;
    }
    this.close();
    this.body?.end(trailers);
    // Not from inside of its parser.
    queueMicrotask(() => void this.client.destroy().catch(() => undefined));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const tag = this.body && 'code' in error ? ONCE_BEGUN[String(error.code)] : undefined;
    this.cut(tag === undefined ? error : new Failed({ tag }));
  }

  private close(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.ended.resolve();
  }

  private setTimer(ms: number, tag: string): void {
    clearTimeout(this.timer);
    if (!this.over && ms > 0) this.timer = setTimeout(() => this.cut(new Failed({ tag })), ms);
  }

  private waitForFirstByte(): void {
    this.setTimer(this.asked.firstByteTimeout, 'HTTP-response-timeout');
  }

  private waitForMore(): void {
    const { betweenBytesTimeout } = this.asked;
    if (betweenBytesTimeout > 0 || this.asked.firstByteTimeout > 0) {
      this.setTimer(betweenBytesTimeout, 'connection-read-timeout');
    }
  }

  /** The request's body; while the component is asked for more of it, nothing is waited for of the server. */
  private async *watched(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const waitsForServer = (): boolean => !this.begun && this.body === undefined;
    if (waitsForServer()) clearTimeout(this.timer);
    for await (const chunk of body) {
      if (waitsForServer()) this.waitForFirstByte();
      yield chunk;
      if (waitsForServer()) clearTimeout(this.timer);
    }
    if (waitsForServer()) this.waitForFirstByte();
  }
}

function isStream(body: Exchange['body']): body is StreamedBody {
  return body !== undefined && Symbol.asyncIterator in body;
}

function pairs(raw: Dispatcher.DispatchController['rawHeaders']): Header[] {
  const found: Header[] = [];
  const items = Array.isArray(raw) ? raw : [];
  const text = (item: Buffer | string | undefined): string =>
    typeof item === 'string' ? item : (item?.toString('latin1') ?? '');
  for (let i = 0; i + 1 < items.length; i += 2) found.push([text(items[i]), text(items[i + 1])]);
  return found;
}
