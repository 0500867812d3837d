/** A host without an engine, for tests of gateways: functions are closures, calls are recorded, events are real. */
import { createHash } from 'node:crypto';
import { noPermissionMethods } from './no-permissions.ts';
import {
  checkLimits,
  type ComponentDescription,
  type DescribedFunction,
  effectiveLimits,
  type EventBody,
  formatReference,
  type HostEvent,
  type InstalledComponent,
  type JsonSchema,
  type Limits,
  parseReference,
  type Profile,
  SwitchboardError,
} from '#core';
import type { CallArguments, CallOptions, Host, Json, Session } from '#host/api';

export interface FakeFunction {
  readonly id: string;
  readonly docs?: string;
  readonly arguments?: JsonSchema;
  /** Absent: the function returns nothing. */
  readonly result?: JsonSchema;
  readonly needsSession?: boolean;
  readonly run: (
    args: { readonly [name: string]: unknown },
    call: FakeCall,
  ) => Json | undefined | Promise<Json | undefined>;
}

export interface FakeCall {
  readonly component: string;
  readonly fn: string;
  readonly args: CallArguments;
  readonly options: CallOptions;
  readonly session: string | undefined;
}

export interface FakeHost extends Host {
  readonly calls: readonly FakeCall[];
  /** Settles with the first call of a function, made already or to come. */
  called(fn: string): Promise<FakeCall>;
  /** Ids of the host sessions open now. */
  readonly openSessions: ReadonlySet<string>;
  /** How often `list` was called. */
  readonly lists: () => number;
  add(reference: string, functions: readonly FakeFunction[], limits?: Partial<Limits>, docs?: string): void;
  remove(reference: string): void;
  digestOf(reference: string): string;
  emit(body: EventBody): void;
}

