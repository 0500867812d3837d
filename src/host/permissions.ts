/** Who may what, kept for the call path: snapshots from grants, and what happens in running cells when grants change. */
import { createHash } from 'node:crypto';
import {
  type Clock,
  type ComponentDescription,
  type ComponentName,
  type ComponentStore,
  decideAccess,
  formatCallPattern,
  formatReference,
  type Grant,
  grantCounts,
  type GrantStore,
  type InstalledComponent,
  isStore,
  manifestDigest,
  parseReference,
  type Permission,
  type PolicySnapshot,
  type Principal,
  printable,
  type Random,
  requestCovers,
  sameTarget,
  snapshotOf,
  SwitchboardError,
} from '#core';
import type { Engine } from '#engine';
import type { ComponentPolicy, GrantOptions, Host, Installation } from './api.ts';
import type { Catalog } from './catalog.ts';
import { withUnrequested } from './denials.ts';
import type { EventHub } from './events.ts';
import { settledPermission } from './host-directories.ts';
import { howItCame } from './install.ts';

export interface PermissionPorts {
  readonly components: ComponentStore;
  readonly grants: GrantStore;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly events: EventHub;
  readonly clock: Clock;
  readonly random: Random;
  /** Switchboard's own directory. */
  readonly home: string;
  /** Whether there is a secret of that name. */
  hasSecret(name: string): Promise<boolean>;
}

export interface Permissions extends Pick<Host, 'grant' | 'revoke' | 'policy' | 'checkAccess'> {
  /** Fails as `grant` would, and grants nothing. */
  checkGrant(component: string, options: GrantOptions): Promise<void>;
  /** The call takes grants that are for one call. False if another call was quicker: then decide anew. */
  take(once: readonly Grant[]): Promise<boolean>;
  /**
   * An installed version described anew, by the same bytes: where that changes what it requests, grants count as they
   * do for another version, and what runs is brought up to it. Errors: `component-not-found` (it went meanwhile).
   */
  redescribe(component: InstalledComponent): Promise<Installation>;
  /** What was granted to a name goes with its last version: another component of that name begins with nothing. */
  forgetIfGone(name: ComponentName): Promise<void>;
  close(): void;
}

/** Timers count no time that the machine sleeps, so the clock is looked at now and then. */
const LONGEST_WAIT_MS = 15_000;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A record's id: `g_` or `r_` and 96 random bits. */
export const newId = (prefix: 'g' | 'r', random: Random): string =>
  `${prefix}_${Buffer.from(random.bytes(12)).toString('base64url')}`;

