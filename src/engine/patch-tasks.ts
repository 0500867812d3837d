import { SwitchboardError } from '#core';

/**
 * Changes jco's runtime for WASI 0.3, beside what `patchGenerated` changes of all code: every entry into the guest and
 * every timer goes through `$guard.tasks`, what crosses a stream or a future is metered before it is lifted, and what
 * jco never frees is freed. A runtime of another form is refused.
 */
export function patchTasks(source: string): string {
  let code = source;
  for (const { what, pattern, by, times } of CHANGES) {
    const found = code.match(new RegExp(pattern, `${pattern.flags.replace('g', '')}g`))?.length ?? 0;
    if (times === 'any' ? false : times === 'some' ? found === 0 : found !== times) throw unexpected(what, found);
    code = code.replaceAll(new RegExp(pattern, `${pattern.flags.replace('g', '')}g`), by);
  }
  return code;
}

interface Change {
  readonly what: string;
  readonly pattern: RegExp;
  readonly by: string;
  readonly times: number | 'some' | 'any';
}

const CHANGES: readonly Change[] = [
  {
    what: 'timers',
    pattern: /^(\(function instantiate\([^)]*\) \{)/,
    by: '$1\n  const { setTimeout, setInterval, clearInterval, queueMicrotask } = $guard.tasks;\n  const clearTimeout = clearInterval;',
    times: 1,
  },
  { what: 'entries', pattern: /\bWebAssembly\.promising\(/, by: '$guard.tasks.promising(', times: 'any' },
  {
    what: 'tasks',
    pattern: /(const newTaskID = newTask\.id\(\);)/,
    by: '$1\n    if (isAsync && callingWasmExport !== false) { $guard.tasks.began(newTask.exitPromise()); }',
    times: 1,
  },
  {
    what: 'failures after a result',
    pattern: /(const handleError = \(err\) => \{)/,
    by: '$1\n      $guard.tasks.failed(err);',
    times: 1,
  },
  { what: 'tables', pattern: /(insert\(val\) \{)/, by: '$1 $guard.tasks.hold(this.#size);', times: 1 },
  {
    what: 'global tables',
    pattern: /const (STREAMS|FUTURES) ?= new RepTable\([^)]*\)/,
    by: 'const $1 = $guard.tasks.recent()',
    times: 'some',
  },
  { what: 'buffers', pattern: /instanceBuffers\.set\(nextBufID, buffer\);/, by: '', times: 'any' },
  {
    what: 'tasks that ended out of order',
    pattern: /(if \(last\.id !== taskID\) \{)/,
    by: '$1 const at = tasks.findIndex((meta) => meta.id === taskID); if (at >= 0) { tasks.splice(at, 1); }',
    times: 1,
  },
  // What crosses is lifted in parts, each charged before it exists.
  {
    what: 'bytes of a stream',
    pattern: /Array\.from\(new Uint8Array\(this\.#memory\.buffer, this\.#ptr, count\)\)/,
    by: 'Array.from(new Uint8Array($guard.slice(this.#memory.buffer, this.#ptr >>> 0, (this.#ptr >>> 0) + count)))',
    times: 'any',
  },
  {
    what: 'items of a stream',
    pattern: /(let currentCount = count;)/,
    by: '$guard.list(count, this.#elemMeta.size32 ?? 8);\n        $1',
    times: 'any',
  },
  {
    what: 'items without a value',
    pattern: /values = \[\.\.\.new Array\(count\)\]\.map\(\(\) => null\);/,
    by: '$guard.list(count, 0); values = new Array(count).fill(null);',
    times: 'any',
  },
  {
    what: 'parts that are read',
    pattern: /const count = Math\.min\(pendingRemaining, bufferRemaining\);/,
    by: 'const count = Math.min(pendingRemaining, bufferRemaining, 65536);',
    times: 'any',
  },
  {
    what: 'parts that are written',
    pattern:
      /(const numElements = Math\.min\(buffer\.remaining\(\), this\.#pendingBufferMeta\.buffer\.remaining\(\))\);/,
    by: '$1, 65536);',
    times: 'any',
  },
  {
    what: 'the end of a stream',
    pattern: /resolve\(\{ value: undefined, done: true \}\);/,
    by: 'resolve({ value: undefined, done: this.#endOfStream });',
    times: 'any',
  },
  // Ends that the host was given, or made, stay in the guest's table of handles.
  {
    what: 'stream ends of the host',
    pattern:
      /dropFn: \(\) => (?:streamEnd\.drop\(\{ allowPendingEvent: true \}\)|\{ return streamEnd\.drop\(\{ allowPendingEvent: true \}\); \})/,
    by: 'dropFn: () => { const dropped = streamEnd.drop({ allowPendingEvent: true }); $forget(streamEnd); return dropped; }',
    times: 'any',
  },
  {
    what: 'write ends of the host',
    pattern: /(hostWriteEnd\.drop\(\);)/,
    by: '$1 $forget(hostWriteEnd);',
    times: 'any',
  },
  {
    what: 'futures that were read',
    pattern: /(return \{ value: vs\[0\] \};)/,
    by: '$forget(this); $1',
    times: 'any',
  },
  {
    what: 'current tasks',
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
    times: 1,
  },
];

/** Whether code without patches has what `patchTasks` must have replaced. */
export function refuseUnpatchedTasks(code: string): void {
  for (const pattern of [
    /WebAssembly\.promising\(/,
    /globalThis\.setTimeout/,
    /new Uint8Array\(this\.#memory\.buffer, this\.#ptr, count\)/,
  ]) {
    if (pattern.test(code)) throw unexpected(String(pattern), 1);
  }
}

function unexpected(what: string, found: number): SwitchboardError {
  return new SwitchboardError(
    'engine-failed',
    `the transpiler generated a runtime of tasks of an unknown form (${what}: ${found})`,
  );
}
