import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { before, test } from 'node:test';
import { runInThisContext } from 'node:vm';
import { patchGenerated } from './patch.ts';

type Generated = { readonly [mode: string]: string };

/** Every shape that a list or a string can have in a result and, as it is imported as well, in an argument. */
const SHAPES = [
  'string',
  ...['u8', 's8', 'u16', 's16', 'u32', 's32', 'u64', 's64', 'f32', 'f64', 'bool', 'char', 'string'].map(
    (t) => `list<${t}>`,
  ),
  ...['list<u8>', 'list<string>', 'list<list<u16>>', 'option<string>', 'tuple<u8, string>', 'result<string, u32>'].map(
    (t) => `list<${t}>`,
  ),
  ...['rec', 'var', 'en', 'fl'].map((t) => `list<${t}>`),
  'option<list<string>>',
  'result<list<u32>, list<string>>',
  'tuple<string, list<u8>, list<u64>>',
  'rec',
  'var',
];
const WIT = `package t:t;
interface shapes {
  record rec { a: string, b: list<u8>, c: list<list<string>> }
  variant var { a(list<u32>), b(string), c(list<rec>) }
  enum en { a, b }
  flags fl { a, b }
  ${SHAPES.map((shape, n) => `f${n}: func(a: ${shape}) -> ${shape};`).join('\n  ')}
}
world w { import shapes; export shapes; import wait: func() -> string; }`;

/** As the engine transpiles. */
const OPTIONS = {
  name: 'component',
  noTypescript: true,
  instantiation: { tag: 'sync' as const },
  map: [],
  noNodejsCompat: true,
  base64Cutoff: 0,
  tlaCompat: false,
  validLiftingOptimization: false,
  noComponentErrorWrapping: true,
  noNamespacedExports: false,
};

let generated: Generated;

before(async () => {
  const [{ generate, $init }, { componentEmbed, componentNew }] = await Promise.all([
    import('#jco'),
    import('@bytecodealliance/jco-transpile/wasm-tools'),
  ]);
  await $init;
  const one = (bytes: Uint8Array, suspends: boolean): string => {
    const { files } = generate(bytes, {
      ...OPTIONS,
      ...(suspends
        ? { asyncMode: { tag: 'jspi', val: { imports: ['wait'], exports: SHAPES.map((_, n) => `t:t/shapes#f${n}`) } } }
        : {}),
    });
    return Buffer.from(files.find(([name]) => name.endsWith('.js'))?.[1] ?? []).toString();
  };
  const bytes = async (encoding: 'utf8' | 'utf16'): Promise<Uint8Array> =>
    componentNew(await componentEmbed({ witSource: WIT, dummy: true, stringEncoding: encoding }));
  const [utf8, utf16] = [await bytes('utf8'), await bytes('utf16')];
  generated = {
    plain: one(utf8, false),
    suspending: one(utf8, true),
    'plain, UTF-16': one(utf16, false),
    'suspending, UTF-16': one(utf16, true),
  };
});

