/** Who asks: the owner's token, or an access token of the OAuth issuer. And how often they may. */
import type { IncomingMessage } from 'node:http';
import { SwitchboardError } from '#core/errors';
import { bearerOf, sameToken, wrongToken } from './http-guard.ts';
import { createIssuerKeys } from './oauth-issuer.ts';
import { type ProtectedResource, protectedResource } from './oauth-resource.ts';
import { checkOauth, type OauthSettings } from './oauth-settings.ts';
import { createTokenChecker } from './oauth-token.ts';
import { createRateLimiter, OAUTH_RATE, type Rate, rateLimited, type RateLimiter, rateOf } from './rate-limit.ts';

/** Who made a request, as far as that is known. */
export interface HttpClient {
  /** Sessions are its own: nobody with another key may use them. */
  readonly key: string;
  /** Where the request came from; IPv6 by its network. */
  readonly address: string;
  /** Of an OAuth client: who it is, for the record. */
  readonly subject?: string | undefined;
  /** Of an OAuth client: when its token ends, milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
}

export interface Access {
  readonly resource: ProtectedResource | undefined;
  /** Errors: `unauthorized`, `insufficient-scope`, `issuer-unavailable`, `rate-limited`. */
  admit(request: IncomingMessage): Promise<HttpClient>;
  /** Counts requests of a client, in the session where it has one. Errors: `rate-limited`. */
  spend(client: HttpClient, session: string | undefined, cost?: number): void;
  close(): Promise<void>;
}

export interface AccessOptions {
  /** Unless given, everybody is let in: for tests of the protocol alone. */
  readonly token?: (() => Promise<string>) | undefined;
  readonly oauth?: OauthSettings | undefined;
  /** For every client; unless given, OAuth clients have `OAUTH_RATE`, the owner's token none. */
  readonly rate?: Rate | undefined;
}

const OWNER = 'token';
/** Access tokens never seen before that one address may have checked: each costs a signature. */
const UNKNOWN_TOKENS: Rate = rateOf(50);

/** Whose share of what is bounded a request takes: those with the owner's token are told apart by session, else by address. */
export function shareOf({ key, subject, address }: HttpClient, session: string | undefined): string {
  return subject !== undefined ? key : session === undefined ? `address ${address}` : `session ${session}`;
}

/** `url` is where the server listens. With OAuth, reads the issuer's keys first. Errors: `issuer-unavailable`, `invalid-usage`. */
export async function createAccess(options: AccessOptions, url: string): Promise<Access> {
  const perClient = options.rate ? createRateLimiter(options.rate) : undefined;
  const oauth = options.oauth && (await createOauth(options.oauth, url));
  const perSubject = perClient ?? createRateLimiter(OAUTH_RATE);
  return {
    resource: oauth?.resource,
    async admit(request) {
      const address = addressOf(request);
      if (!options.token) return { key: OWNER, address };
      refuseTwice(request);
      const sent = bearerOf(request.headers);
      if (sameToken(sent, await options.token())) return { key: OWNER, address };
      if (oauth && sent !== undefined) return oauth.admit(sent, address);
      throw wrongToken(sent, oauth !== undefined);
    },
    spend(client, session, cost) {
      const wait =
        client.subject === undefined
          ? perClient?.take(shareOf(client, session), cost)
          : perSubject.take(shareOf(client, session), cost);
      if (wait !== undefined && wait > 0) throw rateLimited(wait);
    },
    async close() {
      await oauth?.close();
    },
  };
}

interface Oauth {
  readonly resource: ProtectedResource;
  admit(token: string, address: string): Promise<HttpClient>;
  close(): Promise<void>;
}

async function createOauth(settings: OauthSettings, url: string): Promise<Oauth> {
  const { issuer, audience = url, scopes = [] } = checkOauth(settings);
  const keys = createIssuerKeys(issuer);
  try {
    // A wrong address is told now, not to the first client.
    await keys.keys();
  } catch (error) {
    await keys.close();
    throw error;
  }
  const checker = createTokenChecker({ issuer, audience, scopes, keys });
  const unknown: RateLimiter = createRateLimiter(UNKNOWN_TOKENS);
  return {
    resource: protectedResource(issuer, audience, scopes),
    async admit(token, address) {
      let holder = checker.believed(token);
      if (!holder) {
        const wait = unknown.take(address);
        if (wait > 0) throw rateLimited(wait);
        holder = await checker.check(token);
        unknown.give(address);
      }
      return { key: holder.key, address, subject: holder.label, expiresAt: holder.expiresAt };
    },
    close: () => keys.close(),
  };
}

/**
 * Two `Authorization` or `Host` headers, of which a proxy and we might believe different ones, and tokens in the query,
 * which end in logs and histories (MCP: "Access tokens MUST NOT be included in the URI query string").
 */
function refuseTwice(request: IncomingMessage): void {
  const query = /\?(.*)$/s.exec(request.url ?? '')?.[1];
  if (query !== undefined && new URLSearchParams(query).has('access_token')) {
    throw new SwitchboardError('unauthorized', 'a token in the query string is never taken', {
      fix: 'send "Authorization: Bearer <token>"',
      data: { oauth: 'invalid_request' },
    });
  }
  let seen = 0;
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]?.length === 13 && request.rawHeaders[i]?.toLowerCase() === 'authorization') seen++;
  }
  if (seen > 1) {
    throw new SwitchboardError('unauthorized', 'two Authorization headers', { data: { oauth: 'invalid_request' } });
  }
}

/** The peer, IPv6 by its network of 64 bits: a host has all addresses of it. */
function addressOf(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? '';
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  return address.split('%')[0]?.split(':').slice(0, 4).join(':') ?? '';
}