export async function createPermissions(ports: PermissionPorts): Promise<Permissions> {
  const { grants, engine, catalog, events, clock, random } = ports;
  let timer: NodeJS.Timeout | undefined;
  // One change after another, each seen by the cells before the next.
  let changing: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = changing.then(work);
    changing = done.catch(() => undefined);
    return done;
  };

  /** Running cells of the component: those that hold what is granted no more are cut, others finish and make way. */
  const apply = async (subject: ComponentName, why: string): Promise<void> => {
    const now = await grants.list(subject);
    const lasting = now.filter((grant) => !grant.once);
    catalog.refresh();
    // A version may have another manifest now.
    const described = new Map<string, ComponentDescription>();
    for (const { target } of catalog.targetsOf(subject, engine.isUsed)) {
      const entry = await catalog.entry(target.component).catch(() => undefined);
      if (entry) described.set(target.component, entry.installed.description);
    }
    // From here on nothing waits: no call begins on what is decided to end.
    for (const { target, principal, description: known, once } of catalog.targetsOf(subject, engine.isUsed)) {
      const description = described.get(target.component) ?? known;
      const after = snapshotOf(description, [...lasting, ...once], principal, clock.now(), sha256);
      if (after.version === target.policy.version) continue;
      if (loses(target.policy, after)) {
        const error = new SwitchboardError('denied', `${subject}: ${why} while the call ran`);
        engine.cut((key) => key === target.key, error);
      } else engine.retire((key) => key === target.key);
    }
    await schedule();
  };

  /** A store that failed once is asked again. */
  const again = (): void => {
    timer = setTimeout(() => void inTurn(expire).catch(again), LONGEST_WAIT_MS).unref();
  };
  const expire = async (): Promise<void> => {
    const expired = (await grants.list()).filter((grant) => (grant.expiresAt ?? Infinity) <= clock.now());
    const gone = await grants.remove(expired.map((grant) => grant.id));
    for (const grant of gone) events.emit({ type: 'grant.expired', grant });
    for (const subject of new Set(gone.map((grant) => grant.subject))) await apply(subject, 'a grant expired');
    if (gone.length === 0) await schedule();
  };
  const schedule = async (): Promise<void> => {
    clearTimeout(timer);
    const next = (await grants.list()).reduce(
      (first, { expiresAt = Infinity }) => Math.min(first, expiresAt),
      Infinity,
    );
    if (next === Infinity) return;
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(1, next - clock.now()));
    timer = setTimeout(() => void inTurn(expire).catch(again), wait).unref();
  };

  const checkRequested = (
    { description, name }: InstalledComponent,
    permission: Permission,
    unrequested: boolean,
  ): boolean => {
    const { manifest } = description;
    if (!manifest) return true;
    if (manifest.permissions.some((request) => requestCovers(request, permission))) return false;
    if (unrequested) return true;
    const fix = 'add --unrequested to grant it all the same, for this version only';
    throw new SwitchboardError(
      'not-requested',
      `the manifest of ${name} does not request ${printable(describe(permission))}`,
      {
        fix,
      },
    );
  };

  const counts = (grant: Grant, description: ComponentDescription): boolean =>
    grantCounts(grant, description, grant.principal === 'anyone' ? 'owner' : grant.principal, clock.now());

  const redescribe = async (component: InstalledComponent): Promise<Installation> => {
    const { components } = ports;
    const { name, version, description } = component;
    const before = await components.get({ name, version });
    const same = before !== undefined && JSON.stringify(before.description) === JSON.stringify(description);
    if (same) {
      const { record, source } = component;
      if (record === undefined || record === before.record) return { ...before, outcome: 'same' };
      // The bytes were there; how they came is now known otherwise.
      await components.redescribe(component);
      catalog.refresh();
      events.emit({
        type: 'component.installed',
        component: formatReference(component),
        digest: description.digest,
        ...howItCame(component),
      });
      return { ...before, source, record, outcome: 'same' };
    }
    if (!before || !(await components.redescribe(component))) {
      throw new SwitchboardError('component-not-found', `${formatReference(component)} was removed meanwhile`);
    }
    const reference = formatReference(component);
    const manifest = manifestDigest(description);
    await apply(name, 'its manifest was changed');
    // Limits are no part of a policy, and documentation is none of a cell.
    engine.retire((key) => key.startsWith(`${reference} `));
    events.emit({ type: 'component.changed', component: reference, digest: description.digest, manifest });
    const after = { ...before, source: component.source, description, outcome: 'changed' as const };
    if (manifestDigest(before.description) === manifest) return after;
    const all = await grants.list(name);
    const lost = all.filter((grant) => counts(grant, before.description) && !counts(grant, description));
    const regained = all.filter((grant) => !counts(grant, before.description) && counts(grant, description));
    return { ...after, manifestChange: { lost, regained } };
  };

  const make = async (component: string, options: GrantOptions): Promise<readonly Grant[]> => {
    const { installed } = await catalog.entry(component);
    const { principal = 'anyone', expiresAt, once, unrequested = false, creator = 'owner' } = options;
    if (options.permissions.length === 0) throw new SwitchboardError('invalid-setting', 'no permission was named');
    if (expiresAt !== undefined && !(expiresAt > clock.now())) {
      throw new SwitchboardError('invalid-setting', 'the expiry is not in the future');
    }
    const made: Grant[] = [];
    for (const given of options.permissions) {
      const permission = settledPermission(given, ports.home);
      if (permission.kind === 'secret' && !(await ports.hasSecret(permission.name))) {
        const fix = `switchboard secret set ${permission.name}`;
        throw new SwitchboardError('secret-not-found', `there is no secret ${permission.name}`, { fix });
      }
      made.push({
        id: newId('g', random),
        principal,
        subject: installed.name,
        permission,
        manifest: manifestDigest(installed.description),
        bound: checkRequested(installed, permission, unrequested),
        creator,
        createdAt: clock.now(),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        ...(once ? { once } : {}),
      });
    }
    return made;
  };

  const add = async (component: string, options: GrantOptions): Promise<readonly Grant[]> => {
    const made = await make(component, options);
    const [subject] = made.map((grant) => grant.subject);
    if (subject === undefined) return made;
    // The same thing granted again takes the place of what was there: its expiry counts.
    const same = (await grants.list(subject)).filter((old) => made.some((grant) => replaces(grant, old)));
    await grants.add(made);
    await grants.remove(same.map((grant) => grant.id));
    for (const grant of made) events.emit({ type: 'grant.created', grant });
    await apply(subject, 'a grant was changed');
    return made;
  };

  const revoke = async (component: string, ids?: readonly string[]): Promise<readonly Grant[]> => {
    const { name } = parseReference(component);
    const known = await grants.list(name);
    if (known.length === 0) await catalog.entry(component);
    const wanted = ids === undefined ? known : known.filter((grant) => ids.includes(grant.id));
    const missing = ids?.find((id) => !known.some((grant) => grant.id === id));
    if (missing !== undefined) {
      const fix = `switchboard policy show ${name}`;
      throw new SwitchboardError('grant-not-found', `${name} has no grant ${printable(missing)}`, { fix });
    }
    const gone = await grants.remove(wanted.map((grant) => grant.id));
    for (const grant of gone) events.emit({ type: 'grant.revoked', grant });
    if (gone.length > 0) await apply(name, 'a grant was revoked');
    return gone;
  };

  await inTurn(expire);
  return {
    grant: (component, options) => inTurn(() => add(component, options)),
    checkGrant: async (component, options) => void (await make(component, options)),
    revoke: (component, ids) => inTurn(() => revoke(component, ids)),
    redescribe: (component) => inTurn(() => redescribe(component)),
    async policy(component): Promise<ComponentPolicy> {
      const { installed, reference } = await catalog.entry(component);
      const { description } = installed;
      const all = await grants.list(installed.name);
      return {
        component: reference,
        manifest: description.manifest,
        requests: (description.manifest?.permissions ?? []).map((request) => ({
          request,
          grants: all.filter((g) => counts(g, description) && requestCovers(request, g.permission)).map((g) => g.id),
        })),
        grants: all.map((grant) => ({ ...grant, counts: counts(grant, description) })),
      };
    },
    async checkAccess(component, access, principal = 'owner') {
      const entry = await catalog.entry(component);
      const decision = decideAccess(entry.targetFor(principal).policy, access);
      if (decision.allowed) return decision;
      return { ...decision, denial: withUnrequested(decision.denial, entry.installed.description.manifest) };
    },
    async take(once) {
      const taken = await grants.remove(once.map((grant) => grant.id));
      catalog.refresh();
      for (const grant of taken) events.emit({ type: 'grant.expired', grant });
      return taken.length === once.length;
    },
    async forgetIfGone(name) {
      if (await catalog.isInstalled(name)) return;
      const gone = await grants.remove((await grants.list(name)).map((grant) => grant.id));
      for (const grant of gone) events.emit({ type: 'grant.revoked', grant });
    },
    close: () => clearTimeout(timer),
  };
}

