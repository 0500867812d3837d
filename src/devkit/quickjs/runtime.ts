/**
 * The QuickJS runtime with a build that can be repeated. componentize-qjs starts the runtime, runs the script's top level
 * and keeps the memory as it then is. In that memory are what the clock and the random numbers of the machine gave
 * meanwhile: the seeds of hash tables, which also order what is allocated, and the seed of `Math.random`. So two builds
 * of one source differ nearly everywhere. Here the runtime's imports of seed and clocks answer with constants until its
 * initialiser has returned, and as ever from then on.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SwitchboardError } from '#core/errors';
import { callSites, Cursor } from './wasm-code.ts';

/** What is answered while the memory is being made. */
type Answer = 'two u64 at a pointer' | 'a u64';
const STILLED: readonly { readonly module: RegExp; readonly field: string; readonly answer: Answer }[] = [
  { module: /^wasi:random\/insecure-seed@/, field: 'insecure-seed', answer: 'two u64 at a pointer' },
  { module: /^wasi:clocks\/wall-clock@/, field: 'now', answer: 'two u64 at a pointer' },
  { module: /^wasi:clocks\/monotonic-clock@/, field: 'now', answer: 'a u64' },
];
const INITIALISER = 'init';

const MAGIC = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const [CUSTOM, TYPE, IMPORT, FUNCTION, GLOBAL, EXPORT, CODE] = [0, 1, 2, 3, 6, 7, 10] as const;

interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

let made: Uint8Array | undefined;

/** The runtime for `runtimeBytes` of componentize-qjs. `require` finds that package. Errors: `internal` (another version than this was written for). */
export function stillRuntime(require: NodeJS.Require): Uint8Array {
  made ??= still(findRuntime(readFileSync(bindingFile(require))));
  return made;
}

/** The file of the native part for this machine, the package that componentize-qjs itself would load. */
export function bindingFile(require: NodeJS.Require): string {
  const inner = createRequire(require.resolve('componentize-qjs'));
  const { platform, arch } = process;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const libc = platform !== 'linux' ? '' : report.header?.glibcVersionRuntime === undefined ? '-musl' : '-gnu';
  try {
    return inner.resolve(`@andreiltd/componentize-qjs-binding-${platform}-${arch}${libc}`);
  } catch (cause) {
    throw new SwitchboardError('toolchain-missing', `componentize-qjs has no binary for ${platform} ${arch}`, {
      cause,
    });
  }
}

/** Of the runtimes inside the native part: the one without async functions that is built for speed, so the largest. */
export function findRuntime(binary: Uint8Array): Uint8Array {
  let best: Uint8Array | undefined;
  for (const module of modulesIn(binary)) {
    if (isRuntime(module) && (best === undefined || module.length > best.length)) best = module;
  }
  if (best === undefined) throw new SwitchboardError('internal', 'the QuickJS runtime is not where it is expected');
  return best;
}

/** Core modules that lie whole in other bytes, as wasm-ld makes them. */
export function* modulesIn(binary: Uint8Array): Iterable<Uint8Array> {
  const bytes = Buffer.from(binary.buffer, binary.byteOffset, binary.length);
  for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    const module = moduleAt(bytes, at);
    if (module !== undefined) yield module;
  }
}

/** The module that begins here, up to its last section: a linker puts `target_features` there. */
function moduleAt(bytes: Buffer, start: number): Uint8Array | undefined {
  const r = new Cursor(bytes, start + MAGIC.length);
  try {
    for (;;) {
      const id = r.byte();
      const end = r.leb() + r.pos;
      if (id > 13 || end > bytes.length) return undefined;
      const isLast = id === CUSTOM && r.name() === 'target_features';
      r.pos = end;
      if (isLast) return bytes.subarray(start, end);
    }
  } catch {
    return undefined;
  }
}

