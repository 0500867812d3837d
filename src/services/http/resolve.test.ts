import { deepEqual, equal } from 'node:assert/strict';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import type { ServiceEnv } from '#core/services';
import { resolverOf } from './resolve.ts';

type Answer = (error: Error | null, addresses: readonly { address: string; family: number }[]) => void;

/** An instance's environment that can end. */
function instance(): { env: ServiceEnv; end: () => void } {
  const ends: (() => void)[] = [];
  const env = { onEnd: (work: () => void) => void ends.push(work) };
  return { env: env as unknown as ServiceEnv, end: () => ends.forEach((work) => work()) };
}

test('[http.addresses] a silent name server holds two of the threads that all of the process share, and no name of an instance that ended is asked for', async (t) => {
  const asked: { host: string; answer: Answer }[] = [];
  const { lookup } = dns;
  dns.lookup = ((host: string, _: unknown, answer: Answer) => void asked.push({ host, answer })) as typeof lookup;
  syncBuiltinESMExports();
  t.after(() => {
    dns.lookup = lookup;
    syncBuiltinESMExports();
  });
  const silent = instance();
  const other = instance();
  const answered: string[] = [];
  const ask = ({ env }: { env: ServiceEnv }, host: string): void =>
    resolverOf(env)(host, () => void answered.push(host));
  for (const host of ['a', 'b', 'c', 'd']) ask(silent, `${host}.silent.example`);
  ask(other, 'fine.example');
  deepEqual(
    asked.map(({ host }) => host),
    ['a.silent.example', 'b.silent.example'],
  );
  // What is left of the component that ended is not looked for, and the other has its turn.
  silent.end();
  asked[0]?.answer(null, []);
  equal(asked[2]?.host, 'fine.example');
  asked[1]?.answer(null, []);
  asked[2]?.answer(null, [{ address: '93.184.216.34', family: 4 }]);
  equal(asked.length, 3);
  deepEqual(answered, ['a.silent.example', 'b.silent.example', 'fine.example']);
});
