import { errnoOf } from '#core/errors';
import type { Denial } from '#core/permission';

/** `wasi:http/types.error-code`. */
export interface HttpError {
  readonly tag: string;
  readonly val?: unknown;
}

/** A request that the policy refuses. `address`: the name was allowed, where it leads was not. */
export class Refused extends Error {
  readonly denial: Denial;
  readonly address: boolean;

  constructor(denial: Denial, address: boolean) {
    super(denial.reason);
    this.denial = denial;
    this.address = address;
  }
}

/** A request that ended for a reason that wasi:http has a name for. */
export class Failed extends Error {
  readonly http: HttpError;

  constructor(http: HttpError) {
    super(http.tag);
    this.http = http;
  }
}

const BY_CODE: { readonly [code: string]: HttpError } = {
  ECONNREFUSED: { tag: 'connection-refused' },
  ECONNRESET: { tag: 'connection-terminated' },
  ECONNABORTED: { tag: 'connection-terminated' },
  EPIPE: { tag: 'connection-terminated' },
  EHOSTUNREACH: { tag: 'destination-unavailable' },
  ENETUNREACH: { tag: 'destination-unavailable' },
  ETIMEDOUT: { tag: 'connection-timeout' },
  ENOTFOUND: { tag: 'DNS-error', val: { rcode: 'NXDOMAIN', infoCode: undefined } },
  ENODATA: { tag: 'DNS-error', val: { rcode: 'NOERROR', infoCode: undefined } },
  ESERVFAIL: { tag: 'DNS-error', val: { rcode: 'SERVFAIL', infoCode: undefined } },
  EAI_FAIL: { tag: 'DNS-error', val: { rcode: 'SERVFAIL', infoCode: undefined } },
  EAI_AGAIN: { tag: 'DNS-timeout' },
  ETIMEOUT: { tag: 'DNS-timeout' },
  UND_ERR_SOCKET: { tag: 'connection-terminated' },
  UND_ERR_HEADERS_OVERFLOW: { tag: 'HTTP-response-header-section-size', val: undefined },
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: { tag: 'HTTP-request-body-size', val: undefined },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { tag: 'HTTP-response-incomplete' },
  UND_ERR_INVALID_ARG: { tag: 'HTTP-protocol-error' },
  ERR_TLS_CERT_ALTNAME_INVALID: { tag: 'TLS-certificate-error' },
};

/** What the guest is told of a failure: what it is, nothing about this machine. */
export function httpError(thrown: unknown): HttpError {
  if (thrown instanceof Failed) return thrown.http;
  if (thrown instanceof Refused) {
    return { tag: thrown.address ? 'destination-IP-prohibited' : 'HTTP-request-denied' };
  }
  const code = errnoOf(thrown) ?? '';
  // A status of its own (100 unasked, 101) ends an exchange without another name.
  if (code === 'UND_ERR_SOCKET' && thrown instanceof Error && /^bad (?:response|upgrade)$/.test(thrown.message)) {
    return { tag: 'HTTP-protocol-error' };
  }
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known) return known;
  // undici names its parser's errors only in their text, and not always what it is that it refuses.
  if (code.startsWith('HPE_') || (thrown instanceof Error && thrown.name === 'HTTPParserError')) {
    const cut = thrown instanceof Error && thrown.message.includes('EOF');
    return { tag: cut ? 'HTTP-response-incomplete' : 'HTTP-protocol-error' };
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return { tag: 'TLS-certificate-error' };
  if (/^ERR_(?:TLS|SSL|OSSL)/.test(code)) return { tag: 'TLS-protocol-error' };
  const { cause } = thrown instanceof Error ? thrown : {};
  return cause === undefined ? { tag: 'internal-error', val: undefined } : httpError(cause);
}
