/** A cell: a worker that holds instances of one component and runs their calls. Started blank, loaded once. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { runInThisContext } from 'node:vm';
import { type ErrorBody, printable, type ServiceSet, SwitchboardError, toSwitchboardError } from '#core';
import { createCellLogs } from './cell-logs.ts';
import { createCellProgress } from './cell-progress.ts';
import { createCellSessions, NO_HANDLES } from './cell-sessions.ts';
import { createServiceEnvs } from './cell-env.ts';
import { beginSlot, type ControlBlock, setSlotOnCpu, sharedNow, slotOnCpu, viewControlBlock } from './control-block.ts';
import { Instance, type InstanceHost, type InstanceParts, type Instantiate, prepareFunction } from './instance.ts';
import { createInstancePool } from './instance-pool.ts';
import { type FromCell, type LoadMessage, MESSAGES_AT_ONCE, PROTOCOL_VERSION, type ToCell } from './protocol.ts';

type CallMessage = ToCell & { t: 'call' };

/** Entry of a cell's thread: says hello and waits to be loaded. `services` come from the composition root. */
export function startCell(services: ServiceSet): void {
  const { port } = workerData as { readonly port: MessagePort };
  let outgoing: FromCell[] = [];
  let sentAt = 0;
  const flush = (): void => {
    if (outgoing.length === 0) return;
    port.postMessage(outgoing);
    outgoing = [];
    sentAt = sharedNow();
  };
  // A batch of quick calls is answered in one message; the answers of slow ones do not wait for each other.
  const post = (message: FromCell): void => {
    const waiting = outgoing.push(message);
    if (waiting === 1) queueMicrotask(flush);
    else if (waiting >= MESSAGES_AT_ONCE || sharedNow() - sentAt > 1) flush();
  };
  const end = (): void => {
    flush();
    port.close();
  };
  let cell: ReturnType<typeof createCell> | undefined;
  const load = async (message: LoadMessage): Promise<void> => {
    if (message.v !== PROTOCOL_VERSION)
      throw new SwitchboardError('engine-failed', `cell protocol ${message.v} is unknown`);
    await services.load(message.types.imports.map(({ id }) => serviceKey(id)));
    cell = createCell(message, services, { post, flush, end });
  };
  port.on('message', (batch: readonly ToCell[]) => {
    for (const message of batch) {
      if (message.t === 'load') {
        load(message).then(
          () => post({ t: 'loaded' }),
          (thrown: unknown) => post({ t: 'failed', error: toSwitchboardError(thrown).toJSON() }),
        );
      } else if (message.t === 'ping') post({ t: 'pong', n: message.n });
      else if (message.t === 'retire' && !cell) end();
      else cell?.receive(message);
    }
    flush();
  });
  port.postMessage([{ t: 'hello', v: PROTOCOL_VERSION }] satisfies FromCell[]);
}

/** The key under which an imported interface is asked for: without version, but for those of WASI 0.3. */
const serviceKey = (id: string): string => id.replace(/@.*$/, /^wasi:[^@]*@0\.3\./.test(id) ? '@0.3' : '');

/** A cell's way to its host. */
interface CellPort {
  post(message: FromCell): void;
  /** Sends what was posted, also while a guest keeps the thread from its event loop. */
  flush(): void;
  end(): void;
}

