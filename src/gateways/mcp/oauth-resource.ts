/** What this server says of itself to OAuth clients: RFC 9728 metadata, and the challenges that point to it. */
import type { SwitchboardError } from '#core/errors';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

export interface ProtectedResource {
  /** What tokens must be meant for. */
  readonly audience: string;
  /** The metadata document, as JSON text. */
  readonly metadata: string;
  /** Paths it is served at. */
  readonly paths: readonly string[];
  /** `WWW-Authenticate` for a refusal. RFC 6750, section 3; RFC 9728, section 5.1. */
  challenge(error: SwitchboardError): string;
}

export function protectedResource(issuer: string, audience: string, scopes: readonly string[]): ProtectedResource {
  const { origin, pathname } = new URL(audience);
  const path = pathname === '/' ? '' : pathname;
  const metadata = {
    resource: audience,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    resource_name: 'Switchboard',
  };
  return {
    audience,
    metadata: JSON.stringify(metadata),
    // A proxy may serve this under another path than ours: both are answered.
    paths: [...new Set([WELL_KNOWN, `${WELL_KNOWN}/mcp`, `${WELL_KNOWN}${path}`])],
    challenge(error) {
      return bearerChallenge(error, [
        `resource_metadata="${origin}${WELL_KNOWN}${path}"`,
        ...(scopes.length === 0 ? [] : [`scope="${scopes.join(' ')}"`]),
      ]);
    },
  };
}

/** `WWW-Authenticate` with these parameters. Without a token there is nothing wrong yet: RFC 6750, section 3.1. */
export function bearerChallenge(error: SwitchboardError, parameters: readonly string[]): string {
  const named = bearerError(error);
  const wrong = named === undefined ? [] : [`error="${named}"`, `error_description="${quotable(error.message)}"`];
  return `Bearer ${[...parameters, ...wrong].join(', ')}`;
}

/** What RFC 6750 calls a refusal, where it has a name for it. */
export function bearerError(error: SwitchboardError): string | undefined {
  if (error.code === 'insufficient-scope') return 'insufficient_scope';
  const { data } = error;
  return typeof data === 'object' && data !== null && 'oauth' in data ? String(data.oauth) : undefined;
}

/** The characters of RFC 6750, section 3, for `error_description`. */
const quotable = (text: string): string => text.replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, "'");
