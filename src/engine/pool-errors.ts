/** What a component's pool tells callers, with the command that would change it. */
import { type ErrorCode, formatDuration, type Limits, SwitchboardError } from '#core';

/** How a call is stopped by its caller or by time. */
export type StopCode = ErrorCode & ('cancelled' | 'timeout' | 'queue-timeout');

/** `timeoutMs` is what the call was given, at most the limit. */
export function stopError(code: StopCode, component: string, limits: Limits, timeoutMs: number): SwitchboardError {
  const command = `switchboard limits ${nameOf(component)}`;
  if (code === 'cancelled') return new SwitchboardError(code, 'the caller cancelled the call');
  if (code === 'queue-timeout') {
    const fix = `${command} --queue-timeout ${seconds(limits.queueTimeout * 2)}`;
    return new SwitchboardError(code, `the call waited ${formatDuration(limits.queueTimeout)} for an instance`, {
      fix,
    });
  }
  const fix =
    timeoutMs < limits.timeout
      ? `give the call more time, up to ${formatDuration(limits.timeout)}`
      : `${command} --timeout ${seconds(limits.timeout * 2)}`;
  return new SwitchboardError(code, `the call ran longer than ${formatDuration(timeoutMs)}`, { fix });
}

/** Errors made in a cell do not know the component's name; their fix commands get it here. */
export function namedError(error: SwitchboardError, component: string): SwitchboardError {
  if (!error.fix?.includes('<component>')) return error;
  const fix = error.fix.replace('<component>', nameOf(component));
  return new SwitchboardError(error.code, error.message, { fix, data: error.data });
}

export function busyError(why: string): SwitchboardError {
  return new SwitchboardError('busy', `the component is busy: ${why}`);
}

/** No instance can ever come free for the call: each waits for it, or for calls that wait for it. */
export function cycleError(component: string, limits: Limits, ofSession: boolean): SwitchboardError {
  const name = nameOf(component);
  const why = ofSession
    ? `the session’s instance of ${name} is in the call that this one comes from`
    : `every instance of ${name} waits for calls that it made, this one among them`;
  const fix = ofSession ? undefined : `switchboard limits ${name} --instances ${limits.instances * 2}`;
  return new SwitchboardError('call-cycle', `the call would wait for itself: ${why}`, { fix });
}

/** The cell ended under a call that had begun. */
export function lostError(why: string): SwitchboardError {
  return why === 'out-of-memory'
    ? new SwitchboardError(
        'memory-limit',
        'the cell ran out of memory for values and was stopped; the call may have run in part',
      )
    : new SwitchboardError('cell-lost', 'the cell was stopped because of another call; this one may have run in part');
}

const seconds = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);

const nameOf = (component: string): string => component.replace(/@.*$/, '');
