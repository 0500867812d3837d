/** Everything that runs of one component: its cells, its queue, its sessions. */
import { type ErrorBody, errorFromBody, type Limits, type PolicySnapshot, SwitchboardError } from '#core';
import type { Cell } from './cell.ts';
import { type CellTalk, type CellTalkPorts, createCellTalk } from './cell-talk.ts';
import { sharedNow, slotOnCpu, withdrawSlot } from './control-block.ts';
import { createFairTurns, givesWay } from './fair-turns.ts';
import { createHeartbeat } from './heartbeat.ts';
import { type CallFigures, type CallPool, type EngineCall, PendingCall } from './pending-call.ts';
import { busyError, cycleError, lostError, namedError, type StopCode, stopError } from './pool-errors.ts';
import { type CallStages, createCallStages } from './call-stages.ts';
import type { FromCell, LoadMessage } from './protocol.ts';
import { createSessionTable } from './session-table.ts';
import { waitsForItself } from './wait-graph.ts';

/** What the pool needs of the engine. */
export interface PoolPorts extends Omit<CellTalkPorts, 'hold'> {
  /** A blank cell of at least these resources; rejects when the bound on cells is reached and none can be parked. */
  cell(limits: Limits): Cell;
  /** A cell is gone. */
  lost(cell: Cell, reason: string): void;
  started(cell: Cell): void;
}

/** What cells of this component are loaded with; prepared once, on first use. */
export type Loadable = Omit<
  LoadMessage,
  't' | 'v' | 'control' | 'slots' | 'reuse' | 'transfer' | 'handles' | 'memory' | 'policy'
>;

/** A guest that computes gets this long to come to an end after its time is over; then its cell is terminated. */
const GRACE_MS = 15;
/** A parked cell ends within this, or is terminated. */
const PARKING_MS = 2_000;

/** The pool of one component at one set of limits. */
export class ComponentPool implements CallPool {
  readonly key: string;
  readonly component: string;
  readonly limits: Limits;
  readonly policy: PolicySnapshot;
  readonly cells = new Set<Cell>();
  private readonly ports: PoolPorts;
  private readonly loadable: (onCompile: () => void) => Promise<Loadable>;
  private readonly talk: CellTalk;
  /** Calls that cells hold. */
  running = 0;
  private queue: PendingCall[] = [];
  private readonly turns = createFairTurns<PendingCall>();
  private readonly sessions = createSessionTable<PendingCall>();
  private readonly heartbeat = createHeartbeat();
  private readonly abort = (call: PendingCall): void => this.stop(call, 'cancelled');
  private starting = 0;
  private readonly stages: CallStages;
  private retired = false;

  constructor(
    target: {
      readonly key: string;
      readonly component: string;
      readonly limits: Limits;
      readonly policy: PolicySnapshot;
    },
    loadable: (onCompile: () => void) => Promise<Loadable>,
    ports: PoolPorts,
  ) {
    this.key = target.key;
    this.component = target.component;
    this.limits = target.limits;
    this.policy = target.policy;
    this.loadable = loadable;
    this.ports = ports;
    this.talk = createCellTalk(target.component, { ...ports, hold: (call) => this.hold(call) });
    this.stages = createCallStages(target.component);
  }

  get waiting(): number {
    return this.queue.length + this.sessions.waiting();
  }

  /** Runs one call to its end. Figures are filled in whatever the outcome. */
  call(request: EngineCall, figures: CallFigures): Promise<unknown> {
    if (request.signal?.aborted || request.from?.settled) {
      return Promise.reject(new SwitchboardError('cancelled', 'the call was cancelled before it began'));
    }
    const call = new PendingCall(request, figures, this.abort);
    call.pool = this;
    this.enqueue(call);
    return call.promise;
  }

