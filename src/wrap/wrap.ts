/** From the name of a package to a component that was tried. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { parseReference, printable } from '#core/reference';
import { deriveLibrary } from './derive/index.ts';
import { baseName } from './derive/package-name.ts';
import type { Compiler } from './derive/program.ts';
import { strandedBy, type Useless } from './derive/useful.ts';
import { callNames, exampleTexts, readmeCode, shownExample } from './examples.ts';
import { fetchPackage, fetchTypes } from './fetch.ts';
import type { Derived, Refusal, WrappedFunction } from './model.ts';
import { kebab } from './names.ts';
import { type BundledPackage, bundledPackages, nativeParts } from './packages.ts';
import { type Plan, type PlannedFunction, planOf } from './plan.ts';
import type { BuiltLibrary, WrapPorts } from './ports.ts';
import { type Proof, proveFunctions } from './prove.ts';
import { literalCall } from './samples.ts';
import { ownSource, packageSource, type Source } from './source.ts';
import { allFunctions } from './write/glue.ts';
import { writeProject } from './write/project.ts';
import { surfaceOf } from './write/wit.ts';

export interface WrapOptions {
  /** Where the project is written. */
  readonly dir: string;
  /** A package of npm with version and subpath, or `from`. */
  readonly package?: string | undefined;
  /** A file or folder of TypeScript. */
  readonly from?: string | undefined;
  /** `ns:name` or `ns:name@1.2.3`. */
  readonly as?: string | undefined;
  /** Titles of what is kept. */
  readonly only?: readonly string[] | undefined;
  readonly offline?: boolean | undefined;
  /** Asked with the titles of all that can cross; answers with those that are kept. */
  readonly choose?: ((titles: readonly string[]) => Promise<readonly string[]>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Wrapped {
  readonly dir: string;
  readonly reference: string;
  readonly library: string;
  readonly bytes: Uint8Array;
  readonly out: string;
  readonly functions: readonly string[];
  readonly exported: number;
  readonly crossing: number;
  readonly refusals: readonly Refusal[];
  readonly proofs: readonly Proof[];
  readonly packages: readonly BundledPackage[];
  /** What a type is called in WIT. */
  readonly nameOf: Plan['nameOf'];
  readonly ms: { readonly read: number; readonly build: number; readonly prove: number };
}

/** Errors: `invalid-usage`, `package-unavailable`, `not-wrappable`, `build-failed`, `toolchain-missing`, `cancelled`. */
export async function wrapLibrary(options: WrapOptions, ports: WrapPorts): Promise<Wrapped> {
  const dir = resolve(options.dir);
  const clock = stopwatch();
  refuseForeign(dir);
  const ts = await ports.compiler();
  const source =
    options.from === undefined
      ? await packageSource(dir, options.package ?? '', options, ports)
      : await ownSource(dir, options.from);
  let derived = deriveFrom(ts, dir, source, options.only);
  if (derived.untyped && source.typesOf !== undefined && (await fetchTypes(dir, source.typesOf, ports, options))) {
    derived = deriveFrom(ts, dir, source, options.only);
  }
  let packages = await bundledPackages(dir, source.packagesIn);
  const native = await nativeParts(dir, packages);
  if (derived.derived.crossing === 0) throw nothingCrosses(source, derived.derived, native);
  let ms = clock();
  const kept = await chosen(derived.derived, options);
  // How long a person thinks is no part of it.
  clock();
  const read = kept === undefined ? derived.derived : deriveFrom(ts, dir, source, kept).derived;
  ms += clock();
  const component = componentName(source, options.as);
  const readme = await readmeCode(source.folder);
  const texts = new Map<unknown, string[]>();
  const textsOf = (planned: PlannedFunction): string[] => {
    const known = texts.get(planned.fn) ?? exampleTexts(planned, readme);
    texts.set(planned.fn, known);
    return known;
  };
  const literalsOf = (planned: PlannedFunction): readonly unknown[] | undefined => {
    const names = callNames(planned);
    for (const text of [...planned.fn.examples, ...readme]) {
      const found = literalCall(ts, text, names);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  let buffer = packages.some(({ name }) => name === BUFFER.name);
  let built: BuiltLibrary | undefined;
  const start = async (provideBuffer?: () => Promise<void>): Promise<BuiltLibrary> => {
    try {
      return await started(ports, dir, source, provideBuffer);
    } catch (thrown) {
      const error = toSwitchboardError(thrown);
      throw error.code === 'build-failed' ? doesNotStart(source, error, native) : error;
    }
  };
  const write = (plan: Plan, refusals: readonly Refusal[], proofs: readonly Proof[]): Promise<void> =>
    writeProject(dir, {
      component,
      title: `${source.library}${source.version === '' ? '' : ` ${source.version}`}`,
      about: source.about,
      plan,
      refusals,
      packages,
      proofs,
      buffer,
      include: source.include.map((folder) => relative(dir, folder) || '.'),
      exampleOf: (planned) => shownExample(textsOf(planned)),
      record: recordOf(
        { ...options, only: kept ?? options.only },
        source,
        component,
        read,
        plan,
        refusals,
        packages,
        built?.imports ?? [],
      ),
    });
  let refusals: Refusal[] = [...native, ...read.refusals];
  let plan = planOf(read);
  await write(plan, refusals, []);
  const reference = `${component.name}@${component.version}`;
  const provide = async (): Promise<void> => {
    await fetchPackage(dir, BUFFER, ports, options);
    packages = await bundledPackages(dir, source.packagesIn);
    buffer = true;
    await write(plan, refusals, []);
  };
  built = await start(buffer ? undefined : provide);
  refusals = [...refusals, ...absences(built.absent, source)];
  const buildMs = clock();
  let proofs = await prove(plan, built.bytes, reference, ports, { literalsOf, signal: options.signal });
  if (!buffer && options.from === undefined && proofs.some(({ error }) => NO_BUFFER.test(error ?? ''))) {
    await provide();
    built = await start();
    proofs = await prove(plan, built.bytes, reference, ports, { literalsOf, signal: options.signal });
  }
  const lostTitles = new Set<string>();
  const broken = proofs.filter(({ outcome }) => outcome === 'broken');
  if (broken.length > 0) {
    const without = new Set(broken.map(({ planned }) => planned.fn));
    const functionsOf = (some: readonly Proof[]): Set<WrappedFunction> =>
      new Set(some.map(({ planned }) => planned.fn));
    const stranded = strandedBy(read.functions, read.resources, {
      gone: without,
      homeless: functionsOf(broken.filter(({ error }) => NOT_HERE.test(error ?? ''))),
      seen: functionsOf(proofs.filter(answeredWithValue)),
    });
    refusals = [...refusals, ...broken.map(refusalOf), ...stranded.map(strandedRefusal)];
    for (const { fn } of stranded) without.add(fn);
    for (const fn of without) if (fn.counted) lostTitles.add(fn.title);
    plan = planOf(reduced(read, without));
    if (plan.functions.length === 0 && plan.resources.length === 0)
      throw nothingCrosses(source, { ...read, refusals }, native);
    // The rest keeps what it was tried with; only the broken ones are gone.
    await write(plan, refusals, []);
    built = await start();
    proofs = await prove(plan, built.bytes, reference, ports, { literalsOf, signal: options.signal });
  }
  await write(plan, refusals, proofs);
  const proveMs = clock();
  const whole = new Set(allFunctions(plan).map(({ fn }) => fn.title));
  const lostExports = [...lostTitles].filter((title) => !whole.has(title)).length;
  return {
    dir,
    reference,
    library: source.version === '' ? source.library : `${source.library}@${source.version}`,
    bytes: built.bytes,
    out: built.out,
    functions: proofs.map(({ id }) => id.replace(/^api\./, '')),
    exported: read.exported,
    crossing: Math.max(0, read.crossing - lostExports),
    refusals,
    proofs,
    packages,
    nameOf: plan.nameOf,
    ms: { read: ms, build: buildMs, prove: proveMs },
  };
}

/** What npm left of a wrapping that failed, and settings. */
const LEFT = /^(?:\..*|node_modules|package\.json|package-lock\.json)$/;

/** A folder with anything of somebody else's in it is not written into. Errors: `invalid-usage`. */
function refuseForeign(dir: string): void {
  if (!existsSync(dir) || existsSync(join(dir, 'wrap.json'))) return;
  const foreign = readdirSync(dir).find((name) => !LEFT.test(name)) ?? (isNamed(dir) ? 'package.json' : undefined);
  if (foreign === undefined) return;
  throw new SwitchboardError(
    'invalid-usage',
    `${printable(dir, 1_000)} has a ${printable(foreign)} that wrap did not make; a project is written into a folder of its own`,
    { fix: 'name another folder: --dir <folder>' },
  );
}

function isNamed(dir: string): boolean {
  const file = join(dir, 'package.json');
  if (!existsSync(file)) return false;
  try {
    return 'name' in (JSON.parse(readFileSync(file, 'utf8')) as object);
  } catch {
    return true;
  }
}

function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const ms = Math.round(now - last);
    last = now;
    return ms;
  };
}

/** Of Node, in the form that browsers get; only for libraries that fail without it. */
const BUFFER = { name: 'buffer', range: '6.0.3', subpath: '' };
const NO_BUFFER = /\bBuffer is not defined\b/;

async function started(
  ports: WrapPorts,
  dir: string,
  source: Source,
  provideBuffer?: () => Promise<void>,
): Promise<BuiltLibrary> {
  try {
    return await ports.build(dir, source.include);
  } catch (thrown) {
    const error = toSwitchboardError(thrown);
    if (error.code !== 'build-failed') throw error;
    if (provideBuffer !== undefined && NO_BUFFER.test(error.message)) {
      await provideBuffer();
      return started(ports, dir, source);
    }
    throw error;
  }
}

/** While it is built the library is loaded once: what fails then fails whole. */
function doesNotStart({ library }: Source, cause: SwitchboardError, native: readonly Refusal[]): SwitchboardError {
  const why = cause.message
    .replace(/\n\s+at [\s\S]*$/, '')
    .replaceAll(/Failed to [^:\n]*: |^Error: /g, '')
    .replace(/^Error: /, '')
    // Whose module it is, is not known of those that stand in for absent ones.
    .replace(/^src\/runtime\/\S+ throws while the component is built: /, '');
  const more = native.slice(0, 3).map(({ what, reason }) => `; ${what}: ${reason}`);
  return new SwitchboardError(
    'not-wrappable',
    `nothing of ${printable(library)} can be offered, it does not load in the sandbox: ${printable(why, 1_000)}${printable(more.join(''), 1_000)}`,
    { cause, ...(native.length === 0 ? {} : { data: { refusals: native } }) },
  );
}

async function prove(
  plan: Plan,
  bytes: Uint8Array,
  reference: string,
  ports: WrapPorts,
  options: Parameters<typeof proveFunctions>[2],
): Promise<Proof[]> {
  const host = await ports.open(bytes, reference);
  try {
    return await proveFunctions(plan, host, options);
  } finally {
    await host.close();
  }
}

function refusalOf({ planned, error }: Proof): Refusal {
  return {
    what: planned.fn.title,
    place: planned.fn.place,
    reason: `its example call failed: ${printable(error ?? '', 200)}`,
    loss: 'function',
  };
}

const NOT_HERE = /does not exist in the sandbox|is not defined$/;
const answeredWithValue = ({ outcome, value }: Proof): boolean =>
  outcome === 'answered' && value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);

