import {
  type Clock,
  type ComponentDescription,
  type ComponentName,
  type ComponentStore,
  type DescribedFunction,
  findFunction,
  formatReference,
  type Grant,
  grantCounts,
  type GrantStore,
  type InstalledComponent,
  type Limits,
  parseReference,
  type Principal,
  printable,
  snapshotOf,
  SwitchboardError,
} from '#core';
import type { Target } from '#engine';
import { limitsFor } from './limits.ts';

/** An installed component, ready to be called. */
export interface CatalogEntry {
  readonly installed: InstalledComponent;
  /** `ns:name@version`. */
  readonly reference: string;
  readonly limits: Limits;
  /** With the permissions that calls of such a principal have; grants for one call are not among them. */
  targetFor(principal: Principal['kind']): Target;
  /** Grants for one call that fit, if there are any. */
  once(principal: Principal['kind']): readonly Grant[];
  /** The same with these as well, to be used by the call of that id alone. */
  targetWith(principal: Principal['kind'], once: readonly Grant[], callId: string): Target;
  /** The function a caller named, and its index. */
  find(name: string): { readonly index: number; readonly described: DescribedFunction };
}

/** What is installed, kept in memory: a call reads no database. */
export interface Catalog {
  /** Errors: `invalid-reference`, `component-not-found`. */
  entry(reference: string): Promise<CatalogEntry>;
  /** The same where it is known already, without a wait: a quick call has few to spare. */
  known(reference: string): CatalogEntry | undefined;
  /**
   * The same, and nothing changed while it was read: what the caller does with it before it next waits, it does with
   * the limits that apply. Else a call that overlaps a change would start cells with limits that no longer do.
   */
  current(reference: string): Promise<CatalogEntry>;
  isInstalled(name: ComponentName): Promise<boolean>;
  /** All of them, by name, then newest first. */
  installed(): Promise<readonly InstalledComponent[]>;
  /** What is known of a version by its full reference, however it was asked for. */
  describing(reference: string): ComponentDescription | undefined;
  /** Forgets everything it kept; called after every change. */
  refresh(): void;
  /** The targets of a name that calls may still be running on; those that `isUsed` does not know are forgotten. */
  targetsOf(name: ComponentName, isUsed: (key: string) => boolean): readonly UsedTarget[];
}

/** A target that calls were made to. */
export interface UsedTarget {
  readonly target: Target;
  readonly principal: Principal['kind'];
  readonly description: ComponentDescription;
  /** What it was given for one call besides. */
  readonly once: readonly Grant[];
}

export interface CatalogPorts {
  readonly store: ComponentStore;
  readonly grants: GrantStore;
  readonly clock: Clock;
  readonly digest: (text: string) => string;
}

/** Reads through to the store. */
export function createCatalog({ store, grants, clock, digest }: CatalogPorts): Catalog {
  let entries = new Map<string, Promise<CatalogEntry>>();
  let known = new Map<string, CatalogEntry>();
  let all: Promise<readonly InstalledComponent[]> | undefined;
  const used = new Map<string, UsedTarget>();

  const load = async (text: string): Promise<CatalogEntry> => {
    const installed = await store.get(parseReference(text));
    if (!installed) throw await notFound(store, text);
    const { description } = installed;
    const limits = limitsFor(description, await store.limits(installed.name)).effective;
    const reference = formatReference(installed);
    const given = await grants.list(installed.name);
    const lasting = given.filter((grant) => !grant.once);
    const forOnce = given.filter((grant) => grant.once);
    const targetOf = (principal: Principal['kind'], of: readonly Grant[], suffix = ''): Target => {
      const policy = snapshotOf(description, of, principal, clock.now(), digest);
      const key = `${reference} ${description.digest} ${policy.version}${suffix}`;
      return { key, component: reference, description, limits, policy, bytes: () => store.bytes(description.digest) };
    };
    /** With the moment from which it gives what has expired. */
    const targets = new Map<Principal['kind'], { readonly target: Target; readonly until: number }>();
    const firstExpiry = (): number => {
      const now = clock.now();
      return lasting.reduce(
        (first, { expiresAt = Infinity }) => (expiresAt > now ? Math.min(first, expiresAt) : first),
        Infinity,
      );
    };
    const use = (target: Target, principal: Principal['kind'], once: readonly Grant[]): Target => {
      // Two kinds of principal may share a target, and lose what they share at different times.
      used.set(`${principal} ${target.key}`, { target, principal, description, once });
      return target;
    };
    return {
      installed,
      reference,
      limits,
      find: functionFinder(description.functions),
      targetFor(principal) {
        const made = targets.get(principal);
        // Not left to a timer: a machine that slept, or a clock that was set, would go on giving.
        if (made && (made.until === Infinity || clock.now() < made.until)) return made.target;
        const until = firstExpiry();
        const target = use(targetOf(principal, lasting), principal, []);
        targets.set(principal, { target, until });
        return target;
      },
      once: (principal) => forOnce.filter((grant) => grantCounts(grant, description, principal, clock.now())),
      targetWith: (principal, once, callId) =>
        use(targetOf(principal, [...lasting, ...once], ` once ${callId}`), principal, once),
    };
  };

  const entry = (text: string): Promise<CatalogEntry> => {
    const loaded = entries.get(text);
    if (loaded) return loaded;
    const loading = load(text);
    const [current, kept] = [entries, known];
    current.set(text, loading);
    loading.then(
      (found) => kept.set(text, found),
      () => current.delete(text),
    );
    return loading;
  };

  return {
    entry,
    isInstalled: async (name) => (await store.list()).some((installed) => installed.name === name),
    installed() {
      all ??= store.list();
      all.catch(() => {
        all = undefined;
      });
      return all;
    },
    known: (text) => known.get(text),
    async current(text) {
      for (;;) {
        const before = entries;
        const found = await entry(text);
        if (before === entries) return found;
      }
    },
    describing(reference) {
      for (const one of known.values()) if (one.reference === reference) return one.installed.description;
      return undefined;
    },
    refresh() {
      entries = new Map();
      known = new Map();
      all = undefined;
    },
    targetsOf(name, isUsed) {
      for (const [key, { target }] of used) if (!isUsed(target.key)) used.delete(key);
      return [...used.values()].filter(({ target }) => target.component.startsWith(`${name}@`));
    },
  };
}

function functionFinder(functions: readonly DescribedFunction[]): CatalogEntry['find'] {
  const found = new Map<string, { index: number; described: DescribedFunction }>();
  return (name) => {
    const known = found.get(name);
    if (known) return known;
    const described = findFunction(functions, name);
    const entry = { index: functions.indexOf(described), described };
    found.set(name, entry);
    return entry;
  };
}

async function notFound(store: ComponentStore, text: string): Promise<SwitchboardError> {
  const { name } = parseReference(text);
  const versions = (await store.list()).filter((c) => c.name === name).map((c) => c.version);
  const message =
    versions.length > 0
      ? `${printable(text)} is not installed; installed versions of ${name}: ${versions.join(', ')}`
      : `${printable(text)} is not installed`;
  return new SwitchboardError('component-not-found', message, { fix: `switchboard install <file.wasm> --as ${text}` });
}
