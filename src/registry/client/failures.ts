/** What goes wrong with a registry, as errors of the catalogue. */
import { errnoOf, SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

/** A registry that cannot be reached, or whose answer broke off. */
export function unreachable(registry: string, thrown: unknown): SwitchboardError {
  if (thrown instanceof SwitchboardError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new SwitchboardError('cancelled', 'the request to the registry was cancelled', { cause: thrown });
  }
  if (errnoOf(thrown) === 'ENOSPC') {
    return new SwitchboardError('disk-full', 'no space is left on the disk for the download', { cause: thrown });
  }
  const reason = REASONS[errnoOf(thrown) ?? ''] ?? (thrown instanceof Error ? printable(thrown.message) : 'it failed');
  return new SwitchboardError('registry-unreachable', `${printable(registry)}: ${reason}`, { cause: thrown });
}

const REASONS: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  ECONNRESET: 'the connection was reset',
  UND_ERR_SOCKET: 'the connection ended in the middle',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  UND_ERR_BODY_TIMEOUT: 'its answer stopped in the middle',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself; name your authority with --ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an authority that is not known; name it with --ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an authority that is not known; name it with --ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an authority that is not known; name it with --ca',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
};

/** Content that is not what was promised: never used. */
export function mismatch(what: string): SwitchboardError {
  return new SwitchboardError('digest-mismatch', what, {
    fix: 'try again; if it stays so, the registry or something on the way to it is not to be trusted',
  });
}

/** An answer that refuses, with the registry's own words. */
export function refused(registry: string, status: number, body: string, doing: string): SwitchboardError {
  const said = saidBy(body);
  return new SwitchboardError(
    'registry-refused',
    `${printable(registry)} answered ${status} to ${doing}${said === '' ? '' : `: ${said}`}`,
    { data: { status } },
  );
}

function saidBy(body: string): string {
  try {
    const document = JSON.parse(body) as { errors?: { code?: unknown; message?: unknown }[] };
    const [first] = document.errors ?? [];
    return printable([first?.code, first?.message].filter((part) => typeof part === 'string').join(': '));
  } catch {
    return '';
  }
}