function strandedRefusal({ fn, resource }: Useless): Refusal {
  return {
    what: fn.title,
    place: fn.place,
    reason: `it needs a ${resource.name}, and nothing that works in the sandbox makes one`,
    loss: fn.call === 'property' ? 'part' : 'function',
  };
}

function reduced(derived: Derived, without: ReadonlySet<unknown>): Pick<Derived, 'functions' | 'resources'> {
  for (const resource of derived.resources) resource.members = resource.members.filter((fn) => !without.has(fn));
  return { functions: derived.functions.filter((fn) => !without.has(fn)), resources: derived.resources };
}

/** Modules of Node that the library asks for: what stands on them fails, and says so. */
function absences(absent: readonly string[], { folder }: Source): Refusal[] {
  return [...new Set(absent)].sort().map((name) => ({
    what: name,
    place: { file: `${baseName(folder)}/package.json`, line: 1 },
    reason: 'the library imports this module, which the sandbox does not have; what uses it fails when it is called',
    loss: 'part',
  }));
}

function deriveFrom(
  ts: Compiler,
  dir: string,
  source: Source,
  only: readonly string[] | undefined,
): { derived: Derived; untyped: boolean } {
  const derived = deriveLibrary(ts, { dir, modules: source.modules, only });
  return { derived, untyped: derived.untyped.length > 0 };
}