  /** Ends a session's instance in whichever cell holds it. */
  closeSession(session: string): void {
    const { cell, waiting } = this.sessions.close(session);
    const ofIt = (call: PendingCall): boolean => call.request.session === session;
    for (const call of [...waiting, ...this.queue.filter(ofIt)]) {
      call.measure(sharedNow());
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
    for (const call of calls.values()) if (call.slot === slot) return call.begun && !call.settled;
    return false;
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

  /** Something granted is granted no more: what runs is ended with the error, and every cell with what it holds open. */
  cut(error: SwitchboardError): void {
    this.retired = true;
    for (const call of [...this.queue, ...this.sessions.all()]) call.settle(error);
    this.queue = [];
    for (const cell of this.cells) {
      for (const call of cell.calls.values()) {
        call.measure(sharedNow());
        call.settle(error);
      }
      void cell.terminate();
    }
  }

  /** Ends everything now. */
  async close(error: SwitchboardError): Promise<void> {
    this.retired = true;
    const held = [...this.cells].flatMap((cell) => [...cell.calls.values()]);
    for (const call of [...this.queue, ...held, ...this.sessions.all()]) call.settle(error);
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
      if (!this.sessions.has(session))
        call.settle(busyError(`${this.limits.instances} sessions hold an instance each`));
      else this.boundQueue(call);
      return;
    }
    const cell = this.cellFor(call);
    if (cell) this.dispatch(call, cell);
    else {
      this.turns.place(this.queue, call);
      this.boundQueue(call);
    }
  }

  holders(call: PendingCall): ReadonlySet<PendingCall> | undefined {
    const { session } = call.request;
    const current = session === undefined ? undefined : this.sessions.current(session);
    if (current && current !== call) return new Set([current]);
    const bound = session === undefined ? undefined : this.sessions.cell(session);
    if (bound) return bound.hasRoom ? undefined : new Set(bound.calls.values());
    if (this.starting > 0 || this.running < this.limits.instances) return undefined;
    return new Set([...this.cells].flatMap((cell) => [...cell.calls.values()]));
  }

  hold(call: PendingCall): () => void {
    const { from } = call.request;
    const above = from?.pool?.hold(from);
    call.hold();
    call.after(0, undefined);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      above?.();
      call.goOn();
      if (!call.settled && !call.isHeld) this.checkTime(call);
    };
  }

  private boundQueue(call: PendingCall): void {
    if (call.request.from && waitsForItself(call)) {
      this.giveUp(call, cycleError(this.component, this.limits, call.request.session !== undefined));
      return;
    }
    if (this.running + this.waiting > this.limits.instances + this.limits.queue) {
      const last = givesWay([...this.queue, ...this.sessions.all()], call);
      this.giveUp(last, busyError(`${this.limits.queue} calls are waiting`));
      if (last === call) return;
    }
    call.after(this.limits.queueTimeout, () => this.stop(call, 'queue-timeout'));
    this.stages.waits(call, this.running + this.waiting - 1);
  }

  /** One that waits is answered with the error. */
  private giveUp(call: PendingCall, error: SwitchboardError): void {
    this.queue = this.queue.filter((waiting) => waiting !== call);
    this.turns.left(this.queue, call);
    call.measure(sharedNow());
    call.settle(error);
    const { session } = call.request;
    if (session !== undefined && !this.sessions.leave(session, call)) this.nextOfSession(session);
  }

