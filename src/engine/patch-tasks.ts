import { SwitchboardError } from '#core';

/**
 * Changes jco's runtime for WASI 0.3, beside what `patchGenerated` changes of all code: every entry into the guest and
 * every timer goes through `$guard.tasks`, what crosses a stream or a future is metered before it is lifted, and what
 * jco never frees is freed. A runtime of another form is refused.
 */
export function patchTasks(source: string): string {
  return CHANGES.reduce((code, { what, part, pattern, by }) => {
    const all = new RegExp(pattern, `${pattern.flags}g`);
    if (code.includes(part) && !pattern.test(code)) throw unexpected(what);
    return code.replaceAll(all, by);
  }, source);
}

interface Change {
  readonly what: string;
  /** Code with this part of the runtime must have something to change. */
  readonly part: string;
  readonly pattern: RegExp;
  readonly by: string;
}

const CHANGES: readonly Change[] = [
  {
    what: 'timers',
    part: 'setTimeout(',
    pattern: /^(\(function instantiate\([^)]*\) \{)/,
    by: '$1\n  const { setTimeout, setInterval, clearInterval, queueMicrotask } = $guard.tasks;\n  const clearTimeout = clearInterval;',
  },
  {
    what: 'entries',
    part: 'WebAssembly.promising(',
    pattern: /\bWebAssembly\.promising\(/,
    by: '$guard.tasks.promising(',
  },
  {
    what: 'tasks',
    part: 'function createNewCurrentTask(',
    pattern: /(const newTaskID = newTask\.id\(\);)/,
    by: '$1\n    if (isAsync && callingWasmExport !== false) { $guard.tasks.began(newTask.exitPromise()); }',
  },
  {
    what: 'failures after a result',
    part: 'function _driverLoop(',
    pattern: /(const handleError = \(err\) => \{)/,
    by: '$1\n      $guard.tasks.failed(err);',
  },
  {
    // An async function without a callback gave its result by task.return before it came back, unless it was lifted
    // without `async`.
    what: 'functions without a callback',
    part: '.setCalleeIsAsync(true)',
    pattern: /if \(!task\.hasCallback\(\)\) \{/,
    by: 'if (!task.hasCallback() && task.isResolvedState()) { task.exit(); } else if (!task.hasCallback()) {',
  },
  {
    // The error that a function returns is thrown to its caller while its task may go on.
    what: 'errors that are returned',
    part: '.setCalleeIsAsync(true)',
    pattern:
      /(if \(!)(task\.isResolvedState\(\))(\) \{\s*task\.setErrored\(err\);\s*task\.reject\(err\);\s*\}\s*if \()(!task\.isExited\(\)\) \{ task\.exit\(\{ skipExclusiveLockCheck: true \}\); \}\s*throw err;)/,
    by: 'const $returned = $2;\n            $1$returned$3!$returned && $4',
  },
  { what: 'tables', part: 'class RepTable', pattern: /(insert\(val\) \{)/, by: '$1 $guard.tasks.hold(this.#size);' },
  {
    what: 'global tables',
    part: 'class InternalStream',
    pattern: /const (STREAMS|FUTURES) ?= new RepTable\([^)]*\)/,
    by: 'const $1 = $guard.tasks.recent()',
  },
  { what: 'buffers', part: 'class BufferManager', pattern: /instanceBuffers\.set\(nextBufID, buffer\);/, by: '' },
  {
    what: 'tasks that ended out of order',
    part: 'function clearCurrentTask(',
    pattern: /(if \(last\.id !== taskID\) \{)/,
    by: '$1 const at = tasks.findIndex((meta) => meta.id === taskID); if (at >= 0) { tasks.splice(at, 1); }',
  },
  // What crosses is lifted in parts, each charged before it exists.
  {
    what: 'bytes of a stream',
    part: 'class ManagedBuffer',
    pattern: /Array\.from\(new Uint8Array\(this\.#memory\.buffer, this\.#ptr, count\)\)/,
    by: 'Array.from(new Uint8Array($guard.slice(this.#memory.buffer, this.#ptr >>> 0, (this.#ptr >>> 0) + count)))',
  },
  {
    what: 'items of a stream',
    part: 'class ManagedBuffer',
    pattern: /(let currentCount = count;)/,
    by: '$guard.list(count, this.#elemMeta.size32 ?? 8);\n        $1',
  },
  {
    what: 'items without a value',
    part: 'class ManagedBuffer',
    pattern: /values = \[\.\.\.new Array\(count\)\]\.map\(\(\) => null\);/,
    by: '$guard.list(count, 0); values = new Array(count).fill(null);',
  },
  {
    what: 'parts that are read',
    part: 'class StreamReadableEnd',
    pattern: /const count = Math\.min\(pendingRemaining, bufferRemaining\);/,
    by: 'const count = Math.min(pendingRemaining, bufferRemaining, 65536);',
  },
  {
    what: 'parts that are written',
    part: 'class StreamWritableEnd',
    pattern:
      /(const numElements = Math\.min\(buffer\.remaining\(\), this\.#pendingBufferMeta\.buffer\.remaining\(\))\);/,
    by: '$1, 65536);',
  },
  {
    what: 'the end of a stream',
    part: 'class StreamReadableEnd',
    pattern: /resolve\(\{ value: undefined, done: true \}\);/,
    by: 'resolve({ value: undefined, done: this.#endOfStream });',
  },
  // Ends that the host was given, or made, stay in the guest's table of handles.
  {
    what: 'stream ends of the host',
    part: 'function _liftFlatStream(',
    pattern:
      /dropFn: \(\) => (?:streamEnd\.drop\(\{ allowPendingEvent: true \}\)|\{ return streamEnd\.drop\(\{ allowPendingEvent: true \}\); \})/,
    by: 'dropFn: () => { const dropped = streamEnd.drop({ allowPendingEvent: true }); $forget(streamEnd); return dropped; }',
  },
  {
    what: 'write ends of the host',
    part: '_genStreamHostInjectFn(',
    pattern: /(hostWriteEnd\.drop\(\);)/,
    by: '$1 $forget(hostWriteEnd);',
  },
  {
    what: 'futures that were read',
    part: 'class FutureReadableEnd',
    pattern: /(return \{ value: vs\[0\] \};)/,
    by: '$forget(this); $1',
  },
  {
    what: 'current tasks',
    part: 'function clearCurrentTask(',
    pattern: /(\n *function clearCurrentTask\()/,
    by: `
  function $forget(end) {
    const idx = end.waitableIdx();
    const stream = end.streamTableIdx !== undefined;
    const tableIdx = stream ? end.streamTableIdx() : end.futureTableIdx();
    const { table, componentIdx } = (stream ? STREAM_TABLES : FUTURE_TABLES)[tableIdx];
    const { handles } = getOrCreateAsyncState(componentIdx);
    if (end.hasPendingEvent() || handles.get(idx) !== end) { return; }
    handles.remove(idx);
    table.remove(end.handle());
  }
$1`,
  },
];

/** Whether code without patches has what `patchTasks` must have replaced. */
export function refuseUnpatchedTasks(code: string): void {
  for (const pattern of [
    /WebAssembly\.promising\(/,
    /globalThis\.setTimeout/,
    /new Uint8Array\(this\.#memory\.buffer, this\.#ptr, count\)/,
  ]) {
    if (pattern.test(code)) throw unexpected(String(pattern));
  }
}

function unexpected(what: string): SwitchboardError {
  return new SwitchboardError(
    'engine-failed',
    `the transpiler generated a runtime of tasks of an unknown form (${what})`,
  );
}
