/** Everything that runs of one component: its cells, its queue, its sessions. */
import { type ErrorCode, errorFromBody, formatDuration, type Limits, type LogRecord, SwitchboardError } from '#core';
import type { Cell } from './cell.ts';
import { sharedNow, slotOnCpu, slotState, STARTED, withdrawSlot } from './control-block.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { CellLog, FromCell, LoadMessage } from './protocol.ts';
import type { CallFigures, EngineCall, PendingCall } from './pending-call.ts';
import { createSessionTable } from './session-table.ts';

/** What the pool needs of the engine. */
export interface PoolPorts {
  /** A blank cell of at least these resources; rejects when the bound on cells is reached and none can be parked. */
  cell(limits: Limits): Cell;
  /** A cell is gone. */
  lost(cell: Cell, reason: string): void;
  started(cell: Cell): void;
  log(record: LogRecord): void;
  /** Answers what a service in the cell asks of the host. */
  ask(request: EngineCall, service: string, payload: unknown): Promise<unknown>;
}

/** What cells of this component are loaded with; prepared once, on first use. */
export type Loadable = Omit<LoadMessage, 't' | 'v' | 'control' | 'slots' | 'reuse' | 'transfer' | 'handles' | 'memory'>;

/** A guest that computes gets this long to come to an end after its time is over; then its cell is terminated. */
const GRACE_MS = 15;
/** A parked cell ends within this, or is terminated. */
const PARKING_MS = 2_000;

let nextCall = 1;

/** The pool of one component at one set of limits. */
export class ComponentPool {
  readonly component: string;
  readonly limits: Limits;
  readonly cells = new Set<Cell>();
  private readonly ports: PoolPorts;
  private readonly loadable: () => Promise<Loadable>;
  private readonly calls = new Map<number, PendingCall>();
  private queue: PendingCall[] = [];
  private readonly sessions = createSessionTable<PendingCall>();
  private readonly heartbeat = createHeartbeat();
  private starting = 0;
  private retired = false;

  constructor(component: string, limits: Limits, loadable: () => Promise<Loadable>, ports: PoolPorts) {
    this.component = component;
    this.limits = limits;
    this.loadable = loadable;
    this.ports = ports;
  }

  get running(): number {
    return this.calls.size;
  }

  get waiting(): number {
    return this.queue.length + this.sessions.waiting();
  }

  /** Runs one call to its end. Figures are filled in whatever the outcome. */
  call(request: EngineCall, figures: CallFigures): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const { signal } = request;
    const call: PendingCall = {
      id: nextCall++,
      request,
      figures,
      queuedAt: sharedNow(),
      cell: undefined,
      slot: 0,
      dispatchedAt: 0,
      timer: undefined,
      settled: false,
      settle: (error, value) => {
        if (call.settled) return;
        call.settled = true;
        clearTimeout(call.timer);
        signal?.removeEventListener('abort', onAbort);
        if (error) reject(error);
        else resolve(value);
      },
    };
    const onAbort = (): void => this.stop(call, 'cancelled', 'the caller cancelled the call');
    if (signal?.aborted) {
      call.settle(new SwitchboardError('cancelled', 'the call was cancelled before it began'));
      return promise;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    this.enqueue(call);
    return promise;
  }

  /** Ends a session's instance in whichever cell holds it. */
  closeSession(session: string): void {
    const { cell, waiting } = this.sessions.close(session);
    const ofIt = (call: PendingCall): boolean => call.request.session === session;
    for (const call of [...waiting, ...this.queue.filter(ofIt)]) {
      this.measure(call, sharedNow());
      call.settle(new SwitchboardError('session-not-found', 'the session was closed'));
    }
    this.queue = this.queue.filter((call) => !call.settled);
    cell?.sessions.delete(session);
    cell?.post({ t: 'close-session', session });
    this.drain();
  }

  /** Takes no new calls; what waits and runs is finished, then its cells end. */
  retire(): void {
    this.retired = true;
    this.endWhenDone();
  }

  /** Ends cells without work or sessions that have been idle since before `since`, and those stuck between calls. */
  sweep(since: number): void {
    const now = sharedNow();
    for (const cell of this.cells) {
      if (this.heartbeat.isStuck(cell, this.isComputing(cell, now))) void cell.terminate();
      else if (cell.calls.size > 0) continue;
      else cell.reference(false);
      if (cell.idleSince < since && this.isParkable(cell)) this.park(cell);
    }
  }

