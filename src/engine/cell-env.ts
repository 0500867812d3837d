import { randomFillSync } from 'node:crypto';
import {
  type ComponentTypes,
  type Denial,
  errorFromBody,
  type OwnDirectories,
  type PolicySnapshot,
  type ServiceEnv,
  SwitchboardError,
} from '#core';
import type { CellLogs } from './cell-logs.ts';
import type { CellProgress } from './cell-progress.ts';
import { GuestExit } from './faults.ts';
import type { Instance } from './instance.ts';
import { type FromCell, type LoadMessage, MOST_DENIALS, type ToCell } from './protocol.ts';

/** Service environments of a cell's instances, and the questions they have put to the host. */
export interface ServiceEnvs {
  env(instance: Instance): ServiceEnv;
  /** The host's answer to an `ask`. */
  answer(message: ToCell & { t: 'answer' }): void;
}

/** Environments whose logs and questions leave through `post`. */
export function createServiceEnvs(
  logs: CellLogs,
  progress: CellProgress,
  {
    policy,
    nameServers,
    fakeNetwork,
    own,
    types,
  }: Pick<LoadMessage, 'policy' | 'nameServers' | 'fakeNetwork' | 'own' | 'types'>,
  post: (message: FromCell) => void,
): ServiceEnvs {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  const ask = (id: number, service: string, payload: unknown): Promise<unknown> => {
    if (id < 0) return Promise.reject(new SwitchboardError('denied', `${service} can only be asked during a call`));
    asked += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(asked, { resolve, reject });
    post({ t: 'ask', ask: asked, id, service, payload });
    return promise;
  };
  const cell: CellSide = {
    logs,
    progress,
    policy,
    nameServers,
    types,
    fakeNetwork,
    own,
    ask,
    denied: (id, denial) => post({ t: 'denied', id, denial }),
  };
  return {
    env: (instance) => new InstanceEnv(instance, cell),
    answer(message) {
      const asker = waiting.get(message.ask);
      waiting.delete(message.ask);
      if (message.error) asker?.reject(errorFromBody(message.error));
      else asker?.resolve(message.value);
    },
  };
}

/** What the environments of one cell share. */
interface CellSide {
  readonly logs: CellLogs;
  readonly progress: CellProgress;
  readonly policy: PolicySnapshot;
  readonly nameServers: readonly string[] | undefined;
  readonly types: ComponentTypes;
  readonly fakeNetwork: number | undefined;
  readonly own: OwnDirectories | undefined;
  ask(id: number, service: string, payload: unknown): Promise<unknown>;
  denied(id: number, denial: Denial): void;
}

/** A class, so that an instance costs a few words of it: there may be thousands. */
class InstanceEnv implements ServiceEnv {
  private readonly instance: Instance;
  private readonly cell: CellSide;
  private deniedOf = -1;
  private deniedCount = 0;

  constructor(instance: Instance, cell: CellSide) {
    this.instance = instance;
    this.cell = cell;
  }

  get policy(): PolicySnapshot {
    return this.cell.policy;
  }

  get nameServers(): readonly string[] | undefined {
    return this.cell.nameServers;
  }

  get fakeNetwork(): number | undefined {
    return this.cell.fakeNetwork;
  }

  get own(): OwnDirectories | undefined {
    return this.cell.own;
  }

  get types(): ComponentTypes {
    return this.cell.types;
  }

  denied(denial: Denial): void {
    const { callId } = this.instance;
    if (callId < 0) return;
    if (this.deniedOf !== callId) {
      this.deniedOf = callId;
      this.deniedCount = 0;
    }
    this.deniedCount += 1;
    if (this.deniedCount <= MOST_DENIALS) this.cell.denied(callId, denial);
  }

  onEnd(work: () => void): void {
    this.instance.onEnd(work);
  }

  charge(bytes: number): void {
    this.instance.guard.charge(bytes);
  }

  refund(bytes: number): void {
    this.instance.guard.refund(bytes);
  }

  log(...[stream, level, message, fields]: Parameters<ServiceEnv['log']>): void {
    const { callId, guard } = this.instance;
    // Beside what lifting cost: not all output is lifted (zeroes are made here), and each record is a copy of its own.
    guard.charge(message.length);
    this.cell.logs.add({
      id: callId < 0 ? undefined : callId,
      at: Date.now(),
      stream,
      level,
      message: cut(message),
      ...(fields ? { fields: cutFields(fields) } : {}),
    });
  }

  progress(report: Parameters<ServiceEnv['progress']>[0]): void {
    const { callId } = this.instance;
    if (callId >= 0) this.cell.progress.report(callId, report);
  }

  now(): number {
    return Date.now();
  }

  monotonic(): bigint {
    return process.hrtime.bigint();
  }

  random(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    randomFillSync(bytes);
    return bytes;
  }

  signal(): AbortSignal {
    return this.instance.signal;
  }

  ask(service: string, payload: unknown): Promise<unknown> {
    return this.cell.ask(this.instance.callId, service, payload);
  }

  exit(status: number): never {
    throw new GuestExit(status);
  }
}

/** A record is for reading: a larger one would hold up the others. */
const LONGEST_MESSAGE = 64 * 1024;
const MOST_FIELDS = 64;

function cut(text: string): string {
  return text.length <= LONGEST_MESSAGE ? text : `${text.slice(0, LONGEST_MESSAGE)}… (${text.length} characters)`;
}

function cutFields(fields: { readonly [name: string]: string }): { [name: string]: string } {
  const entries = Object.entries(fields).slice(0, MOST_FIELDS);
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(0, 256), value.slice(0, 4096)]));
}
