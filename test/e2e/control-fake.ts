/** A host for tests of the control socket: answers from memory, runs nothing. */
import type { HostEvent, InstalledComponent, LogRecord, StopSignal } from '#core';
import { SwitchboardError } from '#core/errors';
import { checkLimits, effectiveLimits } from '#core/limits';
import { noPermissionMethods } from '#test/fakes/no-permissions';
import type { CallArguments, CallOptions, Host, Json, Session } from '#host/api';

export interface FakeHost extends Host {
  /** What happened, in order. */
  readonly seen: string[];
  /** Resolves when `entry` has been seen. */
  until(entry: string): Promise<void>;
  emit(event: HostEvent): void;
  readonly listeners: ReadonlySet<(event: HostEvent) => void>;
}

export function logRecord(message: string): LogRecord {
  return { at: 1, component: 'demo:fake@1.0.0', stream: 'log', level: 'info', message };
}

export function fakeHost(home: string): FakeHost {
  const seen: string[] = [];
  const waiting = new Map<string, () => void>();
  const listeners = new Set<(event: HostEvent) => void>();
  const note = (entry: string): void => {
    seen.push(entry);
    waiting.get(entry)?.();
  };
  const call = async (
    component: string,
    fn: string,
    args: CallArguments = [],
    options: CallOptions = {},
  ): Promise<Json | undefined> => {
    note(`call ${fn}`);
    if (fn === 'echo') return args as Json;
    if (fn === 'nothing') return undefined;
    if (fn === 'pid') return process.pid;
    if (fn === 'big') return 'x'.repeat(70 * 1024 * 1024);
    if (fn === 'log') {
      for (const word of args as readonly string[]) options.onLog?.(logRecord(word));
      return null;
    }
    if (fn === 'fail')
      throw new SwitchboardError('timeout', `${component} ran too long`, { fix: 'be faster', data: 5 });
    return hang(options.signal, () => note(`aborted ${fn}`));
  };
  const installed = (reference: string, size: number): InstalledComponent => ({
    name: reference.replace(/@.*/, ''),
    version: '1.0.0',
    installedAt: 0,
    source: 'test',
    description: {
      digest: `sha256:${'0'.repeat(64)}`,
      size,
      docs: '',
      types: { types: [], imports: [], importedFunctions: [], exports: [], exportedFunctions: [] },
      functions: [],
      requirements: [],
    },
  });
  return {
    ...noPermissionMethods(),
    home,
    seen,
    listeners,
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    until: (entry) => {
      if (seen.includes(entry)) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(entry, resolve);
      return promise;
    },
    inspect: async (source) => installed(String(source), source.length).description,
    install: async (source, options = {}) => ({
      ...installed(options.as ?? String(source), source.length),
      outcome: 'installed',
    }),
    uninstall: async (reference) => [installed(reference, 0)],
    list: async () => [],
    info: async (reference) => installed(reference, 0),
    call,
    session: async (): Promise<Session> => ({
      id: 'session-1',
      call: (component, fn, args, options) => call(component, `in-session-${fn}`, args, options),
      close: async () => note('session closed'),
    }),
    limits: async () => effectiveLimits({}, {}),
    setLimits: async (_component, limits) => effectiveLimits({}, checkLimits(limits)),
    logs: async () => [logRecord('kept')],
    subscribe: (listener) => {
      listeners.add(listener);
      note('subscribed');
      return () => {
        listeners.delete(listener);
        note('unsubscribed');
      };
    },
    schedules: async () => [],
    removeSchedule: async () => note('schedule removed') as never,
    stores: async () => [],
    storeKeys: async () => ({ keys: [], more: false }),
    clearStores: async () => 0,
    token: async () => 'token',
    rotateToken: async () => 'rotated',
    status: async () => ({
      pid: process.pid,
      version: '0.1.0',
      home,
      startedAt: 0,
      components: 0,
      cells: 0,
      instances: 0,
      callsRunning: 0,
      callsWaiting: 0,
      callsMade: 0,
      sessions: 0,
      schedulesRunning: 0,
      rss: 0,
    }),
    close: async () => note('closed'),
  };
}

function hang(signal: StopSignal | undefined, aborted: () => void): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => {
      aborted();
      reject(new SwitchboardError('cancelled', 'cancelled'));
    });
  });
}
