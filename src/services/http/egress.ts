/**
 * The one way out. The name is decided first, then every address it resolves to, and the connection goes to an address
 * that was decided: a name server that changes its answer changes nothing. No proxy, no cookies, no redirect is followed
 * here, and no connection is used twice, so that each request is decided anew.
 */
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { type AccessRequest, decideAccess } from '#core/access';
import { normalHost } from '#core/net-address';
import type { ServiceEnv } from '#core/services';
import { Refused } from './failures.ts';
import { type Resolve, resolverOf } from './resolve.ts';

export interface EgressRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: AsyncIterable<Uint8Array> | Uint8Array | undefined;
  /** Milliseconds; 0 is none but the call's own. Connecting has 10 s. */
  readonly firstByteTimeout?: number;
  readonly betweenBytesTimeout?: number;
}

export interface EgressResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Readable;
  /** Filled in when the body has ended. */
  readonly trailers: { readonly [name: string]: string };
}

export interface Egress {
  /** Throws `Refused`, and tells of it, where the policy refuses the host as it is written. */
  check(url: URL): void;
  /** Errors: `Refused`, and those of the network. Ends with the instance. */
  request(request: EgressRequest): Promise<EgressResponse>;
}

const MOST_HEADER_BYTES = 64 * 1024;
const CONNECT_MS = 10_000;
/** Sockets of one instance. */
const MOST_CONNECTIONS = 64;

/** Of one instance; loads the HTTP client when first used. */
export function createEgress(env: ServiceEnv, resolve: Resolve = resolverOf(env)): Egress {
  let agent: Promise<Dispatcher> | undefined;
  const ended = new AbortController();
  // The client forgets a connection that is being made, as in the middle of TLS.
  const sockets = new Set<Socket>();
  env.onEnd(() => {
    ended.abort();
    for (const socket of sockets) socket.destroy();
    void agent?.then((made) => made.destroy());
  });

  const decide = (request: AccessRequest): Refused | undefined => {
    const decision = decideAccess(env.policy, request);
    return decision.allowed ? undefined : new Refused(decision.denial, request.kind === 'address');
  };

  const lookup =
    (port: number): LookupFunction =>
    (host, options, done) => {
      resolve(host, (error, addresses) => {
        if (error) return done(error, '', 0);
        // One that is refused refuses all: which one is taken would be chance.
        for (const { address } of addresses) {
          const refused = decide({ kind: 'address', host, address, port });
          if (refused) return done(refused, '', 0);
        }
        const [first] = addresses;
        if (!first) return done(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
        return options.all
          ? done(
              null,
              addresses.map((a) => ({ ...a })),
            )
          : done(null, first.address, first.family);
      });
    };

  const createAgent = async (): Promise<Dispatcher> => {
    const { Agent, buildConnector } = await import('undici');
    return new Agent({
      // No keep-alive: a connection is of the request it was decided for.
      pipelining: 0,
      connections: MOST_CONNECTIONS,
      maxHeaderSize: MOST_HEADER_BYTES,
      connect(options, done) {
        const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
        const connector = buildConnector({
          lookup: lookup(port),
          timeout: CONNECT_MS,
          maxCachedSessions: 0,
          allowH2: false,
        });
        // Its type says nothing of the socket that it gives.
        const socket = connector(options, done) as unknown as Socket;
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      },
    });
  };

  const check = (url: URL): void => {
    const host = normalHost(url.hostname) ?? url.hostname;
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const refused =
      decide({ kind: 'net', host, port }) ??
      (isIP(host) === 0 ? undefined : decide({ kind: 'address', host, address: host, port }));
    if (!refused) return;
    env.denied(refused.denial);
    throw refused;
  };

  return {
    check,
    async request({ method, url, headers, body, firstByteTimeout = 0, betweenBytesTimeout = 0 }) {
      check(url);
      try {
        agent ??= createAgent();
        const dispatcher = await agent;
        const answer = await dispatcher.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: method,
          headers: headers.flatMap(([name, value]) => [name, value]),
          body: body as Dispatcher.DispatchOptions['body'] as null,
          signal: AbortSignal.any([env.signal(), ended.signal]),
          headersTimeout: firstByteTimeout,
          bodyTimeout: betweenBytesTimeout,
          responseHeaders: 'raw',
        });
        // Dropped by whoever has it: then nobody listens for what that does to the connection.
        answer.body.on('error', () => {});
        const raw = answer.headers as unknown as readonly (Buffer | string)[];
        return {
          status: answer.statusCode,
          headers: pairs(raw),
          body: answer.body,
          trailers: answer.trailers,
        };
      } catch (thrown) {
        const inner = refusalIn(thrown);
        if (inner) env.denied(inner.denial);
        throw inner ?? thrown;
      }
    },
  };
}

function pairs(raw: readonly (Buffer | string)[]): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  const text = (item: Buffer | string | undefined): string =>
    typeof item === 'string' ? item : (item?.toString('latin1') ?? '');
  for (let i = 0; i + 1 < raw.length; i += 2) found.push([text(raw[i]), text(raw[i + 1])]);
  return found;
}

function refusalIn(thrown: unknown): Refused | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) if (error instanceof Refused) return error;
  return undefined;
}