  /** Whether a guest has the CPU that may have it: its call's time, or the time to fill the reserve, is not over. */
  private isComputing({ control, calls }: Cell, now: number): boolean {
    const slot = slotOnCpu(control);
    if (slot < 0) return false;
    if (slot === 0) return now - (control.starts[0] ?? now) < this.limits.timeout;
    if (slotState(control, slot) !== STARTED) return false;
    return [...calls].some((id) => this.calls.get(id)?.slot === slot && !this.calls.get(id)?.settled);
  }

  /** Whether ending the cell loses nothing that anybody was promised. */
  isParkable(cell: Cell): boolean {
    return cell.calls.size === 0 && cell.sessions.size === 0 && this.limits.reuse !== 'resident';
  }

  park(cell: Cell): void {
    this.cells.delete(cell);
    cell.retire();
    // Guest code between calls (a reserve instance that starts) may never end.
    setTimeout(() => void cell.terminate(), PARKING_MS).unref();
  }

  /** Ends everything now. */
  async close(error: SwitchboardError): Promise<void> {
    this.retired = true;
    for (const call of [...this.queue, ...this.calls.values(), ...this.sessions.all()]) call.settle(error);
    this.queue = [];
    await Promise.all([...this.cells].map((cell) => cell.terminate()));
  }

  private endWhenDone(): void {
    if (!this.retired || this.queue.length > 0 || this.sessions.waiting() > 0) return;
    for (const cell of this.cells) cell.retire();
  }

  private enqueue(call: PendingCall): void {
    const { session } = call.request;
    if (session !== undefined && !this.sessions.enter(session, call, this.limits.instances)) {
      if (!this.sessions.has(session)) call.settle(busy(`${this.limits.instances} sessions hold an instance each`));
      else this.boundQueue(call, () => this.sessions.leave(session, call));
      return;
    }
    const cell = this.cellFor(call);
    if (cell) this.dispatch(call, cell);
    else {
      this.queue.push(call);
      this.boundQueue(call, () => {
        this.queue = this.queue.filter((waiting) => waiting !== call);
      });
    }
  }

  private boundQueue(call: PendingCall, withdraw: () => void): void {
    if (this.calls.size + this.waiting > this.limits.instances + this.limits.queue) {
      withdraw();
      call.settle(busy(`${this.limits.queue} calls are waiting`));
      return;
    }
    const longest = this.limits.queueTimeout;
    call.timer = setTimeout(
      () => this.stop(call, 'queue-timeout', `the call waited ${formatDuration(longest)} for an instance`),
      longest,
    );
  }

  /** The cell a call goes to now, or none: then it waits. May start a cell. */
  private cellFor(call: PendingCall): Cell | undefined {
    const { session } = call.request;
    const bound = session === undefined ? undefined : this.sessions.cell(session);
    if (bound) return bound.hasRoom ? bound : undefined;
    let best: Cell | undefined;
    if (this.calls.size < this.limits.instances) {
      for (const cell of this.cells) if (cell.hasRoom && (!best || cell.calls.size < best.calls.size)) best = cell;
    }
    // A cell whose guests all wait has time for more; one that computes has not.
    if (!best || (best.calls.size > 0 && slotOnCpu(best.control) !== -1)) this.startCell();
    if (best && session !== undefined) this.sessions.bind(session, best);
    return best;
  }

  private startCell(): void {
    const most = Math.min(this.limits.cells, this.limits.instances);
    const count = this.cells.size + this.starting;
    if (count >= most || (this.retired && this.queue.length === 0)) return;
    const share = Math.floor(this.limits.instances / most) + (count < this.limits.instances % most ? 1 : 0);
    this.starting += 1;
    this.loadCell(share).then(
      () => {
        this.starting -= 1;
        this.drain();
      },
      (error: Error) => {
        this.starting -= 1;
        if (this.cells.size > 0 || this.starting > 0) return;
        const named = error instanceof SwitchboardError ? this.named(error) : error;
        for (const call of this.queue.splice(0)) {
          this.measure(call, sharedNow());
          call.settle(named);
          if (call.request.session !== undefined) this.nextOfSession(call.request.session);
        }
      },
    );
  }

  private async loadCell(share: number): Promise<void> {
    const { reuse, transfer, handles, memory } = this.limits;
    const loadable = await this.loadable();
    const cell = this.ports.cell(this.limits);
    try {
      await cell.load({ ...loadable, reuse, transfer, handles, memory }, share, {
        message: (message) => this.receive(cell, message),
        ended: (why) => this.cellEnded(cell, why),
      });
    } catch (error) {
      await cell.terminate();
      this.ports.lost(cell, 'failed to load');
      throw error;
    }
    this.cells.add(cell);
    this.ports.started(cell);
  }

