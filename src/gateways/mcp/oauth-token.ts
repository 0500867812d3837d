/** Access tokens: JWTs of the issuer for this very resource. RFC 9068, RFC 8707, MCP "Access Token Usage". */
import { createHash } from 'node:crypto';
import type { CryptoKey, JSONWebKeySet, JWTPayload, JWTVerifyOptions } from 'jose';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { IssuerKeys } from './oauth-issuer.ts';

/** Signatures by a public key. Not `none`, and nothing symmetric: that would make a public key a secret. */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const LEEWAY_S = 30;
const LONGEST_TOKEN = 8192;
/** How long a token that was checked is believed without looking at the keys again. */
const BELIEVED_MS = 60_000;
const MOST_BELIEVED = 1_000;
/** Keys of the same kind that a token without a key id is tried with. */
const MOST_TRIED = 5;

export interface TokenHolder {
  /** The same for all tokens of one subject and client; says nothing of either. */
  readonly key: string;
  /** For the record: `sub`, and the client. Printable, short, never trusted for a decision. */
  readonly label: string;
  /** Milliseconds since the epoch, leeway included. */
  readonly expiresAt: number;
}

export interface TokenChecker {
  /** Whose token it is, where it was checked a moment ago. Costs a hash. */
  believed(token: string): TokenHolder | undefined;
  /** Errors: `unauthorized`, `insufficient-scope`, `issuer-unavailable`. None of them has a part of the token. */
  check(token: string): Promise<TokenHolder>;
}

export interface CheckerOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly keys: IssuerKeys;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

interface Believed {
  readonly holder: TokenHolder;
  readonly until: number;
}

export function createTokenChecker(options: CheckerOptions): TokenChecker {
  const now = options.now ?? Date.now;
  const believed = new Map<string, Believed>();
  return {
    believed(token) {
      const hash = sha256(token);
      const found = believed.get(hash);
      if (!found) return undefined;
      if (now() < found.until) return found.holder;
      believed.delete(hash);
      return undefined;
    },
    async check(token) {
      if (token.length > LONGEST_TOKEN) throw invalid('the access token is longer than 8 KiB');
      const payload = await verified(token, options, now());
      const holder = holderOf(payload, options.issuer);
      const missing = options.scopes.filter((scope) => !scopesOf(payload).includes(scope));
      if (missing.length > 0) {
        throw new SwitchboardError('insufficient-scope', `the access token lacks the scope ${missing.join(' ')}`);
      }
      if (believed.size >= MOST_BELIEVED) {
        const [oldest] = believed.keys();
        if (oldest !== undefined) believed.delete(oldest);
      }
      believed.set(sha256(token), { holder, until: Math.min(now() + BELIEVED_MS, holder.expiresAt) });
      return holder;
    },
  };
}

async function verified(token: string, options: CheckerOptions, now: number): Promise<JWTPayload> {
  const { jwtVerify, createLocalJWKSet, errors } = await import('jose');
  const rules: JWTVerifyOptions = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: ALGORITHMS,
    clockTolerance: LEEWAY_S,
    requiredClaims: ['exp'],
    currentDate: new Date(now),
  };
  const verifyWith = async (set: JSONWebKeySet): Promise<JWTPayload> => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(set), rules);
      checkType(protectedHeader.typ);
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      let last: unknown = error;
      let tried = 0;
      for await (const key of error as AsyncIterable<CryptoKey>) {
        if (++tried > MOST_TRIED) break;
        try {
          const { payload, protectedHeader } = await jwtVerify(token, key, rules);
          checkType(protectedHeader.typ);
          return payload;
        } catch (failure) {
          last = failure;
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
        }
      }
      throw last;
    }
  };
  try {
    const set = await options.keys.keys();
    const payload = await verifyWith(set).catch(async (error: unknown) => {
      // Rotated: the token may be by a key that came after.
      const newer = error instanceof errors.JWKSNoMatchingKey ? await options.keys.newer() : undefined;
      if (newer === undefined) throw error;
      return verifyWith(newer);
    });
    checkTimes(payload, now / 1000);
    return payload;
  } catch (error) {
    if (error instanceof SwitchboardError) throw error;
    throw invalid(reason(error instanceof errors.JOSEError ? error : undefined));
  }
}

/** Another kind of JWT by the same issuer, such as a logout token, is no access token. RFC 9068, section 4. */
function checkType(typ: unknown): void {
  if (typ === undefined || (typeof typ === 'string' && /^(?:application\/)?(?:at\+jwt|jwt)$/i.test(typ))) return;
  throw invalid('the token is no access token');
}

/** `exp` and `nbf` are jose's to check; `iat` in the future it leaves. */
function checkTimes({ iat }: JWTPayload, nowS: number): void {
  if (typeof iat === 'number' && iat > nowS + LEEWAY_S) throw invalid('the access token is from the future');
}

/** In our own words: what jose says could one day quote a stranger's header. */
function reason(error: { readonly code: string; readonly claim?: unknown } | undefined): string {
  switch (error?.code) {
    case 'ERR_JWT_EXPIRED':
      return 'the access token has expired';
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED': {
      const claim = ['aud', 'iss', 'exp', 'nbf', 'iat'].find((name) => name === error.claim) ?? 'a claim';
      return claim === 'aud'
        ? 'the access token is not for this server (aud)'
        : `the access token is refused for its ${claim}`;
    }
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return 'the access token is signed in a way that is not accepted';
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return 'the access token is signed by a key that its issuer does not have';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'the signature of the access token is wrong';
    default:
      return 'the bearer token is wrong: neither the token of this server nor an access token for it';
  }
}

function holderOf(payload: JWTPayload, issuer: string): TokenHolder {
  const client = text(payload['client_id']) ?? text(payload['azp']);
  const who = text(payload.sub) ?? client ?? 'somebody';
  const label = printable(client === undefined || client === who ? who : `${who} (${client})`, 60);
  const key = sha256(JSON.stringify([issuer, payload.sub ?? null, client ?? null]));
  return { key, label, expiresAt: ((payload.exp ?? 0) + LEEWAY_S) * 1000 };
}

/** `scope` of RFC 9068, or `scp` as some issuers have it; a list or words. */
function scopesOf(payload: JWTPayload): readonly string[] {
  const given = payload['scope'] ?? payload['scp'];
  if (Array.isArray(given)) return given.filter((scope) => typeof scope === 'string');
  return typeof given === 'string' ? given.split(' ') : [];
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function invalid(message: string): SwitchboardError {
  return new SwitchboardError('unauthorized', message, { data: { oauth: 'invalid_token' } });
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('base64');
}