function isRuntime(module: Uint8Array): boolean {
  const sections = sectionsOf(module);
  const [first] = sections;
  if (first?.id !== CUSTOM || new Cursor(first.body).name() !== 'dylink.0') return false;
  const imports = importsOf(sections);
  // Those of async functions are of the module `$root`.
  return STILLED.every((one) => imports.some((i) => isStilled(i, one))) && !imports.some((i) => i.module === '$root');
}

function sectionsOf(module: Uint8Array): Section[] {
  const r = new Cursor(module, MAGIC.length);
  const sections: Section[] = [];
  while (r.pos < module.length) {
    const id = r.byte();
    const length = r.leb();
    const from = r.pos;
    r.skip(length);
    sections.push({ id, body: module.subarray(from, r.pos) });
  }
  return sections;
}

interface FunctionImport {
  readonly module: string;
  readonly field: string;
}

const isStilled = (i: FunctionImport, one: (typeof STILLED)[number]): boolean =>
  i.field === one.field && one.module.test(i.module);

/** The functions that are imported, by their index; `globals` counts the globals before the module's own. */
function importsOf(sections: readonly Section[]): FunctionImport[] & { globals?: number } {
  const found: FunctionImport[] & { globals?: number } = [];
  const body = sections.find(({ id }) => id === IMPORT)?.body;
  found.globals = 0;
  if (body === undefined) return found;
  const r = new Cursor(body);
  for (let count = r.leb(); count > 0; count -= 1) {
    const module = r.name();
    const field = r.name();
    const kind = r.byte();
    if (kind === 0) {
      r.leb();
      found.push({ module, field });
    } else if (kind === 1 || kind === 2) {
      if (kind === 1) r.byte();
      const flags = r.leb();
      r.leb();
      if (flags & 1) r.leb();
    } else {
      r.skip(2);
      if (kind === 3) found.globals += 1;
    }
  }
  return found;
}

/** Redirects the calls of the stilled imports, and lets the initialiser end the stillness. */
export function still(runtime: Uint8Array): Uint8Array {
  const sections = sectionsOf(runtime);
  const bodyOf = (id: number): Uint8Array => {
    const found = sections.find((section) => section.id === id);
    if (found === undefined) throw new SwitchboardError('internal', `the QuickJS runtime has no section ${id}`);
    return found.body;
  };
  const imports = importsOf(sections);
  const own = new Cursor(bodyOf(FUNCTION)).leb();
  const total = imports.length + own;
  const flag = (imports.globals ?? 0) + new Cursor(bodyOf(GLOBAL)).leb();
  const redirected = new Map<number, { readonly to: number; readonly answer: Answer }>();
  for (const one of STILLED) {
    const index = imports.findIndex((i) => isStilled(i, one));
    redirected.set(index, { to: total + redirected.size, answer: one.answer });
  }
  const init = exportedFunction(bodyOf(EXPORT), INITIALISER);
  const initType = typeIndexOf(bodyOf(FUNCTION), init.index - imports.length);
  const parameters = parameterCount(bodyOf(TYPE), initType);
  const types = new Cursor(bodyOf(TYPE)).leb();
  const stubs = [...redirected].map(([original, { answer }]) => stub(original, flag, answer));
  const wrapper = functionBody([
    ...Array.from({ length: parameters }, (_, i) => [0x20, ...leb(i)]).flat(),
    0x10,
    ...leb(init.index),
    0x41,
    0x01,
    0x24,
    ...leb(flag),
  ]);
  const typeOf = { 'two u64 at a pointer': types, 'a u64': types + 1 };
  const replaced = new Map<number, Uint8Array>([
    [
      TYPE,
      appended(bodyOf(TYPE), [
        [0x60, 0x01, 0x7f, 0x00],
        [0x60, 0x00, 0x01, 0x7e],
      ]),
    ],
    [
      FUNCTION,
      appended(bodyOf(FUNCTION), [...[...redirected.values()].map(({ answer }) => leb(typeOf[answer])), leb(initType)]),
    ],
    // A variable i32, 0 at first.
    [GLOBAL, appended(bodyOf(GLOBAL), [[0x7f, 0x01, 0x41, 0x00, 0x0b]])],
    [EXPORT, patched(bodyOf(EXPORT), init.at, init.end, leb(total + redirected.size))],
    [CODE, appended(redirectCalls(bodyOf(CODE), redirected), [...stubs, wrapper])],
  ]);
  return Buffer.concat([
    MAGIC,
    ...sections.flatMap(({ id, body }) => {
      const content = replaced.get(id) ?? body;
      return [Buffer.from([id, ...leb(content.length)]), content];
    }),
  ]);
}