function nothingCrosses(
  { library }: Source,
  { refusals }: Pick<Derived, 'refusals'>,
  native: readonly Refusal[],
): SwitchboardError {
  const reasons = [...native, ...refusals]
    .slice(0, 5)
    .map(({ what, reason, place }) => `${what}: ${reason} (${place.file}:${place.line})`);
  const why = reasons.length === 0 ? 'it exports no function' : reasons.join('; ');
  return new SwitchboardError(
    'not-wrappable',
    `nothing of ${printable(library)} can be offered: ${printable(why, 2_000)}`,
    {
      data: { refusals: [...native, ...refusals].slice(0, 100) },
    },
  );
}

async function chosen(derived: Derived, { only, choose }: WrapOptions): Promise<readonly string[] | undefined> {
  if (only !== undefined) {
    const titles = new Set(titlesOf(derived));
    const unknown = only.filter((one) => ![...titles].some((title) => title === one || title.startsWith(`${one}.`)));
    if (unknown.length === 0) return undefined;
    const refused = derived.refusals.find(({ what }) => unknown.includes(what));
    throw new SwitchboardError(
      'not-wrappable',
      `${printable(unknown.join(', '))} ${refused === undefined ? 'is not exported' : `cannot cross: ${refused.reason}`}`,
      { fix: 'switchboard wrap <package> without --export offers all that can cross' },
    );
  }
  if (choose === undefined) return undefined;
  const kept = await choose(titlesOf(derived));
  return kept.length === titlesOf(derived).length ? undefined : kept;
}

