import { SwitchboardError } from '#core';

/**
 * Where a component is composed of several, and an import of it may wait, jco lets every export wait, constructors of
 * resources too, and writes `await` where JavaScript has none. They become what jco writes where nothing may wait: a
 * constructor whose guest waits all the same traps. A form that is not known is refused.
 */
export function patchConstructors(source: string): string {
  const entries = new Set<string>();
  const code = source.replaceAll(CONSTRUCTOR, (whole) => {
    if (!whole.includes('await ')) return whole;
    const entry = /entryFnName: '(\w+)'/.exec(whole)?.[1];
    const sync = STEPS.reduce((text, [form, by]) => text.replace(form, by), whole);
    if (entry === undefined || /\bawait\b|\basync \(/.test(sync)) throw unexpected();
    entries.add(entry);
    return sync;
  });
  if (entries.size === 0) return code;
  return code.replaceAll(PROMISING, (whole, name: string, core: string) =>
    entries.has(name) ? `  ${name} = ${core};` : whole,
  );
}

const CONSTRUCTOR = /^ {4}constructor\([^)]*\) \{\n[\s\S]*?^ {4}\}$/gm;
const PROMISING = /^ {2}(\w+) = WebAssembly\.promising\((.+)\);$/gm;

const STEPS: readonly (readonly [RegExp, string])[] = [
  [/isManualAsync: true,/, 'isManualAsync: false,'],
  [/const started = await task\.enter\(\);\s*if \(!started\) \{[\s\S]*?\n {6}\}/, 'const started = task.enterSync();'],
  [/return await _withGlobalCurrentTaskMetaAsync\(/, 'return _withGlobalCurrentTaskMeta('],
  [/fn: async \(\) => \{/, 'fn: () => {'],
  [/ret = +await _withGlobalCurrentTaskMeta\(/, 'ret = _withGlobalCurrentTaskMeta('],
  [/return task\.completionPromise\(\);/, 'throw err;'],
];

function unexpected(): SwitchboardError {
  return new SwitchboardError('engine-failed', 'the transpiler generated a constructor of an unknown form');
}
