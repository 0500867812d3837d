/** What a cell says besides results: its guests' log, and what their services ask of the host. */
import { type Denial, LONGEST_PROGRESS, type LogRecord, type Redactor, shownLine, SwitchboardError } from '#core';
import type { Cell } from './cell.ts';
import type { EngineCall, PendingCall } from './pending-call.ts';
import { type CellLog, type FromCell, MOST_DENIALS } from './protocol.ts';

export interface CellTalk {
  logs(cell: Cell, message: FromCell & { t: 'log' }): void;
  /** A refusal goes to the record, and into the figures of its call. */
  denied(cell: Cell, message: FromCell & { t: 'denied' }): void;
  /** How far a call is: told to its caller, if that wants to know. */
  progress(cell: Cell, message: FromCell & { t: 'progress' }): void;
  /** Answers the cell, now or later. */
  ask(cell: Cell, message: FromCell & { t: 'ask' }): void;
}

/** A question under way. */
export interface AskTurn {
  /** Fires when the call is over, however it ended: nobody waits for the answer then. */
  readonly signal: AbortSignal;
  /** The call's run time stands still until the returned function is called: for what a person takes. */
  hold(): () => void;
  /** The host refuses what is asked: an audit event, and what the caller of the call is told. The first 100 of a call. */
  denied(denial: Denial): void;
  /** The call that asks: for calls that are made from it. */
  readonly call: PendingCall;
}

export interface CellTalkPorts {
  /** For what a component says, if there is anything to be kept out of it. */
  redactor(component: string): Redactor | undefined;
  log(record: LogRecord): void;
  ask(request: EngineCall, service: string, payload: unknown, turn: AskTurn): Promise<unknown>;
  /** Starts and stops the clock of a call's run time. */
  hold(call: PendingCall): () => void;
  denied(request: EngineCall, denial: Denial): void;
}

export function createCellTalk(component: string, ports: CellTalkPorts): CellTalk {
  const redacted = createRedactedLogs(() => ports.redactor(component));
  const log = (record: CellLog, call: PendingCall | undefined, from: object): void => {
    const { at, stream, level, message, fields } = redacted(record, call ?? from);
    const callId = call ? { callId: call.request.context.callId } : {};
    const full: LogRecord = { at, component, ...callId, stream, level, message, ...(fields ? { fields } : {}) };
    ports.log(full);
    try {
      call?.request.onLog?.(full);
    } catch {
      // The caller's own failure.
    }
  };
  const denied = (call: PendingCall, denial: Denial): void => {
    const clean = redactedDenial(denial, ports.redactor(component));
    (call.figures.denials ??= []).push(clean);
    ports.denied(call.request, clean);
  };
  return {
    logs(cell, { records, dropped }) {
      for (const record of records) log(record, record.id === undefined ? undefined : cell.calls.get(record.id), cell);
      if (dropped === 0) return;
      const message = `${dropped} log records were dropped: they came faster than they can be kept`;
      log({ id: undefined, at: Date.now(), stream: 'log', level: 'warn', message }, undefined, ports);
    },
    denied(cell, { id, denial }) {
      const call = cell.calls.get(id);
      if (call) denied(call, denial);
    },
    progress(cell, { id, progress, total, message }) {
      const tell = cell.calls.get(id)?.request.onProgress;
      if (!tell) return;
      const redactor = ports.redactor(component);
      const said = message === undefined ? undefined : (redactor?.text(message) ?? message);
      const line = said === undefined ? undefined : shownLine(said, LONGEST_PROGRESS);
      tell({
        progress,
        ...(total === undefined ? {} : { total }),
        ...(line === undefined || line === '' ? {} : { message: line }),
        by: 'component',
      });
    },
    ask(cell, { id, ask, service, payload }) {
      const call = cell.calls.get(id);
      const answered = call
        ? ports.ask(call.request, service, payload, turnOf(call, ports, denied))
        : Promise.reject(new SwitchboardError('denied', 'the call that asked is over'));
      answered.then(
        (value) => cell.post({ t: 'answer', ask, value }),
        (thrown: unknown) => {
          const error =
            thrown instanceof SwitchboardError ? thrown : new SwitchboardError('internal', 'the host failed');
          cell.post({ t: 'answer', ask, error: error.toJSON() });
        },
      );
    },
  };
}

/** A permission with a secret in it, as the name of a host may have, is nobody's to give. */
function redactedDenial(denial: Denial, redactor: Redactor | undefined): Denial {
  if (!redactor) return denial;
  const { item, grant, ...clean } = redactor.json(denial) as Denial;
  const same = JSON.stringify(item) === JSON.stringify(denial.item) && grant === denial.grant;
  return same ? { ...clean, ...(item ? { item } : {}), ...(grant === undefined ? {} : { grant }) } : clean;
}

/** Takes secrets out of records, also of those that are split over several of one call and stream. */
function createRedactedLogs(redactor: () => Redactor | undefined): (record: CellLog, from: object) => CellLog {
  type Stream = { readonly redactor: Redactor; readonly next: (piece: string) => string };
  const streams = new WeakMap<object, Map<CellLog['stream'], Stream>>();
  return (record, from) => {
    const now = redactor();
    if (!now) return record;
    const { stream, message, fields } = record;
    const known = streams.get(from) ?? new Map<CellLog['stream'], Stream>();
    streams.set(from, known);
    let following = known.get(stream);
    // What it was handed since is looked for from here on.
    if (following?.redactor !== now) following = { redactor: now, next: now.follow() };
    known.set(stream, following);
    const clean = { ...record, message: following.next(message) };
    return fields ? { ...clean, fields: now.json(fields) as NonNullable<CellLog['fields']> } : clean;
  };
}

function turnOf(
  call: PendingCall,
  ports: Pick<CellTalkPorts, 'hold'>,
  denied: (call: PendingCall, denial: Denial) => void,
): AskTurn {
  let controller: AbortController | undefined;
  return {
    get signal() {
      if (!controller) {
        const made = new AbortController();
        controller = made;
        const over = (): void => made.abort();
        call.promise.then(over, over);
      }
      return controller.signal;
    },
    hold: () => ports.hold(call),
    denied(denial) {
      if ((call.figures.denials?.length ?? 0) < MOST_DENIALS) denied(call, denial);
    },
    call,
  };
}
