/** The authorization server: its metadata (RFC 8414, OpenID Connect Discovery) and its keys (RFC 7517), kept fresh. */
import type { JSONWebKeySet, JWK } from 'jose';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { createIssuerFetch } from './oauth-fetch.ts';

/** Keys older than this are asked for again while they still serve. */
const FRESH_MS = 10 * 60_000;
/** Keys older than this serve no more: one that the issuer took back must end to count. */
const STALE_MS = 60 * 60_000;
/** The issuer is asked this often at most, whatever key ids strangers make up. */
const COOL_MS = 30_000;
const MOST_KEYS = 100;

export interface IssuerKeys {
  /** The keys as they are known. Errors: `issuer-unavailable`. */
  keys(): Promise<JSONWebKeySet>;
  /** The keys asked for anew, because none fitted; undefined where that was done a moment ago. Errors: `issuer-unavailable`. */
  newer(): Promise<JSONWebKeySet | undefined>;
  close(): Promise<void>;
}

export function createIssuerKeys(issuer: string, now: () => number = () => performance.now()): IssuerKeys {
  const fetchJson = createIssuerFetch(issuer);
  let jwksUri: string | undefined;
  let known: { readonly set: JSONWebKeySet; readonly at: number } | undefined;
  let asking: Promise<JSONWebKeySet> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  const readKeys = async (): Promise<JSONWebKeySet> => {
    try {
      jwksUri ??= await discover(issuer, fetchJson);
      const set = usableKeys(await fetchJson(jwksUri));
      known = { set, at: now() };
      return set;
    } catch (error) {
      // They may have moved: the next time asks for the metadata again.
      jwksUri = undefined;
      throw error;
    }
  };
  const ask = (): Promise<JSONWebKeySet> => {
    if (asking) return asking;
    askedAt = now();
    asking = readKeys().finally(() => (asking = undefined));
    return asking;
  };
  const cool = (): boolean => now() - askedAt < COOL_MS;

  return {
    async keys() {
      const age = known === undefined ? Number.POSITIVE_INFINITY : now() - known.at;
      if (known && age < FRESH_MS) return known.set;
      if (known && age < STALE_MS) {
        // The ones at hand serve meanwhile; a failure is told when they are too old.
        if (!cool()) ask().catch(() => {});
        return known.set;
      }
      if (!asking && cool()) throw unavailable('its keys could not be read a moment ago');
      return ask();
    },
    async newer() {
      return asking ?? (cool() ? undefined : ask());
    },
    close: () => fetchJson.close(),
  };
}

/** Where the keys are. The metadata must be the issuer's own: RFC 8414, section 3.3. */
async function discover(issuer: string, fetchJson: ReturnType<typeof createIssuerFetch>): Promise<string> {
  for (const url of metadataUrls(issuer)) {
    const metadata = await fetchJson(url);
    if (metadata === undefined) continue;
    const { issuer: named, jwks_uri: uri } = metadata;
    if (named !== issuer) {
      throw unavailable(
        `${printable(url)} is the metadata of ${printable(String(named))}: give --oauth-issuer exactly as it has it`,
      );
    }
    if (typeof uri !== 'string') throw unavailable(`${printable(url)} names no jwks_uri`);
    return uri;
  }
  throw unavailable('it has no metadata at any of the well-known places');
}

/** In the order that MCP 2025-11-25 asks for ("Authorization Server Metadata Discovery"). */
export function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const urls = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
  ];
  return path === '' ? urls : [...urls, `${origin}${path}/.well-known/openid-configuration`];
}

/** Public keys for signatures only: a symmetric key in a public document verifies anything by anybody. */
function usableKeys(document: { readonly [key: string]: unknown } | undefined): JSONWebKeySet {
  const listed = document?.['keys'];
  if (!Array.isArray(listed) || listed.length > MOST_KEYS) throw unavailable('its jwks_uri holds no set of keys');
  const keys = (listed as readonly unknown[]).filter((key): key is JWK => {
    if (typeof key !== 'object' || key === null) return false;
    const { kty, use } = key as { readonly [name: string]: unknown };
    return (kty === 'RSA' || kty === 'EC' || kty === 'OKP') && (use === undefined || use === 'sig');
  });
  return { keys };
}

function unavailable(why: string): SwitchboardError {
  return new SwitchboardError('issuer-unavailable', `the OAuth issuer cannot be used: ${why}`);
}
