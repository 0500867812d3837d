import { lookup, Resolver } from 'node:dns';
import type { ServiceEnv } from '#core/services';

/** `dns.lookup` with all addresses. */
export type Resolve = (
  host: string,
  done: (error: Error | null, addresses: readonly { readonly address: string; readonly family: number }[]) => void,
) => void;

/**
 * The system's resolver waits on threads that the whole process shares, and few of them: a component whose name server
 * is silent must not have them all. A place is free when the resolver has answered, not when the call has given up.
 */
const MOST_AT_ONCE = 2;
let running = 0;
const waiting: { readonly start: () => void; readonly unwanted: () => boolean }[] = [];

function bySystem(host: string, done: Parameters<Resolve>[1], unwanted: () => boolean): void {
  const start = (): void => {
    running += 1;
    lookup(host, { all: true, order: 'verbatim' }, (error, addresses) => {
      running -= 1;
      let next = waiting.shift();
      while (next?.unwanted()) next = waiting.shift();
      next?.start();
      done(error, addresses);
    });
  };
  if (running < MOST_AT_ONCE) start();
  else waiting.push({ start, unwanted });
}

const QUERY_MS = 5_000;

/** The system's resolver or, where the host was given name servers, those and nothing else. Ends with the instance. */
export function resolverOf(env: ServiceEnv): Resolve {
  const { nameServers } = env;
  let ended = false;
  env.onEnd(() => {
    ended = true;
  });
  const system: Resolve = (host, done) => bySystem(host, done, () => ended);
  if (nameServers === undefined) return system;
  const resolver = new Resolver({ timeout: QUERY_MS, tries: 2 });
  resolver.setServers(nameServers);
  env.onEnd(() => resolver.cancel());
  return (host, done) => {
    // RFC 6761: nobody else may say where `localhost` is.
    if (host === 'localhost') return system(host, done);
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
