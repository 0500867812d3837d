import { lookup, Resolver } from 'node:dns';
import type { ServiceEnv } from '#core/services';

/** `dns.lookup` with all addresses. */
export type Resolve = (
  host: string,
  done: (error: Error | null, addresses: readonly { readonly address: string; readonly family: number }[]) => void,
) => void;

const bySystem: Resolve = (host, done) => lookup(host, { all: true, order: 'verbatim' }, done);

const QUERY_MS = 5_000;

/** The system's resolver or, where the host was given name servers, those and nothing else. Ends with the instance. */
export function resolverOf(env: ServiceEnv): Resolve {
  const { nameServers } = env;
  if (nameServers === undefined) return bySystem;
  const resolver = new Resolver({ timeout: QUERY_MS, tries: 2 });
  resolver.setServers(nameServers);
  env.onEnd(() => resolver.cancel());
  return (host, done) => {
    // RFC 6761: nobody else may say where `localhost` is.
    if (host === 'localhost') return bySystem(host, done);
    const found: { readonly address: string; readonly family: number }[] = [];
    let failed: Error | null = null;
    let waiting = 2;
    const answered =
      (family: 4 | 6) =>
      (error: Error | null, addresses: readonly string[] = []): void => {
        if (error) failed ??= error;
        else found.push(...addresses.map((address) => ({ address, family })));
        waiting -= 1;
        if (waiting === 0) done(found.length === 0 ? failed : null, found);
      };
    resolver.resolve4(host, answered(4));
    resolver.resolve6(host, answered(6));
  };
}
