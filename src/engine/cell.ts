/** A cell seen from the host: its worker, its control block, the calls it holds. */
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { SwitchboardError } from '#core';
import { workerEnv } from './worker-env.ts';
import { type ControlBlock, createControlBlock, grantCredits, resetSlot } from './control-block.ts';
import { creditsOf } from './cell-logs.ts';
import type { PendingCall } from './pending-call.ts';
import {
  CREDIT_INTERVAL_MS,
  type FromCell,
  LOG_CREDITS,
  type LoadMessage,
  MESSAGES_AT_ONCE,
  PROTOCOL_VERSION,
  type ToCell,
} from './protocol.ts';

/** What a thread may use beyond its guests' linear memory. */
export interface CellResources {
  /** MiB of JavaScript heap: generated code, lifted values. */
  readonly heap: number;
  /** MiB of stack. */
  readonly stack: number;
}

/** Called as messages arrive and when the thread has ended. */
export interface CellListener {
  message(message: FromCell): void;
  /** The thread is gone; nothing of the cell runs any more. */
  ended(why: 'retired' | 'out-of-memory' | 'failed' | 'terminated'): void;
}

/**
 * Waking this thread costs more than a quick call takes, many times more where the processor has gone idle. So after
 * sending the only call under way to a cell whose last one was quick, the answer is looked for, this long at most.
 */
const LOOK_MS = 0.06;
const QUICK_MS = 0.03;
/** On one processor looking would keep the cell from it. */
const MAY_LOOK = availableParallelism() > 1;

/** Told every message between host and cell, in order, as it is sent or taken. */
export type CellTrace = (from: 'host' | 'cell', message: ToCell | FromCell, cell: Cell) => void;

let nextCell = 1;

/** One worker. Blank until `load`; then of one component for life: a thread that ran one stranger's code never runs another's. */
export class Cell {
  readonly id = nextCell++;
  readonly resources: CellResources;
  control: ControlBlock = createControlBlock(0);
  /** The calls dispatched to it, by id. */
  readonly calls = new Map<number, PendingCall>();
  /** Sessions that have an instance in it. */
  readonly sessions = new Set<string>();
  /** Calls at once that it was given. */
  quota = 0;
  idleSince = performance.now();
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly trace: CellTrace | undefined;
  private wasQuick = false;
  private readonly hello: Promise<void>;
  private listener: CellListener | undefined;
  private freeSlots: number[] = [];
  private outgoing: ToCell[] = [];
  private endedAs: Parameters<CellListener['ended']>[0] | undefined;
  private spentCredits = 0;
  private creditTimer: NodeJS.Timeout | undefined;
  private referenced = false;

