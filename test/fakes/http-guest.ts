/** wasi:http as generated code uses it: resources made, streams read and written, pollables blocked on. */
import { equal } from 'node:assert/strict';
import { type Denial, NO_PERMISSIONS, type ServiceEnv } from '#core';
import { serviceSet } from '../../src/services/index.ts';

await serviceSet.load(['wasi:http/types']);

// oxlint-disable-next-line typescript/no-explicit-any -- what generated code sees of a service has no types
export type Face = any;

export interface HttpGuest {
  /** An imported interface. */
  face(id: string): Face;
  readonly denials: readonly Denial[];
  /** Aborted: the call is stopped. */
  readonly stop: AbortController;
  /** The instance ends. */
  end(): void;
  /** Bytes that count no more as handed over. */
  refunded(): number;
}

/** An instance that may reach that port of 127.0.0.1, or nothing. */
export function httpGuest(port: number | undefined): HttpGuest {
  const denials: Denial[] = [];
  const enders: (() => void)[] = [];
  const stop = new AbortController();
  let refunded = 0;
  const env = {
    policy: { ...NO_PERMISSIONS, net: port === undefined ? [] : [{ host: '127.0.0.1', port }] },
    denied: (denial: Denial) => void denials.push(denial),
    monotonic: () => process.hrtime.bigint(),
    refund: (bytes: number) => (refunded += bytes),
    signal: () => stop.signal,
    onEnd: (work: () => void) => void enders.push(work),
  } as unknown as ServiceEnv;
  const services = serviceSet.create(env);
  return {
    face: (id) => services[id],
    denials,
    stop,
    end: () => {
      for (const work of enders) work();
    },
    refunded: () => refunded,
  };
}

export interface GuestRequest {
  readonly path: string;
  readonly scheme?: 'HTTP' | 'HTTPS';
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  /** So many pieces of 4096 bytes are the body. */
  readonly pieces?: number;
  /** Of request-options, in milliseconds. */
  readonly connect?: number;
  readonly firstByte?: number;
  readonly betweenBytes?: number;
}

/** A request that is neither given nor handled yet. */
export function newRequest(face: HttpGuest['face'], port: number, asked: GuestRequest): Face {
  const types = face('wasi:http/types');
  const headers = (asked.headers ?? []).map(([name, value]) => [name, Buffer.from(value)]);
  const made = new types.OutgoingRequest(types.Fields.fromList(headers));
  made.setMethod({ tag: asked.method ?? ((asked.pieces ?? 0) > 0 ? 'post' : 'get') });
  made.setScheme({ tag: asked.scheme ?? 'HTTP' });
  made.setAuthority(`127.0.0.1:${port}`);
  made.setPathWithQuery(asked.path);
  return made;
}

export function optionsOf(face: HttpGuest['face'], asked: GuestRequest): Face {
  const options = new (face('wasi:http/types').RequestOptions)();
  const ns = (ms: number | undefined): bigint | undefined => (ms === undefined ? undefined : BigInt(ms) * 1_000_000n);
  options.setConnectTimeout(ns(asked.connect));
  options.setFirstByteTimeout(ns(asked.firstByte));
  options.setBetweenBytesTimeout(ns(asked.betweenBytes));
  return options;
}

/** The response that a future gives; its error code is thrown as `payload`. */
export async function responseOf(future: Face): Promise<Face> {
  const ready = future.subscribe();
  await ready.block();
  ready[Symbol.dispose]();
  const got = future.get();
  equal(future.get().tag, 'err', 'it is given once');
  future[Symbol.dispose]();
  if (got.val.tag !== 'ok') throw Object.assign(new Error('no response'), { payload: got.val.val });
  return got.val.val;
}

/** What a guest does for one request; the response. */
export async function sendRequest(face: HttpGuest['face'], port: number, asked: GuestRequest): Promise<Face> {
  const made = newRequest(face, port, asked);
  const body = made.body();
  const future = face('wasi:http/outgoing-handler').handle(made, optionsOf(face, asked));
  const stream = body.write();
  for (let i = 0; i < (asked.pieces ?? 0); i += 1) await stream.blockingWriteAndFlush(new Uint8Array(4096));
  stream[Symbol.dispose]();
  face('wasi:http/types').OutgoingBody.finish(body, undefined);
  return await responseOf(future);
}

/** The body as text, or its length where that is more than 1000. Ends with the body at its end, not dropped. */
export async function readBody(body: Face): Promise<string | number> {
  const stream = body.stream();
  let length = 0;
  let text = '';
  for (;;) {
    let bytes: Uint8Array;
    try {
      bytes = await stream.blockingRead(65_536n);
    } catch (thrown) {
      const { payload } = thrown as { payload: { tag: string } };
      stream[Symbol.dispose]();
      if (payload.tag === 'closed') return length > 1000 ? length : text;
      throw thrown;
    }
    length += bytes.length;
    if (length <= 1000) text += Buffer.from(bytes).toString();
  }
}

export async function readAll(response: Face): Promise<string | number> {
  const body = response.consume();
  try {
    return await readBody(body);
  } finally {
    body[Symbol.dispose]();
    response[Symbol.dispose]();
  }
}

/** The wasi:http error code that reading the response ends with. */
export async function readError(face: HttpGuest['face'], response: Face): Promise<unknown> {
  try {
    await readAll(response);
  } catch (thrown) {
    const { payload } = thrown as { payload: { tag: string; val: unknown } };
    equal(payload.tag, 'last-operation-failed');
    return face('wasi:http/types').httpErrorCode(payload.val);
  }
  return undefined;
}

/** The payload of the error case that it throws. */
export function payloadOf(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Error && 'payload' in thrown) return thrown.payload;
    throw thrown;
  }
  throw new Error('it did not fail');
}
