import { Argument } from 'commander';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import type { StoreUsage } from '#core/ports';
import { SHARED_OWNER, type StoreKind } from '#core/stores';
import type { NamedStore } from '#host/api';
import { table } from './describe-text.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags {
  readonly kv?: string;
  readonly blob?: string;
  readonly all?: boolean;
  readonly prefix?: string;
}

type Action = 'list' | 'keys' | 'clear';

const SHARED = 'shared';
const ownerOf = (text: string): string => (text === SHARED ? SHARED_OWNER : text);
const ownerText = (owner: string): string => (owner === SHARED_OWNER ? SHARED : owner);

/** `stores list|keys|clear`: what components keep in the stores that were granted. */
export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('<action>', 'what to do').choices(['list', 'keys', 'clear']))
    .argument('[component]', 'namespace:name, or shared for the stores that are shared')
    .argument('[key]', 'with clear: this one alone')
    .option('--kv <name>', 'the store of values of that name')
    .option('--blob <name>', 'the store of large values of that name')
    .option('--prefix <text>', 'with keys: those that begin so')
    .option('--all', 'with clear: all stores of the component')
    .addHelpText(
      'after',
      `
A component keeps values in stores that are granted to it (grant --kv, --blob). What is its own goes with its last
version. What clear removes cannot be had back.

Examples:
  $ switchboard stores list
  $ switchboard stores keys demo:notes --kv notes
  $ switchboard stores clear demo:notes --kv notes draft
  $ switchboard stores clear shared --blob team`,
    )
    .action(
      act(async (context, action: Action, owner: string | undefined, key: string | undefined, flags: Flags) => {
        checkUsage(action, owner, key, flags);
        if (action === 'list') {
          const host = await context.attach();
          const kept = await host.stores(owner === undefined ? undefined : ownerOf(owner));
          const stores = kept.map((one) => ({ ...one, owner: ownerText(one.owner) }));
          context.print({ stores }, () => listText(stores));
          return;
        }
        const subject = owner ?? '';
        if (action === 'clear' && flags.all) {
          const host = await context.attach();
          let removed = 0;
          for (const kind of ['kv', 'blob'] as const) {
            removed += await host.clearStores({ owner: ownerOf(subject), kind });
          }
          context.print({ removed }, () => removedText(removed, `all stores of ${safeLine(subject)}`));
          return;
        }
        const store = storeOf(ownerOf(subject), flags);
        const host = await context.attach();
        if (action === 'clear') {
          const removed = await host.clearStores({ ...store, key });
          context.print({ removed }, () => removedText(removed, `${store.kind} store ${safeLine(store.name)}`));
          return;
        }
        const keys: string[] = [];
        for (let after: string | undefined, more = true; more; ) {
          const page = await host.storeKeys(store, { prefix: flags.prefix ?? '', after, limit: 1000 });
          keys.push(...page.keys);
          after = page.keys.at(-1);
          more = page.more && after !== undefined;
        }
        context.print({ keys }, () =>
          keys.length === 0 ? 'it has no keys' : keys.map((one) => safeLine(one)).join('\n'),
        );
      }),
    );
};

/** Errors: `invalid-usage`. */
function checkUsage(
  action: Action,
  owner: string | undefined,
  key: string | undefined,
  { kv, blob, prefix, all }: Flags,
): void {
  const named = [kv, blob].filter((one) => one !== undefined).length;
  const whole = action === 'clear' && all === true;
  let problem: string | undefined;
  if (action === 'list' && (key !== undefined || named > 0)) problem = 'list takes a component alone';
  else if (action !== 'list' && owner === undefined) problem = `${action} takes a component, or shared`;
  else if (action !== 'list' && named !== (whole ? 0 : 1)) {
    problem = `name one store: --kv or --blob${action === 'clear' ? ', or all: --all' : ''}`;
  } else if (all && action !== 'clear') problem = '--all is for clear';
  else if (prefix !== undefined && action !== 'keys') problem = '--prefix is for keys';
  else if (key !== undefined && (action !== 'clear' || whole)) problem = 'a key is for clear, in one store';
  if (problem !== undefined) throw new SwitchboardError('invalid-usage', problem, { fix: 'switchboard stores list' });
}

function storeOf(owner: string, { kv, blob }: Flags): NamedStore {
  const kind: StoreKind = kv === undefined ? 'blob' : 'kv';
  return { owner, kind, name: kv ?? blob ?? '' };
}

function listText(stores: readonly StoreUsage[]): string {
  if (stores.length === 0) return 'nothing is kept';
  const rows = stores.map(({ owner, kind, name, keys, bytes }) => [
    safeLine(owner),
    kind,
    safeLine(name),
    keys === 1 ? '1 key' : `${keys} keys`,
    formatSize(bytes),
  ]);
  return table(rows)
    .map((line) => line.slice(2))
    .join('\n');
}

function removedText(removed: number, from: string): string {
  return removed === 0
    ? 'there was nothing to remove'
    : `removed ${removed === 1 ? '1 key' : `${removed} keys`} of ${from}`;
}