  private dispatch(call: PendingCall, cell: Cell): void {
    clearTimeout(call.timer);
    const { request } = call;
    call.cell = cell;
    call.dispatchedAt = sharedNow();
    this.calls.set(call.id, call);
    const session = request.session === undefined ? {} : { session: request.session };
    if (request.session !== undefined) cell.sessions.add(request.session);
    call.slot = cell.dispatch({ id: call.id, fn: request.fn, args: request.args, ...session });
    call.timer = setTimeout(() => this.checkTime(call), request.context.timeoutMs);
  }

  /** Run time counts from the run's start, which only the shared block knows while the cell is busy with another call. */
  private checkTime(call: PendingCall): void {
    const { cell, slot } = call;
    if (call.settled || !cell) return;
    const { timeoutMs } = call.request.context;
    const now = sharedNow();
    if (slotState(cell.control, slot) !== STARTED) {
      const left = call.queuedAt + this.limits.queueTimeout - now;
      if (left > 0) call.timer = setTimeout(() => this.checkTime(call), Math.min(left, timeoutMs));
      else
        this.stop(call, 'queue-timeout', `the call waited ${formatDuration(this.limits.queueTimeout)} for an instance`);
      return;
    }
    const left = (cell.control.starts[slot] ?? 0) + timeoutMs - now;
    if (left > 0.5) call.timer = setTimeout(() => this.checkTime(call), left);
    else this.stop(call, 'timeout', `the call ran longer than ${formatDuration(timeoutMs)}`);
  }

  private stop(call: PendingCall, code: ErrorCode & ('cancelled' | 'timeout' | 'queue-timeout'), why: string): void {
    if (call.settled) return;
    const error = new SwitchboardError(code, why, { fix: this.fixFor(code, call) });
    const { cell } = call;
    if (!cell) {
      this.queue = this.queue.filter((waiting) => waiting !== call);
      this.measure(call, sharedNow());
      call.settle(error);
      const { session } = call.request;
      if (session !== undefined && !this.sessions.leave(session, call)) this.nextOfSession(session);
      this.drain();
      return;
    }
    if (withdrawSlot(cell.control, call.slot)) {
      this.measure(call, sharedNow());
      call.settle(error);
      return;
    }
    cell.post({ t: 'cancel', id: call.id, reason: code === 'timeout' ? 'timeout' : 'cancelled' });
    if (slotOnCpu(cell.control) === call.slot) {
      call.timer = setTimeout(() => this.endCell(call, cell, error), GRACE_MS);
      return;
    }
    // The guest waits, so the cell reads the message. One that does not is found by its heartbeat.
    this.measure(call, sharedNow());
    call.settle(error);
  }

  private fixFor(code: ErrorCode, call: PendingCall): string | undefined {
    const { timeout, queueTimeout } = this.limits;
    const command = `switchboard limits ${nameOf(this.component)}`;
    if (code === 'queue-timeout') return `${command} --queue-timeout ${seconds(queueTimeout * 2)}`;
    if (code !== 'timeout') return undefined;
    if (call.request.context.timeoutMs < timeout) return `give the call more time, up to ${formatDuration(timeout)}`;
    return `${command} --timeout ${seconds(timeout * 2)}`;
  }

  /** The guest computes on although its time is over: the thread is ended under it. */
  private endCell(call: PendingCall, cell: Cell, error: SwitchboardError): void {
    if (!this.calls.has(call.id)) return;
    this.measure(call, sharedNow());
    call.settle(error);
    if (slotOnCpu(cell.control) === call.slot) void cell.terminate();
  }

  private receive(cell: Cell, message: FromCell): void {
    if (message.t === 'result') this.finish(message);
    else if (message.t === 'log') this.logs(message.records, message.dropped);
    else if (message.t === 'ask') this.answer(cell, message);
    else if (message.t === 'pong') this.heartbeat.answered(cell);
  }

  private finish(message: FromCell & { t: 'result' }): void {
    const call = this.calls.get(message.id);
    if (!call?.cell) return;
    const { cell, request, figures } = call;
    this.calls.delete(call.id);
    cell.release(call.id, call.slot);
    figures.transferred = message.transferred;
    this.measure(call, (cell.control.starts[call.slot] ?? 0) + message.runMs);
    if (request.session !== undefined) this.nextOfSession(request.session);
    if (message.error) call.settle(this.named(errorFromBody(message.error)));
    else call.settle(undefined, message.value);
    this.drain();
  }