export function createFakeHost(): FakeHost {
  const installed: { component: InstalledComponent; functions: Map<string, FakeFunction> }[] = [];
  const limits = new Map<string, Partial<Limits>>();
  const listeners = new Set<(event: HostEvent) => void>();
  const calls: FakeCall[] = [];
  const waiting = new Map<string, ((call: FakeCall) => void)[]>();
  const openSessions = new Set<string>();
  let seq = 0;
  let sessions = 0;
  let lists = 0;
  let token = 'fake-token';
  const profiles = new Map<string, Profile>();

  const emit = (body: EventBody): void => {
    const event = { ...body, v: 1, seq: ++seq, at: Date.now() } as const;
    for (const listener of listeners) listener(event);
  };
  const find = (reference: string): { component: InstalledComponent; functions: Map<string, FakeFunction> } => {
    const wanted = parseReference(reference);
    const found = installed
      .filter(({ component: c }) => c.name === wanted.name && [undefined, c.version].includes(wanted.version))
      .toSorted((a, b) => (a.component.version < b.component.version ? 1 : -1))[0];
    if (!found) throw new SwitchboardError('component-not-found', `${reference} is not installed`);
    return found;
  };
  const run = async (
    component: string,
    fn: string,
    args: CallArguments,
    options: CallOptions,
    session: string | undefined,
  ): Promise<Json | undefined> => {
    const call = { component, fn, args, options, session };
    calls.push(call);
    for (const tell of waiting.get(fn) ?? []) tell(call);
    waiting.delete(fn);
    const found = find(component).functions.get(fn);
    if (!found) throw new SwitchboardError('unknown-function', `no function ${fn}`);
    return found.run(args as { [name: string]: unknown }, call);
  };
  const refuse = (): never => {
    throw new SwitchboardError('internal', 'not a part of the fake');
  };

  return {
    ...noPermissionMethods(),
    home: '/nowhere',
    calls,
    called(fn) {
      const made = calls.find((call) => call.fn === fn);
      if (made) return Promise.resolve(made);
      return new Promise((resolve) => waiting.set(fn, [...(waiting.get(fn) ?? []), resolve]));
    },
    openSessions,
    lists: () => lists,
    emit,
    add(reference, functions, set = {}, docs = '') {
      const component = describe(reference, functions, docs);
      installed.unshift({ component, functions: new Map(functions.map((f) => [f.id, f])) });
      limits.set(component.name, set);
      emit({ type: 'component.installed', component: reference, digest: component.description.digest });
    },
    digestOf: (reference) => find(reference).component.description.digest,
    remove(reference) {
      const { component } = find(reference);
      installed.splice(
        installed.findIndex((one) => one.component === component),
        1,
      );
      const { digest } = component.description;
      emit({ type: 'component.uninstalled', component: reference, digest });
    },
    async list() {
      lists++;
      return installed
        .map((one) => one.component)
        .toSorted((a, b) => (a.name === b.name ? (a.version < b.version ? 1 : -1) : a.name < b.name ? -1 : 1));
    },
    info: async (reference) => find(reference).component,
    call: (component, fn, args = {}, options = {}) => run(component, fn, args, options, options.session),
    async session(): Promise<Session> {
      const id = `session-${++sessions}`;
      openSessions.add(id);
      return {
        id,
        call: (component, fn, args = {}, options = {}) => run(component, fn, args, options, id),
        async close() {
          if (openSessions.delete(id)) emit({ type: 'session.closed', session: id });
        },
      };
    },
    async limits(component) {
      return effectiveLimits({}, limits.get(find(component).component.name) ?? {});
    },
    async setLimits(component, changes) {
      const wanted = { ...limits.get(component), ...changes };
      const set = checkLimits(Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null)));
      limits.set(component, set);
      emit({ type: 'limits.changed', component, limits: { ...changes } });
      return effectiveLimits({}, set);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    policy: async (component) => {
      find(component);
      return { component, manifest: undefined, requests: [], grants: [] };
    },
    profiles: async () => [...profiles.values()],
    async setProfile(profile) {
      profiles.set(profile.name, profile);
      emit({ type: 'profile.changed', profile: profile.name });
    },
    async removeProfile(profile) {
      const removed = profiles.delete(profile);
      if (removed) emit({ type: 'profile.changed', profile });
      return removed;
    },
    token: async () => token,
    async rotateToken() {
      token = `${token}-rotated`;
      emit({ type: 'token.rotated' });
      return token;
    },
    async status() {
      const none = {
        cells: 0,
        instances: 0,
        callsRunning: 0,
        callsWaiting: 0,
        startedAt: 0,
        rss: 0,
        schedulesRunning: 0,
      };
      const counts = { components: installed.length, callsMade: calls.length, sessions: openSessions.size };
      return { pid: process.pid, version: '0.0.0-fake', home: '/nowhere', ...none, ...counts };
    },
    schedules: async () => [],
    removeSchedule: async () => refuse(),
    stores: async () => [],
    storeKeys: async () => refuse(),
    clearStores: async () => refuse(),
    close: async () => {},
    inspect: async () => refuse(),
    install: async () => refuse(),
    uninstall: async () => refuse(),
    logs: async () => [],
  };
}

function describe(reference: string, functions: readonly FakeFunction[], docs: string): InstalledComponent {
  const { name, version } = parseReference(reference);
  if (version === undefined)
    throw new SwitchboardError('invalid-reference', `${formatReference({ name })} has no version`);
  const description: ComponentDescription = {
    digest: `sha256:${createHash('sha256').update(reference).digest('hex')}`,
    size: 1,
    docs,
    types: { types: [], imports: [], importedFunctions: [], exports: [], exportedFunctions: [] },
    functions: functions.map(
      (f): DescribedFunction => ({
        id: f.id,
        name: f.id.replace(/^.*[.#]/, ''),
        wit: `${f.id}: func()`,
        docs: f.docs ?? '',
        params: Object.keys(f.arguments?.['properties'] ?? {}),
        arguments: f.arguments ?? { type: 'object', properties: {}, additionalProperties: false },
        ...(f.result === undefined ? {} : { result: f.result }),
        needsSession: f.needsSession ?? false,
      }),
    ),
    requirements: [],
  };
  return { name, version, installedAt: 0, source: 'fake', description };
}
