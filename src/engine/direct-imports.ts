/**
 * jco makes a task, a subtask and five promises for each call of an import that may wait, 15 µs of them, though most
 * calls find what they want and none of the tasks has a use for functions that are not `async` in WIT. This rewrites
 * their trampolines: what is there is returned at once, and only an import that gives a promise suspends the guest.
 * What lifts the arguments and lowers the result is jco's, unchanged. A trampoline of another form stays as it is.
 */
export function makeImportsDirect(code: string): string {
  if (!code.includes(SUSPENDING_IMPORT)) return code;
  return code
    .replaceAll(TRAMPOLINE, (whole, name: string, head: string, body: string, names: string) => {
      const direct = directBody(body);
      return direct === undefined
        ? whole
        : `const ${name} = ${head}${direct}\n  }\n  ${names}\n  ${name}.direct = true;`;
    })
    .replaceAll(
      WRAPPED,
      'let trampoline$1 = _trampoline$1.direct ? new WebAssembly.Suspending(_directImport($3, _trampoline$1)) : $2$3, ',
    )
    .replace(SUSPENDING_IMPORT, `${DIRECT_IMPORT}\n${SUSPENDING_IMPORT}`);
}

const SUSPENDING_IMPORT = 'function _suspendingImport(';

// How far it is indented depends on what else the component needs.
const TRAMPOLINE =
  /const (_trampoline\d+) = async (function\([^)]*\) \{)([\s\S]*?)\n *task\.resolve\(\[ret\]\);\n *task\.exit\(\);\n *\}\n *(\1\.fnName = [^\n]*\n *\1\.manuallyAsync = true;)/g;
const WRAPPED =
  /let trampoline(\d+) = (_trampoline\1\.manuallyAsync \? new WebAssembly\.Suspending\(_suspendingImport\()(\d+), /g;

/** From where the arguments are lifted to where the result is declared: all about tasks. */
const TASK = /\n *const hostProvided = true;\n[\s\S]*?\n( *let ret;\n)/;
const CALL =
  /await {2}_withGlobalCurrentTaskMetaAsync\(\{\s*componentIdx: task\.componentIdx\(\),\s*taskID: task\.id\(\),\s*fn: \(\) => _trackHostOperation\(\(\) => ([\s\S]*?)\),\s*\}\)\s*;/;
/** An import without an error case: what it throws ends the guest. */
const FAILED =
  /false && _debugLog\('\[Instruction::CallInterface\] error during async call'[\s\S]*?(getOrCreateAsyncState\(\d+\)\.markTrapped\(err\);)\s*task\.setErrored\(err\);\s*task\.reject\(err\);\s*task\.exit\(\);/;

function directBody(body: string): string | undefined {
  const task = TASK.exec(body);
  const call = CALL.exec(body)?.[1];
  if (!task || call === undefined) return undefined;
  const lift = body.slice(0, task.index);
  const lower = `${task[1]}${body.slice(task.index + task[0].length)}`
    .replace(CALL, () => '$outcome();')
    .replace(FAILED, '$1');
  if (/\b(?:task|subtask|await|return)\b/.test(`${lift}${lower.replaceAll(/false && _debugLog\([^\n]*/g, '')}`)) {
    return undefined;
  }
  return `${lift}
    const $lower = ($outcome) => {
${lower}
    };
    let $value;
    try {
      $value = ${call};
    } catch ($thrown) {
      return $lower(() => { throw $thrown; });
    }
    if (!$guard.isPending($value)) return $lower(() => $value);
    return $guard.suspended($value).then(
      ($settled) => $lower(() => $settled),
      ($thrown) => $lower(() => { throw $thrown; }),
    );`;
}

/** As `_suspendingImport`, but that only a call that waits must be of a task that may. */
const DIRECT_IMPORT = `function _directImport(componentIdx, fn) {
  return function (...args) {
    _checkMayLeave(componentIdx);
    const saved = CURRENT_TASK_META[componentIdx] ?? null;
    const waits = fn.apply(null, args);
    const pending = waits ?? $guard.pause();
    if (pending === undefined) return undefined;
    const task = saved ? getCurrentTask(saved.componentIdx, saved.taskID)?.task : null;
    if (!task || !(task.mayBlock() ?? (CURRENT_TASK_MAY_BLOCK.value !== 0))) {
      pending.catch(() => {});
      if (waits === undefined) return undefined;
      throw new WebAssemblyRuntimeError('cannot block a synchronous task before returning');
    }
    return pending.finally(() => {
      CURRENT_TASK_META[componentIdx] = saved;
      CURRENT_TASK_META.current = saved;
    });
  };
}
`;
