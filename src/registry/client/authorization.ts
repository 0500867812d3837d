/** What is sent as `Authorization`: basic, or a token that the registry's own service gave for a scope. */
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { isLoopbackRegistry } from './reference.ts';
import type { Received, Transport } from './transport.ts';

/** `repository:acme/clip:pull,push` */
export type Scope = string;

export interface Authorizer {
  /** What to send for a scope before anything was asked, where it is known already. */
  known(scope: Scope): string | undefined;
  /** What to send after a 401. Errors: `registry-unauthorized`. */
  answer(refusal: Received, scope: Scope, signal?: AbortSignal): Promise<string>;
}

const LARGEST_TOKEN = 256 * 1024;

const basic = ({ user, password }: { readonly user: string; readonly password: string }): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export function createAuthorizer(
  registry: string,
  transport: Transport,
  credentials: () => Promise<Credentials | undefined>,
): Authorizer {
  const headers = new Map<Scope, string>();
  const missing = (what: string): SwitchboardError =>
    new SwitchboardError('registry-unauthorized', `${printable(registry)} ${what}`, {
      fix: `docker login ${registry}`,
    });

  const tokenFor = async (challenge: Challenge, scope: Scope, signal?: AbortSignal): Promise<string> => {
    const url = realmOf(registry, challenge);
    if (!url) throw missing('names no place for tokens that credentials may be sent to');
    const found = await credentials();
    const { service } = challenge.parameters;
    const form = new URLSearchParams({ ...(service === undefined ? {} : { service }), scope });
    const refresh = found && 'identityToken' in found ? found.identityToken : undefined;
    if (refresh === undefined) for (const [name, value] of form) url.searchParams.append(name, value);
    else {
      form.set('grant_type', 'refresh_token');
      form.set('client_id', 'switchboard');
      form.set('refresh_token', refresh);
    }
    const answer = await transport.send(url, {
      method: refresh === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(found && 'user' in found ? { authorization: basic(found) } : {}),
        ...(refresh === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(refresh === undefined ? {} : { body: Buffer.from(form.toString()) }),
      signal,
    });
    const body = await answer.bytes(LARGEST_TOKEN);
    if (answer.status !== 200) throw missing(found ? 'does not take the credentials' : 'needs credentials');
    const token = tokenIn(body);
    if (token === undefined) throw missing('gave no token');
    return `Bearer ${token}`;
  };

  return {
    known: (scope) => headers.get(scope),
    async answer(refusal, scope, signal) {
      const challenges = parseChallenges(refusal.header('www-authenticate'));
      const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
      let header: string;
      if (bearer) header = await tokenFor(bearer, scope, signal);
      else {
        const found = await credentials();
        if (!challenges.some(({ scheme }) => scheme === 'basic')) throw missing('refuses, and takes no credentials');
        if (!found || !('user' in found)) throw missing('needs credentials');
        header = basic(found);
      }
      headers.set(scope, header);
      return header;
    },
  };
}

/** Credentials go over TLS, or to this machine where the registry is on it. */
function realmOf(registry: string, { parameters }: Challenge): URL | undefined {
  const { realm = '' } = parameters;
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (!url || url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  return url.protocol === 'http:' && isLoopbackRegistry(registry) && isLoopbackRegistry(url.host) ? url : undefined;
}

function tokenIn(body: Buffer): string | undefined {
  try {
    const { token, access_token } = JSON.parse(body.toString('utf8')) as { token?: unknown; access_token?: unknown };
    const found = [token, access_token].find((one) => typeof one === 'string' && one !== '') as string | undefined;
    // It becomes a header.
    return found !== undefined && /^[\x21-\x7e]+$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
