import { SwitchboardError } from '#core';
import { makeImportsDirect } from './direct-imports.ts';
import { patchConstructors } from './patch-constructors.ts';
import { patchTasks, refuseUnpatchedTasks } from './patch-tasks.ts';
import { boxPrivateFields } from './private-fields.ts';

/**
 * Changes jco's generated code where it lacks what we promise: metered lifting, strict strings, list copies in one
 * step, handles that trap unless they were given, no debug output. Every change must find its place, or transpiling fails: a jco that generates other code
 * must never run unmetered. Names from the component were checked before (`hostile-name`), so that none of these
 * patterns can be met inside a string that the component chose.
 */
export function patchGenerated(source: string, borrowing: readonly string[] = [], concurrent = false): string {
  let code = source;
  code = replaceOnce(code, HEAD, '(function instantiate(getCoreModule, imports, instantiateCore, $guard) {');
  code = replaceOnce(code, concurrent ? TASKS_TAIL : TAIL, '})');
  code = patchConstructors(code);
  if (concurrent) code = patchTasks(code);
  code = code.replaceAll('const TEXT_DECODER_UTF8 = new TextDecoder();', 'const TEXT_DECODER_UTF8 = $guard.utf8;');
  code = code.replaceAll("const utf16Decoder = new TextDecoder('utf-16');", 'const utf16Decoder = $guard.utf16;');
  code = code.replaceAll('if (!globalThis?.process?.env?.JCO_DEBUG) { return; }', 'return;');
  // Its arguments are objects made for nothing, several a call.
  code = code.replaceAll(/^( *)_debugLog\(/gm, '$1false && _debugLog(');
  code = code.replaceAll(/\b(memory\d+)\.buffer\.slice\(/g, '$guard.slice($1.buffer, ');
  code = code.replaceAll(LENT_BYTES, (copied, view: string, _, then: string, id: string, fn: string) =>
    borrowing.includes(`${id}#${fn}`) ? `$guard.lend(${view});${then}` : copied,
  );
  code = code.replaceAll(
    LIST_LOOP,
    '$guard.list($3, $6); var $1 = [];$2for (let i = 0; i < $3; i++) {$4const base = $5 + i * $6;',
  );
  if (code.includes('function _liftFlatList(')) code = replaceOnce(code, FLAT_LIST, FLAT_LIST_METERED);
  if (code.includes('function _suspendingImport(')) code = replaceOnce(code, SUSPENDING, SUSPENDING_GUARDED);
  code = code.replaceAll(FAILED_IMPORT, '$1throw err;');
  code = code.replaceAll(MADE_UP_HANDLE, "$1$2$3throw new WebAssembly.RuntimeError('unknown handle'); $4");
  // By its use: a function of the component may have the name.
  if (/\brscTableRemove\(handleTable\d/.test(code)) code = replaceOnce(code, REMOVED_HANDLE, 'if (!val || $1');
  code = code.replaceAll(STATIC_THAT_WAITS, '$1async $2');
  code = makeImportsDirect(code);
  refuseUnmetered(code);
  if (concurrent) refuseUnpatchedTasks(code);
  for (const name of ['AsyncTask', 'ComponentAsyncState']) code = boxPrivateFields(code, name);
  return code;
}

const HEAD =
  /^"use components";\s*export function instantiate\(getCoreModule, imports, instantiateCore = \(module, importObject\) => new WebAssembly\.Instance\(module, importObject\)\) \{/;
const TAIL = /\};?\s*export const _util = \{\s*\}\s*$/;

// There it holds a class for hosts that make futures.
const TASKS_TAIL = /\};?\s*export const _util = \{[\s\S]*\}\s*$/;

// The one list of bytes of an import's arguments, just before the import is called.
const LENT_BYTES =
  /new Uint8Array\(\$guard\.slice\((memory\d+\.buffer, (ptr\d+), \2 \+ len\d+) \* 1\)\);(\s*false && _debugLog\('\[iface="([^"@]*)(?:@[^"]*)?", function="([^"]*)"\] \[Instruction::CallInterface\])/g;

// `var result1 = []; for (let i = 0; i < len1; i++) { const base = base1 + i * 24;` lifts a list of an export's result.
const LIST_LOOP =
  /var (result\d+) = \[\];(\s*)for \(let i = 0; i < (len\d+); i\+\+\) \{(\s*)const base = (base\d+) \+ i \* (\d+);/g;

// The one place that lifts lists of imports' arguments. jco reads numbers one by one into an array; a copy is
// 50 times faster and its cost is known before it is made. Lengths arrive as signed numbers.
const FLAT_LIST = /(ctx\.storagePtr = dataPtr;)(\s*const val = \[\];\s*for \(var i = 0; i < len; i\+\+\))/;
const FLAT_LIST_METERED = `len >>>= 0; dataPtr >>>= 0;
      if (typedArray !== undefined) {
        const copied = new typedArray($guard.slice(ctx.memory.buffer, dataPtr, dataPtr + len * elemSize32));
        if (originalPtr !== null) { ctx.storagePtr = originalPtr; }
        if (originalLen !== null) { ctx.storageLen = originalLen; }
        return [copied, ctx];
      }
      $guard.list(len, elemSize32);
      $1$2`;

// Every import that may wait goes through this one function.
const SUSPENDING = /return await fn\.apply\(null, args\);(\s*\} finally \{\s*CURRENT_TASK_META)/;
const SUSPENDING_GUARDED = 'return await $guard.suspended(fn.apply(null, args));$1';

// An import that fails while its guest waits: jco hands back a promise that nobody settles, and the call would hang.
const FAILED_IMPORT =
  /(\[Instruction::CallInterface\] error during async call'(?:(?!completionPromise)[\s\S])*)return task\.completionPromise\(\);/g;

// A handle that the table does not know: jco makes an object of its class out of nothing, which methods then trip over
// or not. The canonical ABI traps.
const MADE_UP_HANDLE =
  /((?:var|let) (\w+) = captureTable\d+\.get\(\w+\);\s*if \(!)\2(\) \{\s*)(\2 = Object\.create\()/g;
// Static functions of resources wait like any other export, but jco forgets to say so.
const STATIC_THAT_WAITS =
  /^( *[A-Z]\w*\.\w+ = )(function \w*\([^)]*\) \{(?:(?!^ {2}\S)[\s\S])*?const started = await task\.enter\(\);)/gm;
const REMOVED_HANDLE = /if \(val === 0 \|\| (\(scope & T_FLAG\) !== 0\))/;

function replaceOnce(code: string, pattern: RegExp, by: string): string {
  if (!pattern.test(code)) throw unexpected(String(pattern));
  return code.replace(pattern, by);
}

function refuseUnmetered(code: string): void {
  for (const pattern of [
    /new TextDecoder/,
    /JCO_DEBUG/,
    /^export /m,
    /CallInterface\] error during async call'(?:(?!throw err;|Instruction::)[\s\S])*completionPromise/,
  ]) {
    if (pattern.test(code)) throw unexpected(String(pattern));
  }
  const looked = code.match(/captureTable\d+\.get\(/g)?.length ?? 0;
  const known =
    code.match(/unknown handle'\); \w+ = Object\.create\(|const rsc = captureTable\d+\.get\(/g)?.length ?? 0;
  if (looked !== known) throw unexpected(`${looked - known} handles that may be made up`);
  const lists = code.match(/var result\d+ = \[\];/g)?.length ?? 0;
  const metered = code.match(/\$guard\.list\(len\d+, \d+\); var result/g)?.length ?? 0;
  if (lists !== metered) throw unexpected(`${lists - metered} lists that are not metered`);
}

function unexpected(what: string): SwitchboardError {
  return new SwitchboardError('engine-failed', `the transpiler generated code of an unknown form (${what})`);
}