/** Places where generated code reads more of a guest's memory than a number, outside of our guard. */
const UNMETERED = [
  /new TextDecoder/,
  /\.buffer\.slice\(/,
  /String\.fromCharCode\(\.\.\./,
  /new (?:Uint8|Int8|Uint16|Int16|Uint32|Int32|BigUint64|BigInt64|Float32|Float64)Array\([^()]*\.buffer\.slice/,
];

test('[limit.transfer] every list and string of every shape is metered, with and without suspension', () => {
  for (const [mode, source] of Object.entries(generated)) {
    const code = patchGenerated(source);
    for (const pattern of UNMETERED.slice(0, 2)) {
      const left = code.replaceAll('$guard.slice(', '').match(pattern);
      equal(left, null, `${mode}: ${left?.[0]}`);
    }
    const loops = code.match(/var result\d+ = \[\];/g) ?? [];
    const metered = code.match(/\$guard\.list\(len\d+, \d+\); var result\d+ = \[\];/g) ?? [];
    equal(metered.length, loops.length, mode);
    ok(metered.length >= 15, `${mode}: ${metered.length} lists`);
    ok(code.includes('$guard.utf8') || code.includes('$guard.utf16'), mode);
    // Whatever else grows an array in a loop must charge before it does.
    const arrays = [...code.matchAll(/const val = \[\];\s*for \(var i = 0; i < len;/g)].map((found) =>
      code.slice(found.index - 200, found.index),
    );
    for (const around of arrays) match(around, /\$guard\.list\(/, mode);
  }
});

test('[limit.transfer] patched code is one expression that takes the guard', () => {
  for (const [mode, source] of Object.entries(generated)) {
    const code = patchGenerated(source);
    equal(typeof runInThisContext(code), 'function', mode);
    match(code, /^\(function instantiate\(getCoreModule, imports, instantiateCore, \$guard\) \{/);
    equal(/^\s*(export|import)\b/m.test(code), false, mode);
    equal(code.includes('JCO_DEBUG'), false, mode);
  }
});

test('[limit.transfer] code of an unknown form is refused, not run unmetered', () => {
  const source = generated['suspending'] ?? '';
  const changes: readonly (readonly [string, (code: string) => string])[] = [
    ['another head', (code) => code.replace('instantiateCore = (module', 'instantiateCore = async (module')],
    ['another tail', (code) => code.replace('export const _util', 'export const util')],
    ['a second export', (code) => code.replace('export const _util', 'export const more = 1;\nexport const _util')],
    ['another decoder', (code) => code.replace('new TextDecoder()', "new TextDecoder('utf-8')")],
    [
      'another list loop',
      (code) => code.replace(/for \(let i = 0; i < len(\d+); i\+\+\) \{/, 'for (let j = 0; j < len$1; j++) {'),
    ],
    ['another lifting of import arguments', (code) => code.replaceAll('const val = [];', 'let val = [];')],
    ['another suspension', (code) => code.replaceAll('await fn.apply(null, args)', 'await fn(...args)')],
    [
      'another debug switch',
      (code) =>
        code.replace('if (!globalThis?.process?.env?.JCO_DEBUG) { return; }', 'if (!process.env.JCO_DEBUG) return;'),
    ],
  ];
  for (const [what, change] of changes) {
    const changed = change(source);
    ok(changed !== source, `nothing to change: ${what}`);
    throws(() => patchGenerated(changed), { code: 'engine-failed' }, what);
  }
  for (const nothing of ['', 'export function instantiate() {}', 'console.log(1)']) {
    throws(() => patchGenerated(nothing), { code: 'engine-failed' });
  }
});

test('[limit.transfer] patching changes nothing twice', () => {
  const source = generated['plain'] ?? '';
  throws(() => patchGenerated(patchGenerated(source)), { code: 'engine-failed' });
  deepEqual(patchGenerated(source), patchGenerated(source));
});

const RESOURCE = `package t:t;
interface things {
  resource thing {
    constructor();
    first: static func(a: string) -> string;
    second: static func() -> thing;
    own-one: func() -> string;
  }
}
world w { export things; import wait: func() -> string; }`;

test('[engine.suspend] static functions of exported resources wait as other exports do', async () => {
  const { generate } = await import('#jco');
  const { componentEmbed, componentNew } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const bytes = await componentNew(await componentEmbed({ witSource: RESOURCE, dummy: true }));
  const members = ['[static]thing.first', '[static]thing.second', '[method]thing.own-one'];
  const { files } = generate(bytes, {
    ...OPTIONS,
    asyncMode: { tag: 'jspi', val: { imports: ['wait'], exports: members.map((one) => `t:t/things#${one}`) } },
  });
  const source = Buffer.from(files.find(([name]) => name.endsWith('.js'))?.[1] ?? []).toString();
  for (const name of ['first', 'second']) {
    match(source, new RegExp(`Thing\\.${name} = function ${name}\\(`), 'jco says that it waits: the patch can go');
  }
  const code = patchGenerated(source);
  for (const name of ['first', 'second']) match(code, new RegExp(`Thing\\.${name} = async function ${name}\\(`));
  // `await` in a function that is not async does not parse.
  equal(typeof runInThisContext(code), 'function');
  // Where nothing waits, calls stay direct.
  const direct = Buffer.from(
    generate(bytes, OPTIONS).files.find(([name]) => name.endsWith('.js'))?.[1] ?? [],
  ).toString();
  match(patchGenerated(direct), /Thing\.first = function first\(/);
});