function createCell(load: LoadMessage, services: ServiceSet, { post, flush, end }: CellPort) {
  const control = viewControlBlock(load.control, load.slots);
  const parts: InstanceParts = {
    instantiate: runInThisContext(load.code, { filename: 'component.js' }) as Instantiate,
    module: (name) => load.modules[name] ?? missing(name),
    createServices: services.create,
    memoryLimit: load.memory,
  };
  // What generated code leaves to nobody ends its own call at the deadline, not the calls of others.
  if (load.types.concurrent) process.on('unhandledRejection', () => undefined);
  const functions = load.functions.map((fn) => prepareFunction(load.types, fn));
  const logs = createCellLogs(control, post);
  const progress = createCellProgress((message) => {
    post(message);
    flush();
  });
  const envs = createServiceEnvs(logs, progress, load, post);
  const host = instanceHost(control, envs.env);
  const create = (prepare: (instance: Instance) => void) => Instance.create(parts, host, prepare);
  const housekeeping = (work: () => void): void => {
    control.starts[HOUSEKEEPING_SLOT] = sharedNow();
    onCpu(control, HOUSEKEEPING_SLOT, work);
  };
  const pool = createInstancePool(load.reuse, create, housekeeping);
  const sessions = createCellSessions(load.handles, create);
  const running = new Map<number, Instance>();
  let retiring = false;

  const finish = (
    message: CallMessage,
    started: number,
    instance: Instance | undefined,
    outcome: { value?: unknown; error?: ErrorBody },
  ): void => {
    running.delete(message.id);
    if (!instance || instance.callId === message.id) {
      logs.flush();
      progress.end(message.id, true);
      post({
        t: 'result',
        id: message.id,
        ...outcome,
        transferred: instance?.guard.used ?? 0,
        runMs: sharedNow() - started,
      });
    }
    if (instance) {
      instance.callId = -1;
      if (message.session === undefined) pool.give(instance);
      else if (instance.dead) sessions.drop(message.session);
    }
    if (retiring && running.size === 0) end();
  };

  const run = (message: CallMessage): void => {
    const started = sharedNow();
    if (!beginSlot(control, message.slot, started)) {
      const error = new SwitchboardError('cancelled', 'the call was withdrawn before it began');
      post({ t: 'result', id: message.id, error: error.toJSON(), transferred: 0, runMs: 0 });
      return;
    }
    let instance: Instance | undefined;
    let goesOn = false;
    const prepare = (made: Instance): void => {
      instance = made;
      made.callId = message.id;
      made.slot = message.slot;
      made.guard.begin(load.transfer);
      running.set(message.id, made);
    };
    const fail = (thrown: unknown): void => {
      const error = toSwitchboardError(thrown);
      if (message.session !== undefined) sessions.failed(message.session, error.code);
      finish(message, started, instance, { error: error.toJSON() });
    };
    const succeed = (value: unknown): void => finish(message, started, instance, value === undefined ? {} : { value });
    const callOn = (ready: Instance): unknown => {
      const prepared = functions[message.fn];
      if (!prepared)
        throw new SwitchboardError('unknown-function', `the component has no function number ${message.fn}`);
      const handles = message.session === undefined ? NO_HANDLES : sessions.handles(message.session);
      return ready.call(prepared, message.text ? parsedArguments(message.args) : message.args, handles);
    };
    onCpu(control, message.slot, () => {
      try {
        const acquired = message.session === undefined ? pool.take(prepare) : sessions.take(message.session, prepare);
        const value =
          acquired instanceof Promise
            ? acquired.then((ready) => {
                host.returned(ready);
                return callOn(ready);
              })
            : callOn(acquired);
        goesOn = value instanceof Promise;
        if (value instanceof Promise) value.then(succeed, fail);
        else succeed(value);
      } catch (thrown) {
        fail(thrown);
      }
    });
    // A guest that may wait begins in a microtask of what generated code does first.
    if (goesOn) claimCpu(control, message.slot);
  };

  const cancel = (id: number, reason: 'cancelled' | 'timeout'): void => {
    const instance = running.get(id);
    if (!instance) return;
    const error = new SwitchboardError(
      reason,
      reason === 'timeout' ? 'the call ran out of time' : 'the call was cancelled',
    );
    post({ t: 'result', id, error: error.toJSON(), transferred: instance.guard.used, runMs: 0 });
    progress.end(id, false);
    instance.callId = -1;
    instance.discard(error);
    post({ t: 'event', name: 'instance-discarded', reason });
  };

  return {
    receive(message: ToCell): void {
      if (message.t === 'call') run(message);
      else if (message.t === 'cancel') cancel(message.id, message.reason);
      else if (message.t === 'answer') envs.answer(message);
      else if (message.t === 'close-session') housekeeping(() => sessions.drop(message.session));
      else if (message.t === 'retire') {
        retiring = true;
        if (running.size === 0) end();
      }
    },
  };
}

/** Read here and not in the host: what a stranger wrote takes the time of the call it is for. */
function parsedArguments(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch (thrown) {
    const why = printable(thrown instanceof Error ? thrown.message : '');
    throw new SwitchboardError('invalid-arguments', `the arguments are not JSON: ${why}`);
  }
}

/** Slot 0 of the control block: guests' work between calls (filling the reserve, destructors of a closed session). */
export const HOUSEKEEPING_SLOT = 0;

function onCpu(control: ControlBlock, slot: number, work: () => void): void {
  setSlotOnCpu(control, slot);
  try {
    work();
  } finally {
    if (slotOnCpu(control) === slot) setSlotOnCpu(control, -1);
  }
}

/** The guest has the thread from now on: until it waits, or the microtasks are over that this one began with. */
function claimCpu(control: ControlBlock, slot: number): void {
  setSlotOnCpu(control, slot);
  setImmediate(() => {
    if (slotOnCpu(control) === slot) setSlotOnCpu(control, -1);
  });
}

function missing(name: string): never {
  throw new SwitchboardError('engine-failed', `the artifact has no module ${name}`);
}

/** A guest may go on without the thread's event loop for this long, in milliseconds. */
const BREATH_MS = 5;

function instanceHost(control: ControlBlock, env: InstanceHost['env']): InstanceHost {
  let turn: Promise<void> | undefined;
  let lastTurn = 0;
  return {
    env,
    breathe() {
      if (turn) return sharedNow() - lastTurn > BREATH_MS ? turn : undefined;
      // The first wait of this turn of the event loop: the next turn begins with what was waiting meanwhile.
      lastTurn = sharedNow();
      turn = new Promise((resolve) => {
        setImmediate(() => {
          turn = undefined;
          resolve();
        });
      });
      return undefined;
    },
    left(instance) {
      if (slotOnCpu(control) === instance.slot) setSlotOnCpu(control, -1);
    },
    returned(instance) {
      claimCpu(control, instance.slot);
    },
  };
}
