/**
 * The one way out. The name is decided first, then every address it resolves to, and the connection goes to an address
 * that was decided: a name server that changes its answer changes nothing. No proxy, no cookies, no redirect is followed
 * here, and no connection is used twice, so that each request is decided anew.
 */
import { isIP, type LookupFunction } from 'node:net';
import { type AccessRequest, decideAccess } from '#core/access';
import { normalHost } from '#core/net-address';
import type { ServiceEnv } from '#core/services';
import { type EgressResponse, type Running, startExchange, type StreamedBody } from './exchange.ts';
import { Failed, Refused } from './failures.ts';
import { type Resolve, resolverOf } from './resolve.ts';
import type { Header } from './response-body.ts';

export type { EgressResponse } from './exchange.ts';

export interface EgressRequest {
  readonly method: string;
  readonly url: URL;
  /** As it is sent, where that is not what the parsed URL makes of it. */
  readonly path?: string;
  readonly headers: readonly Header[];
  readonly body: StreamedBody | Uint8Array | undefined;
  /** Milliseconds for finding the address, the connection and TLS: 10 s, or less. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds; without it as long as the call lasts. */
  readonly firstByteTimeout?: number | undefined;
  readonly betweenBytesTimeout?: number | undefined;
  /** Nobody waits for it any more. */
  readonly signal?: AbortSignal;
}

export interface Egress {
  /** Throws `Refused`, and tells of it, where the policy refuses the host as it is written. */
  check(url: URL): void;
  /** Errors: `Refused`, `Failed`, and those of the network. Ends with the instance. */
  request(request: EgressRequest): Promise<EgressResponse>;
}

const LONGEST_CONNECT_MS = 10_000;
/** Of one instance at a time: from a request to the last byte of its response. */
const MOST_CONNECTIONS = 64;
/** More than a timer takes; as long as no limit. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Of one instance; loads the HTTP client when first used. */
export function createEgress(env: ServiceEnv, resolve: Resolve = resolverOf(env)): Egress {
  const open = new Set<Running>();
  let ended = false;
  env.onEnd(() => {
    ended = true;
    for (const exchange of open) exchange.cut(new Failed({ tag: 'connection-terminated' }));
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

  const check = (url: URL): void => {
    const host = normalHost(url.hostname) ?? url.hostname;
    const port = portOf(url);
    const refused =
      decide({ kind: 'net', host, port }) ??
      (isIP(host) === 0 ? undefined : decide({ kind: 'address', host, address: host, port }));
    if (!refused) return;
    env.denied(refused.denial);
    throw refused;
  };

  const run = async (request: EgressRequest): Promise<EgressResponse> => {
    const undici = await import('undici');
    const stops = [env.signal(), ...(request.signal ? [request.signal] : [])];
    if (ended || stops.some(({ aborted }) => aborted)) throw new Failed({ tag: 'connection-terminated' });
    if (open.size >= MOST_CONNECTIONS) throw new Failed({ tag: 'connection-limit-reached' });
    const { url, connectTimeout = LONGEST_CONNECT_MS } = request;
    const path = request.path ?? `${url.pathname}${url.search}`;
    const fake = env.fakeNetwork;
    const exchange = startExchange(
      undici,
      {
        origin: fake === undefined ? url.origin : `http://127.0.0.1:${fake}`,
        path,
        method: request.method,
        headers:
          fake === undefined ? request.headers : [...request.headers, ['x-switchboard-url', `${url.origin}${path}`]],
        body: request.body,
        connectTimeout: Math.min(timer(connectTimeout) || LONGEST_CONNECT_MS, LONGEST_CONNECT_MS),
        firstByteTimeout: timer(request.firstByteTimeout),
        betweenBytesTimeout: timer(request.betweenBytesTimeout),
      },
      lookup(portOf(url)),
    );
    const stop = (): void => exchange.cut(new Failed({ tag: 'connection-terminated' }));
    for (const signal of stops) signal.addEventListener('abort', stop);
    open.add(exchange);
    void exchange.closed.then(() => {
      for (const signal of stops) signal.removeEventListener('abort', stop);
      open.delete(exchange);
    });
    return await exchange.response;
  };

  return {
    check,
    async request(request) {
      check(request.url);
      try {
        return await run(request);
      } catch (thrown) {
        const inner = refusalIn(thrown);
        if (inner) env.denied(inner.denial);
        throw inner ?? thrown;
      }
    },
  };
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}

function timer(ms: number | undefined): number {
  return ms === undefined || ms > LONGEST_TIMER_MS ? 0 : Math.max(1, ms);
}

function refusalIn(thrown: unknown): Refused | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) if (error instanceof Refused) return error;
  return undefined;
}