  /** The cell a call goes to now, or none: then it waits. May start a cell. */
  private cellFor(call: PendingCall): Cell | undefined {
    const { session } = call.request;
    const bound = session === undefined ? undefined : this.sessions.cell(session);
    if (bound) return bound.hasRoom ? bound : undefined;
    let best: Cell | undefined;
    if (this.running < this.limits.instances) {
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
        const named = error instanceof SwitchboardError ? namedError(error, this.component) : error;
        for (const call of this.queue.splice(0)) {
          call.measure(sharedNow());
          call.settle(named);
          if (call.request.session !== undefined) this.nextOfSession(call.request.session);
        }
      },
    );
  }

  private async loadCell(share: number): Promise<void> {
    const { reuse, transfer, handles, memory } = this.limits;
    const loadable = await this.loadable(() => this.stages.compiles(this.queue)).finally(() => this.stages.compiled());
    const cell = this.ports.cell(this.limits);
    try {
      await cell.load({ ...loadable, reuse, transfer, handles, memory, policy: this.policy }, share, {
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
    this.running += 1;
    cell.dispatch(call);
    call.after(call.request.context.timeoutMs, () => this.checkTime(call));
  }

  /** Run time counts from the run's start. */
  private checkTime(call: PendingCall): void {
    if (call.settled) return;
    const { timeoutMs } = call.request.context;
    const { begun } = call;
    const left =
      (begun ? call.startedAt + call.held + timeoutMs : call.queuedAt + this.limits.queueTimeout) - sharedNow();
    if (left > 0.5) call.after(begun ? left : Math.min(left, timeoutMs), () => this.checkTime(call));
    else this.stop(call, begun ? 'timeout' : 'queue-timeout');
  }

  private stop(call: PendingCall, code: StopCode): void {
    if (call.settled) return;
    const error = stopError(code, this.component, this.limits, call.request.context.timeoutMs);
    const { cell } = call;
    if (!cell) {
      this.giveUp(call, error);
      this.drain();
      return;
    }
    if (withdrawSlot(cell.control, call.slot)) {
      call.measure(sharedNow());
      call.settle(error);
      return;
    }
    cell.post({ t: 'cancel', id: call.id, reason: code === 'timeout' ? 'timeout' : 'cancelled' });
    if (slotOnCpu(cell.control) === call.slot) {
      call.after(GRACE_MS, () => this.endCell(call, cell, error));
      return;
    }
    // The guest waits, so the cell reads the message. One that does not is found by its heartbeat.
    call.measure(sharedNow());
    call.settle(error);
  }

  /** The guest computes on although its time is over: the thread is ended under it. */
  private endCell(call: PendingCall, cell: Cell, error: SwitchboardError): void {
    if (!cell.calls.has(call.id)) return;
    call.measure(sharedNow());
    call.settle(error);
    if (slotOnCpu(cell.control) === call.slot) void cell.terminate();
  }

  private receive(cell: Cell, message: FromCell): void {
    if (message.t === 'result') this.finish(cell, message);
    else if (message.t === 'log') this.talk.logs(cell, message);
    else if (message.t === 'ask') this.talk.ask(cell, message);
    else if (message.t === 'progress') this.talk.progress(cell, message);
    else if (message.t === 'denied') this.talk.denied(cell, message);
    else if (message.t === 'pong') this.heartbeat.answered(cell);
  }

  private finish(cell: Cell, message: FromCell & { t: 'result' }): void {
    const call = cell.calls.get(message.id);
    if (!call) return;
    this.running -= 1;
    cell.release(call);
    call.figures.transferred = message.transferred;
    call.measure(call.startedAt + message.runMs);
    const { error, value } = this.redacted(message);
    if (error) call.settle(namedError(errorFromBody(error), this.component));
    else call.settle(undefined, value);
    if (call.request.session !== undefined) this.nextOfSession(call.request.session);
    this.drain();
  }

  private redacted({ error, value }: FromCell & { t: 'result' }): { error?: ErrorBody; value?: unknown } {
    const redactor = this.ports.redactor(this.component);
    if (!redactor) return error ? { error } : { value };
    return error ? { error: redactor.json(error) as ErrorBody } : { value: redactor.json(value) };
  }

  private nextOfSession(session: string): void {
    let next = this.sessions.next(session);
    while (next?.settled) next = this.sessions.next(session);
    if (!next) return;
    const cell = this.cellFor(next);
    if (cell) this.dispatch(next, cell);
    else this.turns.place(this.queue, next);
  }

  /** Gives those that wait the places that are free, in order. */
  private drain(): void {
    if (this.queue.length > 0) {
      const still: PendingCall[] = [];
      let taken = 0;
      // Once a call of no session finds no place, only those whose session has its own may.
      let full = false;
      for (const call of this.queue) {
        if (this.running >= this.limits.instances) break;
        taken += 1;
        const cell: Cell | undefined = full && call.request.session === undefined ? undefined : this.cellFor(call);
        if (cell) {
          this.turns.served(call);
          this.dispatch(call, cell);
        } else still.push(call);
        full ||= cell === undefined && call.request.session === undefined;
      }
      this.queue = [...still, ...this.queue.slice(taken)];
    }
    this.endWhenDone();
  }

  private cellEnded(cell: Cell, why: string): void {
    this.cells.delete(cell);
    this.sessions.forget(cell);
    const again: PendingCall[] = [];
    for (const call of cell.calls.values()) {
      this.running -= 1;
      call.measure(sharedNow());
      const { begun } = call;
      // A call that never began may go to another cell: nothing of it ran. One that began never runs again.
      if (!begun && !call.settled) {
        call.cell = undefined;
        call.after(this.limits.queueTimeout, () => this.stop(call, 'queue-timeout'));
        again.push(call);
        continue;
      }
      call.settle(lostError(why));
      if (call.request.session !== undefined) this.nextOfSession(call.request.session);
    }
    cell.calls.clear();
    this.ports.lost(cell, why);
    this.queue.unshift(...again);
    this.drain();
  }
}