  private nextOfSession(session: string): void {
    let next = this.sessions.next(session);
    while (next?.settled) next = this.sessions.next(session);
    if (!next) return;
    const cell = this.cellFor(next);
    if (cell) this.dispatch(next, cell);
    else this.queue.push(next);
  }

  /** Errors made in the cell do not know the component's name; their fix commands get it here. */
  private named(error: SwitchboardError): SwitchboardError {
    if (!error.fix?.includes('<component>')) return error;
    const fix = error.fix.replace('<component>', nameOf(this.component));
    return new SwitchboardError(error.code, error.message, { fix, data: error.data });
  }

  private measure(call: PendingCall, ended: number): void {
    const started =
      call.cell && slotState(call.cell.control, call.slot) === STARTED
        ? (call.cell.control.starts[call.slot] ?? 0)
        : ended;
    call.figures.queueMs = Math.max(0, started - call.queuedAt);
    call.figures.runMs = Math.max(0, ended - started);
  }

  private drain(): void {
    const waiting = this.queue;
    this.queue = [];
    for (const call of waiting) {
      const cell = this.calls.size < this.limits.instances ? this.cellFor(call) : undefined;
      if (cell) this.dispatch(call, cell);
      else this.queue.push(call);
    }
    this.endWhenDone();
  }

  private cellEnded(cell: Cell, why: string): void {
    this.cells.delete(cell);
    this.sessions.forget(cell);
    const lost = [...cell.calls].map((id) => this.calls.get(id)).filter((call) => call !== undefined);
    const again: PendingCall[] = [];
    for (const call of lost) {
      this.calls.delete(call.id);
      this.measure(call, sharedNow());
      const begun = slotState(cell.control, call.slot) === STARTED;
      // A call that never began may go to another cell: nothing of it ran. One that began never runs again.
      if (!begun && !call.settled) {
        call.cell = undefined;
        again.push(call);
      } else call.settle(lostError(why));
      if (call.request.session !== undefined && (begun || call.settled)) this.nextOfSession(call.request.session);
    }
    this.ports.lost(cell, why);
    this.queue.unshift(...again);
    for (const call of again)
      call.timer = setTimeout(
        () => this.stop(call, 'queue-timeout', 'the call waited too long for an instance'),
        this.limits.queueTimeout,
      );
    this.drain();
  }

  private logs(records: readonly CellLog[], dropped: number): void {
    for (const record of records) this.log(record);
    if (dropped > 0) {
      const message = `${dropped} log records were dropped: they came faster than they can be kept`;
      this.log({ id: undefined, at: Date.now(), stream: 'log', level: 'warn', message });
    }
  }

  private log(record: CellLog): void {
    const request = record.id === undefined ? undefined : this.calls.get(record.id)?.request;
    const { at, stream, level, message, fields } = record;
    const callId = request ? { callId: request.context.callId } : {};
    const full: LogRecord = {
      at,
      component: this.component,
      ...callId,
      stream,
      level,
      message,
      ...(fields ? { fields } : {}),
    };
    this.ports.log(full);
    try {
      request?.onLog?.(full);
    } catch {
      // The caller's own failure.
    }
  }

  private answer(cell: Cell, message: FromCell & { t: 'ask' }): void {
    const call = this.calls.get(message.id);
    const refused = new SwitchboardError('denied', 'the call that asked is over');
    const answered = call ? this.ports.ask(call.request, message.service, message.payload) : Promise.reject(refused);
    answered.then(
      (value) => cell.post({ t: 'answer', ask: message.ask, value }),
      (error: unknown) =>
        cell.post({
          t: 'answer',
          ask: message.ask,
          error: (error instanceof SwitchboardError
            ? error
            : new SwitchboardError('internal', 'the host failed')
          ).toJSON(),
        }),
    );
  }
}

const seconds = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);

const nameOf = (component: string): string => component.replace(/@.*$/, '');

function busy(why: string): SwitchboardError {
  return new SwitchboardError('busy', `the component is busy: ${why}`);
}

function lostError(why: string): SwitchboardError {
  if (why === 'out-of-memory') {
    return new SwitchboardError(
      'memory-limit',
      'the cell ran out of memory for values and was stopped; the call may have run in part',
    );
  }
  return new SwitchboardError(
    'cell-lost',
    'the cell was stopped because of another call; this one may have run in part',
  );
}