/** What a person chooses among: functions, and classes as a whole. */
export function titlesOf({ functions, resources }: Pick<Derived, 'functions' | 'resources'>): string[] {
  const classes = resources.flatMap(({ members }) => {
    const made = members.find(({ call }) => call === 'construct') ?? members.find(({ access }) => access !== undefined);
    return made === undefined
      ? []
      : [made.title.replace(/^new /, '').replace(made.call === 'construct' ? /$^/ : /\.[^.]*$/, '')];
  });
  return [...new Set([...functions.map(({ title }) => title), ...classes])];
}

function componentName(source: Source, as: string | undefined): { name: string; version: string } {
  const version = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(source.version) ? source.version : '0.1.0';
  if (as === undefined)
    return {
      name: `${source.typesOf === undefined ? 'local' : 'npm'}:${kebab(source.library, 'library')}`,
      version,
    };
  const given = parseReference(as);
  return { name: given.name, version: given.version ?? version };
}

function recordOf(
  options: WrapOptions,
  source: Source,
  component: { readonly name: string; readonly version: string },
  derived: Derived,
  plan: Plan,
  refusals: readonly Refusal[],
  packages: readonly BundledPackage[],
  imports: readonly string[],
): object {
  return {
    format: 1,
    ...(options.from === undefined
      ? { package: options.package }
      : { from: relative(resolve(options.dir), resolve(options.from)) || '.' }),
    ...(options.as === undefined ? {} : { as: options.as }),
    library: source.library,
    version: source.version,
    component: component.name,
    componentVersion: component.version,
    ...(options.only === undefined ? {} : { only: options.only }),
    exported: derived.exported,
    crossing: derived.crossing,
    surface: surfaceOf(plan),
    functions: [
      ...plan.functions.map(({ wit, fn }) => ({ wit, title: fn.title })),
      ...plan.resources.flatMap(({ wit, members }) =>
        members.map((one) => ({ wit: `${wit}.${one.wit}`, title: one.fn.title })),
      ),
    ],
    imports,
    refusals,
    packages: packages.map(({ name, version, integrity, typesOnly }) => ({
      name,
      version,
      integrity,
      ...(typesOnly ? { typesOnly } : {}),
    })),
  };
}
