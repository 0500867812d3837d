/** The composition root: every part of a host is made and wired here, by explicit constructors. */
import { Resolver } from 'node:dns';
import {
  type ComponentName,
  type Clock,
  DEFAULT_LIMITS,
  type FaultPoints,
  type LogRecord,
  type LogStore,
  parseReference,
  type Random,
  SCHEDULE_BOUNDS,
  type ScheduleBounds,
  SwitchboardError,
} from '#core';
import { createArtifactCache, createEngine } from '#engine';
import { openHome } from '#home/home';
import { homePaths } from '#home/layout';
import { noFaults, systemClock, systemRandom } from '#home/system';
import { serviceOffer } from '#services/offer';
import type { Host, Session } from './api.ts';
import { ASK_BOUNDS, type AskBounds, createAsking, isAskKind } from './asking.ts';
import { callFunction, type CallPath } from './call.ts';
import { createCatalog } from './catalog.ts';
import { type Approvals, createApprovals } from './approvals.ts';
import { denialText } from './denials.ts';
import { createEventHub } from './events.ts';
import { ownDirectories } from './host-directories.ts';
import { installComponent } from './install.ts';
import { limitsOf, setLimits } from './limits.ts';
import { createKept } from './kept.ts';
import { createReflect, notOffered, type Reflect } from './reflect.ts';
import { createSchedules, type Schedules } from './schedules.ts';
import { createProfiles } from './profiles.ts';
import { createTrust } from './trust.ts';
import { createPermissions, type Permissions, sha256 } from './permissions.ts';
import { createSecrets, type Secrets } from './secrets.ts';
import { createSessions } from './sessions.ts';
import { uninstallComponent } from './uninstall.ts';
import { createStorage, isStoreKind, type Storage } from './storage.ts';
import { describeSource } from './source.ts';
import { VERSION } from './version.ts';

