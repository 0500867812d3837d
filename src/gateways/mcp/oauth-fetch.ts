/** Fetches the documents of an issuer: JSON, small, soon, from nowhere that a stranger could send us. */
import type { LookupFunction } from 'node:net';
import { lookup } from 'node:dns';
import type { Agent } from 'undici';
import { SwitchboardError } from '#core/errors';
import { normalHost, parseAddress, specialAddress } from '#core/net-address';
import { printable } from '#core/reference';
import { httpsOrLoopback } from './oauth-settings.ts';

const LARGEST = 256 * 1024;
const LONGEST_MS = 5_000;

export interface IssuerFetch {
  /**
   * The JSON object at a URL; undefined for 404. Follows no redirect: where the document lies is for the issuer's own
   * URL to say. Errors: `issuer-unavailable`.
   */
  (url: string): Promise<{ readonly [key: string]: unknown } | undefined>;
}

/**
 * For one issuer. What the owner named may be a private address; what the issuer's metadata names (`jwks_uri`) may
 * be at the same origin, or at a public address, so that an issuer cannot have us ask inside of this network.
 */
export function createIssuerFetch(issuer: string): IssuerFetch & { close(): Promise<void> } {
  const { origin, protocol } = new URL(issuer);
  let own: Agent | undefined;
  let foreign: Agent | undefined;
  const options = { maxResponseSize: LARGEST, headersTimeout: LONGEST_MS, bodyTimeout: LONGEST_MS, connections: 2 };
  const agentFor = async (url: URL): Promise<Agent> => {
    const { Agent: Undici } = await import('undici');
    const timeout = LONGEST_MS;
    if (url.origin === origin) return (own ??= new Undici({ ...options, connect: { timeout } }));
    refuseSpecial(url);
    return (foreign ??= new Undici({ ...options, connect: { timeout, lookup: publicLookup } }));
  };
  const get = async (text: string): Promise<{ readonly [key: string]: unknown } | undefined> => {
    const url = httpsOrLoopback('the URL that the issuer names,', text);
    if (protocol === 'https:' && url.protocol !== 'https:') throw new Error('an https issuer names an http URL');
    const { request } = await import('undici');
    const { statusCode, body } = await request(url, {
      dispatcher: await agentFor(url),
      headers: { Accept: 'application/json' },
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    if (statusCode !== 200) {
      await body.dump({ limit: LARGEST, signal: AbortSignal.timeout(LONGEST_MS) }).catch(() => {});
      if (statusCode === 404) return undefined;
      throw new Error(`it answered ${statusCode}`);
    }
    const json = await body.json();
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('it is no JSON object');
    return json as { readonly [key: string]: unknown };
  };
  const fetchJson = async (text: string): ReturnType<IssuerFetch> => {
    try {
      return await get(text);
    } catch (cause) {
      if (cause instanceof SwitchboardError && cause.code === 'issuer-unavailable') throw cause;
      const why = cause instanceof Error ? printable(cause.message, 120) : 'it failed';
      throw new SwitchboardError('issuer-unavailable', `cannot read ${printable(text)}: ${why}`, { cause });
    }
  };
  return Object.assign(fetchJson, {
    async close() {
      await Promise.allSettled([own?.destroy(), foreign?.destroy()]);
    },
  });
}

/** An address as such is never looked up: it is judged here. */
function refuseSpecial(url: URL): void {
  const host = normalHost(url.hostname);
  const address = host === undefined ? undefined : parseAddress(host);
  if (host === undefined || host === 'localhost' || (address && specialAddress(address) !== undefined)) {
    throw new Error('it is at an address that is not public');
  }
}

/** The connection goes to the address that was judged: a name that resolves otherwise a moment later gains nothing. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, []);
    const bad = found.find(({ address }) => {
      const bytes = parseAddress(address);
      return bytes === undefined || specialAddress(bytes) !== undefined;
    });
    const [first] = found;
    if (bad !== undefined || first === undefined)
      return callback(new Error('it is at an address that is not public'), []);
    if (options.all === true) callback(null, found);
    else callback(null, first.address, first.family);
  });
};