function describe(permission: Permission): string {
  if (permission.kind === 'fs') return `${permission.mode} access to ${permission.guest}`;
  if (permission.kind === 'net')
    return `the network host ${permission.host}${permission.port === undefined ? '' : `:${permission.port}`}`;
  if (isStore(permission)) return `${permission.mode} access to the ${permission.kind} store ${permission.name}`;
  if (permission.kind === 'elicit') return 'to ask the person';
  if (permission.kind === 'sample') return 'to ask the caller’s model';
  if (permission.kind === 'call') return `to call ${formatCallPattern(permission)}`;
  if (permission.kind === 'schedule') return 'to arrange later calls of itself';
  return permission.kind === 'env' ? `the variable ${permission.name}` : `the secret ${permission.name}`;
}

const replaces = (grant: Grant, old: Grant): boolean =>
  grant.principal === old.principal && grant.once === old.once && sameTarget(grant.permission, old.permission);

/** Whether something that the one gives the other does not. */
export function loses(before: PolicySnapshot, after: PolicySnapshot): boolean {
  for (const part of ['fs', 'net', 'env', 'secrets', 'stores', 'asks', 'calls'] as const) {
    const kept = new Set<string>(after[part].map((item) => JSON.stringify(item)));
    // What may be written may be read.
    if (part === 'fs' || part === 'stores')
      for (const item of after[part]) kept.add(JSON.stringify({ ...item, mode: 'ro' }));
    if (before[part].some((item) => !kept.has(JSON.stringify(item)))) return true;
  }
  if (before.schedule && !after.schedule) return true;
  return false;
}

export type PrincipalKind = Principal['kind'];