export interface HostOptions {
  /** The home directory; made if it does not exist. */
  readonly home: string;
  /** Where compiled components are kept, other than in the home; several hosts may use one at a time. */
  readonly cache?: string | undefined;
  /** The caller holds the home's lock: what interrupted writes left behind is swept at once. */
  readonly alone?: boolean | undefined;
  /** Cells (threads) at once, over all components. Default 32. */
  readonly maxCells?: number | undefined;
  /** Idle time after which a cell without state is ended, ms. Default 30,000. */
  readonly idleMs?: number | undefined;
  /**
   * Name servers that components' requests are resolved by, instead of the system's resolver: `192.0.2.1`,
   * `192.0.2.1:5353`, `[2001:db8::1]:53`.
   */
  readonly nameServers?: readonly string[] | undefined;
  /**
   * For tests of components: each request that the policy lets through goes to this port of 127.0.0.1 in clear, with the
   * URL it was meant for in the header `x-switchboard-url`, and nowhere else.
   */
  readonly fakeNetwork?: number | undefined;
  /** Whether anybody uses the host; while nobody does, no arranged call of a component begins. Somebody does without it. */
  readonly inUse?: (() => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly faults?: FaultPoints | undefined;
  /** How long and how often components may ask their callers. */
  readonly askBounds?: Partial<AskBounds> | undefined;
  /** What components may arrange for later. */
  readonly scheduleBounds?: Partial<ScheduleBounds> | undefined;
}

/** Subscribers get this long to take what is left when the host closes. */
const DRAIN_MS = 500;

/** Opens the home and starts a host in this process. Errors: those of the home. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { clock = systemClock, random = systemRandom, faults = noFaults } = options;
  const opened: {
    logs?: LogStore;
    secrets?: Secrets;
    approvals?: Approvals;
    storage?: Storage;
    reflect?: Reflect;
    schedules?: Schedules;
  } = {};
  const events = createEventHub(() => clock.now());
  const onLog = (record: LogRecord): void => {
    opened.logs?.append(record);
    events.emit({ type: 'log', record });
  };
  const asking = createAsking({
    events,
    random,
    bounds: { ...ASK_BOUNDS, ...options.askBounds },
    redactor: (component) => opened.secrets?.redactorOf(component),
    instances: (component) => catalog.known(component)?.limits.instances ?? 1,
  });
  const engine = createEngine({
    cache: createArtifactCache(options.cache ?? homePaths(options.home).cache, faults),
    services: serviceOffer,
    cellEntry: new URL(import.meta.filename.endsWith('.ts') ? './cell-entry.ts' : './cell-entry.js', import.meta.url),
    ...(options.maxCells === undefined ? {} : { maxCells: options.maxCells }),
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
    nameServers: checkedNameServers(options.nameServers),
    fakeNetwork: options.fakeNetwork,
    own: () => ownDirectories(options.home),
    onLog,
    onCell: (type, cell, component, reason) => events.emit({ type, cell, component, reason }),
    redactor: (component) => opened.secrets?.redactorOf(component),
    onDenied({ context, onLog: tell }, denial) {
      events.emit({ type: 'access.denied', context, denial });
      const { callId, component, principal } = context;
      const manifest = catalog.describing(component)?.manifest;
      const message = denialText(parseReference(component).name, denial, manifest);
      const record: LogRecord = { at: clock.now(), component, callId, stream: 'log', level: 'warn', message };
      onLog(record);
      tell?.(record);
      void opened.approvals?.fileDenial(component, denial, principal);
    },
    ask(request, service, payload, turn) {
      const { secrets: values, storage, reflect, schedules: times } = opened;
      if (isStoreKind(service) && storage) return storage.answer(request, service, payload, turn);
      if (service === 'reflect' && reflect) return reflect.answer(request, payload, turn);
      if (service === 'secret' && values) return values.answer(request, payload);
      if (service === 'schedule' && times) return times.answer(request, payload, turn);
      if (isAskKind(service)) return asking.answer(request, service, payload, turn);
      return Promise.reject(notOffered(service));
    },
  });
  // A cell's thread takes as long to start as the home to open.
  engine.warm();
  const home = await openHome(options.home, {
    clock,
    random,
    faults,
    signal: options.signal,
    alone: options.alone,
  }).catch(async (error: unknown) => {
    await engine.close();
    throw error;
  });
  opened.logs = home.logs;
  const { components, grants, tokens } = home;
  const catalog = createCatalog({ store: components, grants, clock, digest: sha256 });
  const secrets = createSecrets(home.secrets, events);
  const hasSecret = async (name: string): Promise<boolean> =>
    (await home.secrets.list()).some((secret) => secret.name === name);
  const permissions = await createPermissions({
    components,
    grants,
    engine,
    catalog,
    events,
    clock,
    random,
    hasSecret,
    home: home.path,
  });
  const approvals = createApprovals({ store: home.approvals, permissions, catalog, events, clock, random });
  const storage = createStorage({ kv: home.kv, blobs: home.blobs });
  Object.assign(opened, { secrets, approvals, storage });
  const sessions = createSessions(random);
  const path: CallPath = { catalog, engine, events, sessions, permissions, clock, random, made: 0 };
  const bounds = { ...SCHEDULE_BOUNDS, ...options.scheduleBounds };
  const schedules = createSchedules({
    store: home.schedules,
    path,
    clock,
    bounds,
    log: onLog,
    inUse: options.inUse ?? (() => true),
  });
  Object.assign(opened, { reflect: createReflect(path), schedules });
  const kept = createKept(home, events);
  const forget = async (name: ComponentName): Promise<void> => {
    await schedules.forget(name);
    if (home.keepsStores()) await storage.forget(name);
  };
  const startedAt = clock.now();
  let changing: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    events.emit({ type: 'host.stopping' });
    permissions.close();
    const runs = schedules.close();
    await engine.close();
    await runs;
    await events.drained(DRAIN_MS);
    await home.close();
  };
  const closed = (): SwitchboardError => new SwitchboardError('host-closed', 'the host is closed');
  const ready = (): void => {
    if (closing) throw closed();
  };

  const host: Host = {
    home: home.path,
    inspect: async (source, { signal } = {}) => (await describeSource(source, signal)).description,
    async install(source, installOptions = {}) {
      ready();
      return installComponent({ components, engine, catalog, events, clock, permissions }, source, installOptions);
    },
    async uninstall(reference) {
      ready();
      return uninstallComponent({ components, engine, catalog, events, permissions, forget }, reference);
    },
    async list() {
      ready();
      return components.list();
    },
    async info(reference) {
      ready();
      return (await catalog.entry(reference)).installed;
    },
    call(component, fn, args = {}, callOptions = {}) {
      if (closing) return Promise.reject(closed());
      return callFunction(path, component, fn, args, callOptions);
    },
    async session(sessionOptions = {}) {
      ready();
      const id = sessions.open();
      events.emit({ type: 'session.opened', session: id });
      const session: Session = {
        id,
        call: (component, fn, args, callOptions = {}) =>
          host.call(component, fn, args, { principal: sessionOptions.principal, ...callOptions, session: id }),
        async close() {
          if (!sessions.close(id)) return;
          engine.closeSession(id);
          events.emit({ type: 'session.closed', session: id });
        },
      };
      return session;
    },
    async limits(component) {
      ready();
      return limitsOf(components, catalog, component);
    },
    async setLimits(component, limits) {
      ready();
      // One after another: each reads what is set, changes it and writes it.
      const changed = changing.then(() => setLimits({ components, catalog, engine, events }, component, limits));
      changing = changed.catch(() => undefined);
      return changed;
    },
    async logs({ component, last = 100 } = {}) {
      ready();
      return home.logs.read({
        last,
        ...(component === undefined ? {} : { component: parseReference(component).name }),
      });
    },
    async schedules(component) {
      ready();
      return schedules.schedules(component);
    },
    async removeSchedule(component, name) {
      ready();
      return schedules.removeSchedule(component, name);
    },
    async stores(owner) {
      ready();
      return kept.stores(owner);
    },
    async storeKeys(store, listing) {
      ready();
      return kept.storeKeys(store, listing);
    },
    async clearStores(store) {
      ready();
      return kept.clearStores(store);
    },
    subscribe: (listener, types) => events.subscribe(listener, types),
    ...guarded(ready, { ...permissions, ...approvals, ...secrets }),
    ...createProfiles(home.profiles, events),
    ...createTrust({ store: home.trust, events, clock }),
    unlockSecrets: (passphrase) => home.secrets.unlock(passphrase),
    protectSecrets: (passphrase) => home.secrets.protect(passphrase),
    checkOwner: (token) => home.ownerToken.check(token),
    createOwnerToken: () => home.ownerToken.create(),
    removeOwnerToken: () => home.ownerToken.remove(),
    hasOwnerToken: () => home.ownerToken.exists(),
    async token() {
      ready();
      return tokens.token();
    },
    async rotateToken() {
      ready();
      const token = await tokens.rotate();
      events.emit({ type: 'token.rotated' });
      return token;
    },
    async status() {
      ready();
      const stats = engine.stats();
      return {
        pid: process.pid,
        version: VERSION,
        home: home.path,
        startedAt,
        components: (await components.list()).length,
        cells: stats.cells,
        instances: stats.running,
        callsRunning: stats.running,
        callsWaiting: stats.waiting,
        callsMade: path.made,
        sessions: sessions.size,
        schedulesRunning: schedules.running,
        rss: process.memoryUsage.rss(),
      };
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
  events.emit({ type: 'host.started', pid: process.pid });
  await schedules.start();
  return host;
}

function checkedNameServers(servers: readonly string[] | undefined): readonly string[] | undefined {
  try {
    if (servers !== undefined) new Resolver().setServers(servers);
    return servers;
  } catch (cause) {
    throw new SwitchboardError('invalid-setting', 'a name server is not an address, or an address and a port', {
      cause,
    });
  }
}

/** The host's methods of these parts, refused once it is closed. */
function guarded(ready: () => void, parts: Permissions & Approvals & Secrets): PermissionMethods {
  const guard =
    <A extends readonly unknown[], R>(method: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      ready();
      return method(...args);
    };
  return {
    grant: guard(parts.grant),
    revoke: guard(parts.revoke),
    policy: guard(parts.policy),
    checkAccess: guard(parts.checkAccess),
    requestPermission: guard(parts.requestPermission),
    approvals: guard(parts.approvals),
    decideApproval: guard(parts.decideApproval),
    setSecret: guard(parts.setSecret),
    listSecrets: guard(parts.listSecrets),
    removeSecret: guard(parts.removeSecret),
  };
}

type PermissionMethods = Pick<
  Host,
  | 'grant'
  | 'revoke'
  | 'policy'
  | 'checkAccess'
  | 'requestPermission'
  | 'approvals'
  | 'decideApproval'
  | 'setSecret'
  | 'listSecrets'
  | 'removeSecret'
>;

export { DEFAULT_LIMITS };
