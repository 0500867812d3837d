/** A registry as the rest of the client asks it: addresses, authorization, retries. */
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { type Authorizer, createAuthorizer, type Scope } from './authorization.ts';
import { type CredentialSources, findCredentials } from './credentials.ts';
import { refused, unreachable } from './failures.ts';
import { isLoopbackRegistry } from './reference.ts';
import type { Received, Sending, Transport } from './transport.ts';

export interface Asking extends Sending {
  /** A path of the API, or where the registry said to go on. */
  readonly path: string;
  /** Empty for what is of the registry as a whole. */
  readonly repository: string;
  readonly right: 'pull' | 'pull,push';
  /** Makes the body again for another attempt; without it one that was sent is not sent twice. */
  readonly again?: (() => Sending['body']) | undefined;
}

export interface Connection {
  readonly registry: string;
  /** Sends, with authorization where it is asked for. Errors: `registry-unreachable`, `registry-unauthorized`, `cancelled`. */
  ask(asking: Asking): Promise<Received>;
  /** Fails with what the registry said. */
  refusal(answer: Received, doing: string): Promise<SwitchboardError>;
}

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly credentials: CredentialSources;
  /** Registries besides those on this machine that speak HTTP. */
  readonly plainHttp?: readonly string[] | undefined;
}

const ATTEMPTS = 3;
const LONGEST_WAIT_MS = 10_000;
const PASSING = new Set([429, 502, 503, 504]);
const BROKEN = new Set(['ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE', 'ECONNREFUSED', 'EAI_AGAIN']);

export function connectRegistry(registry: string, options: ConnectionOptions): Connection {
  const { transport } = options;
  const authorizers = new Map<string, Authorizer>();
  let base: Promise<URL> | undefined;

  const authorizerOf = (repository: string): Authorizer => {
    const known = authorizers.get(repository);
    if (known) return known;
    let found: ReturnType<typeof findCredentials> | undefined;
    const fresh = createAuthorizer(
      registry,
      transport,
      () => (found ??= findCredentials(options.credentials, registry, repository)),
    );
    authorizers.set(repository, fresh);
    return fresh;
  };

  const sendOnce = async (url: URL, asking: Asking, authorization: string | undefined): Promise<Received> => {
    // Where a registry sends an upload to another host, that host gets no credentials.
    const own = url.origin === (await (base ??= baseOf(registry, options))).origin;
    const headers = { ...asking.headers, ...(authorization === undefined || !own ? {} : { authorization }) };
    return transport.send(url, { ...asking, headers });
  };

  const authorized = async (url: URL, asking: Asking): Promise<Received> => {
    const authorizer = authorizerOf(asking.repository);
    const { repository, right } = asking;
    const scope: Scope = repository === '' ? 'registry:catalog:*' : `repository:${repository}:${right}`;
    const answer = await sendOnce(url, asking, authorizer.known(scope));
    if (answer.status !== 401) return answer;
    await answer.discard();
    const authorization = await authorizer.answer(answer, scope, asking.signal);
    const body = asking.again ? asking.again() : asking.body;
    const second = await sendOnce(url, { ...asking, body }, authorization);
    if (second.status !== 401) return second;
    await second.discard();
    // Once is enough: a registry that always asks again would never end.
    throw new SwitchboardError(
      'registry-unauthorized',
      `${printable(registry)} does not take the credentials, or they are not for this`,
      { fix: `docker login ${registry}` },
    );
  };

  return {
    registry,
    async ask(asking) {
      for (let attempt = 1; ; attempt += 1) {
        const repeatable = asking.body === undefined || asking.body instanceof Uint8Array || asking.again !== undefined;
        const last = attempt >= ATTEMPTS || !repeatable;
        try {
          base ??= baseOf(registry, options);
          const sending = attempt > 1 && asking.again ? { ...asking, body: asking.again() } : asking;
          const answer = await authorized(new URL(asking.path, await base), sending);
          if (last || !PASSING.has(answer.status)) return answer;
          await answer.discard();
          const after = Number(answer.header('retry-after') ?? Number.NaN) * 1_000;
          const wait = Number.isFinite(after) ? Math.min(after, LONGEST_WAIT_MS) : 200 * attempt;
          await delay(wait, undefined, asking.signal ? { signal: asking.signal } : {});
        } catch (thrown) {
          if (asking.signal?.aborted)
            throw new SwitchboardError('cancelled', 'the request to the registry was cancelled');
          const broken = BROKEN.has(errnoOf(thrown) ?? '') && (asking.method === 'GET' || asking.method === 'HEAD');
          if (last || !broken) throw unreachable(registry, thrown);
          await delay(100 * attempt);
        }
      }
    },
    async refusal(answer, doing) {
      const body = await answer.bytes(65_536).catch(() => Buffer.alloc(0));
      if (answer.status === 403) {
        const { message } = refused(registry, answer.status, body.toString('utf8'), doing);
        return new SwitchboardError('registry-unauthorized', message, {
          fix: `ask whoever runs ${registry} for the right, or sign in as who has it: docker login ${registry}`,
        });
      }
      return refused(registry, answer.status, body.toString('utf8'), doing);
    },
  };
}

/** HTTPS; HTTP where the owner says so, or on this machine where nothing speaks HTTPS. */
async function baseOf(registry: string, { plainHttp, transport }: ConnectionOptions): Promise<URL> {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  if (plainHttp?.includes(registry)) return new URL(`http://${host}`);
  if (!isLoopbackRegistry(registry)) return new URL(`https://${host}`);
  const plain = new URL(`http://${host}`);
  try {
    const answer = await transport.send(new URL('/v2/', plain), { method: 'GET' });
    await answer.discard();
    // Servers of HTTPS say so with 400.
    if (answer.status !== 400) return plain;
  } catch (thrown) {
    if (errnoOf(thrown) === 'ECONNREFUSED') throw unreachable(registry, thrown);
  }
  return new URL(`https://${host}`);
}