/** Until the flag is set a constant, then the import itself. */
function stub(original: number, flag: number, answer: Answer): Uint8Array {
  const call = [0x10, ...leb(original)];
  if (answer === 'a u64') return functionBody([0x23, ...leb(flag), 0x04, 0x7e, ...call, 0x05, 0x42, 0x01, 0x0b]);
  const store = (offset: number): number[] => [0x20, 0x00, 0x42, 0x01, 0x37, 0x03, offset];
  return functionBody([0x23, ...leb(flag), 0x04, 0x40, 0x20, 0x00, ...call, 0x05, ...store(0), ...store(8), 0x0b]);
}

function functionBody(code: readonly number[]): Uint8Array {
  return Uint8Array.from([...leb(code.length + 2), 0x00, ...code, 0x0b]);
}

function redirectCalls(code: Uint8Array, redirected: ReadonlyMap<number, { readonly to: number }>): Uint8Array {
  const r = new Cursor(code);
  const count = r.leb();
  const parts: Uint8Array[] = [Uint8Array.from(leb(count))];
  for (let i = 0; i < count; i += 1) {
    const length = r.leb();
    const start = r.pos;
    r.skip(length);
    const pieces: Uint8Array[] = [];
    let from = start;
    for (const { at, end, callee } of callSites(code, start, r.pos)) {
      const target = redirected.get(callee);
      if (target === undefined) continue;
      pieces.push(code.subarray(from, at), Uint8Array.from([0x10, ...leb(target.to)]));
      from = end;
    }
    const body = Buffer.concat([...pieces, code.subarray(from, r.pos)]);
    parts.push(Uint8Array.from(leb(body.length)), body);
  }
  return Buffer.concat(parts);
}

function exportedFunction(exports: Uint8Array, name: string): { index: number; at: number; end: number } {
  const r = new Cursor(exports);
  for (let count = r.leb(); count > 0; count -= 1) {
    const found = r.name();
    const kind = r.byte();
    const at = r.pos;
    const index = r.leb();
    if (kind === 0 && found === name) return { index, at, end: r.pos };
  }
  throw new SwitchboardError('internal', `the QuickJS runtime exports no function ${name}`);
}

function typeIndexOf(functions: Uint8Array, index: number): number {
  const r = new Cursor(functions);
  r.leb();
  for (let i = 0; i < index; i += 1) r.leb();
  return r.leb();
}

function parameterCount(types: Uint8Array, index: number): number {
  const r = new Cursor(types);
  r.leb();
  for (let i = 0; ; i += 1) {
    if (r.byte() !== 0x60) throw new SwitchboardError('internal', 'the QuickJS runtime has types that are not known');
    const parameters = r.leb();
    if (i === index) return parameters;
    r.skip(parameters);
    r.skip(r.leb());
  }
}

/** A vector of which there are more items now. */
function appended(vector: Uint8Array, items: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  const r = new Cursor(vector);
  const count = r.leb();
  return Buffer.concat([
    Uint8Array.from(leb(count + items.length)),
    vector.subarray(r.pos),
    ...items.map((item) => Uint8Array.from(item)),
  ]);
}

function patched(bytes: Uint8Array, at: number, end: number, by: readonly number[]): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), Uint8Array.from(by), bytes.subarray(end)]);
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return bytes;
}
