import { lookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
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
    void Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]).then(([v4, v6]) => {
      const found = [v4, v6].flatMap((answer, i) =>
        answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: i === 0 ? 4 : 6 })) : [],
      );
      const failed = v4.status === 'rejected' ? v4.reason : undefined;
      done(found.length === 0 && failed instanceof Error ? failed : null, found);
    });
  };
}
