/** What `serve --oauth-…` says. */
import { SwitchboardError } from '#core/errors';
import { isLoopbackAddress, normalHost, parseAddress } from '#core/net-address';
import { printable } from '#core/reference';

export interface OauthSettings {
  /** The authorization server, exactly as its tokens and its metadata have it in `iss` and `issuer`. */
  readonly issuer: string;
  /** What tokens must be meant for (`aud`): the URL by which clients reach this server. Where it listens, unless given. */
  readonly audience?: string | undefined;
  /** Scopes that every token must have. */
  readonly scopes?: readonly string[] | undefined;
}

/** `scope-token` of RFC 6749, section 3.3: what can stand in a quoted string without escapes. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/;

/** Refuses what could not work, or would send keys in the clear. Errors: `invalid-usage`. */
export function checkOauth(settings: OauthSettings): OauthSettings {
  const { issuer, audience, scopes } = settings;
  // RFC 8414, section 2: no query, no fragment.
  const { search, hash } = httpsOrLoopback('--oauth-issuer', issuer);
  if (search !== '' || hash !== '') throw refused('--oauth-issuer', issuer, 'must have no query and no fragment');
  if (audience !== undefined) {
    // RFC 8707, section 2: absolute, no fragment.
    const url = urlOf(audience);
    if (!/^https?:$/.test(url?.protocol ?? '') || audience.includes('#') || url?.username !== '') {
      throw refused('--oauth-audience', audience, 'must be an http or https URL without a fragment');
    }
  }
  for (const scope of scopes ?? []) {
    if (!SCOPE.test(scope)) throw refused('--oauth-scope', scope, 'is not a scope (RFC 6749)');
  }
  return settings;
}

/**
 * Where others can reach the server, by whatever names and proxies, it cannot know which URL tokens must be for, and one
 * that guessed would take tokens meant for another. Errors: `invalid-usage`.
 */
export function checkAudience(oauth: OauthSettings | undefined, host: string): void {
  if (!oauth || oauth.audience !== undefined || isLoopbackHost(host.replace(/^\[|\]$/g, ''))) return;
  const why = 'the URL by which clients reach this server, which their tokens must be for';
  throw new SwitchboardError('invalid-usage', `--oauth-issuer with --host ${printable(host)} needs --oauth-audience`, {
    fix: `give --oauth-audience URL: ${why}`,
  });
}

/** A URL of https, or of http on this machine; without a user name. Errors: `invalid-usage`, naming `what`. */
export function httpsOrLoopback(what: string, text: string): URL {
  const url = urlOf(text);
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (!url || !safe || url.username !== '' || url.password !== '') {
    throw refused(what, text, 'must be an https URL, or http on this machine, without a user name');
  }
  return url;
}

/** `localhost`, or a loopback address in any spelling that URLs normalise. */
export function isLoopbackHost(hostname: string): boolean {
  const host = normalHost(hostname);
  if (host === 'localhost') return true;
  const address = host === undefined ? undefined : parseAddress(host);
  return address !== undefined && isLoopbackAddress(address);
}

function urlOf(text: string): URL | undefined {
  return text.length <= 2048 && URL.canParse(text) ? new URL(text) : undefined;
}

function refused(what: string, text: string, why: string): SwitchboardError {
  return new SwitchboardError('invalid-usage', `${what} "${printable(text)}" ${why}`);
}