  constructor(entry: URL, resources: CellResources, trace?: CellTrace) {
    this.resources = resources;
    this.trace = trace;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.worker = new Worker(entry, {
      workerData: { port: port2 },
      transferList: [port2],
      env: workerEnv(),
      argv: [],
      // Not the program's own: --import hooks, --input-type, --inspect-brk are not for cells.
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: resources.heap, stackSizeMb: resources.stack },
    });
    this.worker.unref();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.hello = promise;
    this.hello.catch(() => undefined);
    let error: Error | undefined;
    const greeted = (batch: readonly FromCell[]): void => {
      for (const message of batch) {
        this.trace?.('cell', message, this);
        if (message.t === 'hello') resolve();
      }
      port1.on('message', this.deliver);
      port1.unref();
    };
    port1.once('message', greeted);
    port1.unref();
    this.worker.on('error', (thrown: Error) => {
      error = thrown;
    });
    this.worker.on('exit', () => {
      this.endedAs ??= error === undefined ? 'failed' : isOutOfMemory(error) ? 'out-of-memory' : 'failed';
      reject(
        new SwitchboardError('engine-failed', `a cell ended while starting: ${error?.message ?? 'no reason given'}`),
      );
      clearTimeout(this.creditTimer);
      while (this.look());
      port1.close();
      this.listener?.ended(this.endedAs);
    });
  }

  /** Makes a blank cell the cell of a component. Errors: `engine-failed`, or what the component's code threw. */
  async load(
    message: Omit<LoadMessage, 't' | 'v' | 'control' | 'slots'>,
    quota: number,
    listener: CellListener,
  ): Promise<void> {
    this.reference(true);
    await this.hello;
    if (this.endedAs) throw new SwitchboardError('engine-failed', 'the cell ended before it was loaded');
    this.quota = quota;
    const slots = quota + 1;
    this.control = createControlBlock(slots);
    grantCredits(this.control, LOG_CREDITS);
    this.freeSlots = Array.from({ length: quota }, (_, i) => quota - i);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.listener = {
      message: (answer) =>
        answer.t === 'failed' ? reject(new SwitchboardError(answer.error.code, answer.error.message)) : resolve(),
      ended: () => reject(new SwitchboardError('engine-failed', 'the cell ended while loading the component')),
    };
    const load: ToCell = { t: 'load', v: PROTOCOL_VERSION, control: this.control.buffer, slots, ...message };
    this.trace?.('host', load, this);
    this.port.postMessage([load]);
    await promise;
    this.listener = listener;
  }

  /** Sends a call. The caller made sure that the cell has a free slot. */
  dispatch(call: PendingCall): void {
    const slot = this.freeSlots.pop();
    if (slot === undefined) throw new SwitchboardError('internal', 'the cell has no free slot');
    resetSlot(this.control, slot);
    call.cell = this;
    call.slot = slot;
    this.calls.set(call.id, call);
    this.reference(true);
    const { fn, args, session, text } = call.request;
    if (session !== undefined) this.sessions.add(session);
    const { id } = call;
    this.post(text ? { t: 'call', id, slot, fn, args, text, session } : { t: 'call', id, slot, fn, args, session });
  }

  /** The call's slot is free again. */
  release(call: PendingCall): void {
    this.calls.delete(call.id);
    this.freeSlots.push(call.slot);
    if (this.calls.size === 0) this.idleSince = performance.now();
  }

  get hasRoom(): boolean {
    return this.freeSlots.length > 0;
  }

  /**
   * Messages of one turn of the event loop leave together: waking a thread costs more than a quick call. One that is
   * alone leaves at once; a long batch leaves in parts, so that the cell works while the host writes the rest.
   */
  post(message: ToCell): void {
    const waiting = this.outgoing.push(message);
    if (waiting >= MESSAGES_AT_ONCE) this.flush();
    else if (waiting > 1) return;
    else if (this.calls.size > 1) setImmediate(this.flush);
    else queueMicrotask(this.flush);
  }

  private readonly flush = (): void => {
    if (this.outgoing.length === 0) return;
    const batch = this.outgoing;
    this.outgoing = [];
    if (this.trace) for (const message of batch) this.trace('host', message, this);
    try {
      this.port.postMessage(batch);
    } catch {
      for (const message of batch) this.postAlone(message);
    }
    if (!MAY_LOOK || !this.wasQuick || this.calls.size !== 1) return;
    const until = performance.now() + LOOK_MS;
    while (!this.look() && performance.now() < until);
  };

  /** Takes a batch that has arrived, if one has. */
  private look(): boolean {
    const arrived = receiveMessageOnPort(this.port);
    if (arrived) this.deliver(arrived.message as readonly FromCell[]);
    return arrived !== undefined;
  }

  private readonly deliver = (batch: readonly FromCell[]): void => {
    for (const message of batch) {
      this.trace?.('cell', message, this);
      this.receive(message);
    }
  };

  /** One message of a batch cannot be copied to another thread (a function among a program's arguments): only its call fails. */
  private postAlone(message: ToCell): void {
    try {
      this.port.postMessage([message]);
    } catch (thrown) {
      const why = `not plain data: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
      if (message.t === 'call') {
        const error = new SwitchboardError('invalid-arguments', `the arguments are ${why}`).toJSON();
        queueMicrotask(() => this.receive({ t: 'result', id: message.id, error, transferred: 0, runMs: 0 }));
      } else if (message.t === 'answer') {
        const error = new SwitchboardError('internal', `the answer is ${why}`).toJSON();
        this.post({ t: 'answer', ask: message.ask, error });
      }
    }
  }

  /** A cell that is not referenced does not keep the program alive. */
  reference(keep: boolean): void {
    if (this.referenced === keep) return;
    this.referenced = keep;
    if (keep) this.worker.ref();
    else this.worker.unref();
  }

  /** Finishes what runs, then ends. */
  retire(): void {
    this.endedAs ??= 'retired';
    this.post({ t: 'retire' });
  }

  /** Ends the thread at once, whatever it does. */
  async terminate(): Promise<void> {
    this.endedAs ??= 'terminated';
    await this.worker.terminate();
  }

  private receive(message: FromCell): void {
    if (message.t === 'log') this.returnCredits(message);
    else if (message.t === 'result') this.wasQuick = message.runMs < QUICK_MS;
    this.listener?.message(message);
  }

  private returnCredits(message: FromCell & { t: 'log' }): void {
    for (const record of message.records) this.spentCredits += creditsOf(record);
    this.creditTimer ??= setTimeout(() => {
      this.creditTimer = undefined;
      grantCredits(this.control, this.spentCredits);
      this.spentCredits = 0;
    }, CREDIT_INTERVAL_MS).unref();
  }
}

function isOutOfMemory(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
