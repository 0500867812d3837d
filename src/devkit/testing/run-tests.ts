/** Runs a project's tests in this process, which ends afterwards: their code may leave anything behind. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { extname, join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { buildChanged, buildProject, writeDeclarations } from '../build.ts';
import type { DevkitHost, DevkitPorts } from '../ports.ts';
import { openProject, type Project } from '../project.ts';
import { createCoverage, type Coverage, type FileCoverage, withLog } from './coverage.ts';
import { closeSandboxes, setSubject } from './current.ts';
import { setDeclaredFiles } from './declared-files.ts';

export interface TestOutcome {
  readonly passed: number;
  readonly failed: number;
  /** Not run because they say so. */
  readonly skipped: number;
  /** Those still to be made to work: whether they pass counts for nothing. */
  readonly todo: number;
  /** Those that passed or failed. */
  readonly tests: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly ms: number;
    readonly error?: string;
  }[];
  /** Of TypeScript and JavaScript, unless it was not wanted. */
  readonly coverage?: readonly FileCoverage[];
}

export interface TestOptions {
  readonly coverage: boolean;
  /** Only tests whose name has this, or matches it where it is `/…/`. */
  readonly only?: string | undefined;
  /** Folders outside the project whose files the component may take. */
  readonly include?: readonly string[] | undefined;
  readonly openHost: (home: string, fakeNetwork: number) => Promise<DevkitHost>;
  /** Takes the report for people, as it comes. */
  readonly report: NodeJS.WritableStream | undefined;
  /** Ends the build, with its compiler, and the tests. */
  readonly signal?: AbortSignal | undefined;
}

const CODE = /\.test\.[cm]?[jt]s$/;
const EMPTY = 'it has no test';
const DATA = /\.test\.json$/;

/**
 * Builds the project and runs `test/**` against it: files of code with node:test, files of data. Calls go through a host
 * of the test's own, with what the manifest requests granted. Errors: those of building; `invalid-project` where there
 * are no tests; `invalid-usage` where `only` is no pattern; `cancelled`.
 */
export async function runProjectTests(folder: string, ports: DevkitPorts, options: TestOptions): Promise<TestOutcome> {
  const pattern = patternOf(options.only);
  const project = await openProject(folder, ports);
  const files = await testFiles(project.dir);
  const { bytes, coverage } = await buildForTests(project, ports, options);
  setSubject({
    name: project.name,
    version: project.version,
    bytes,
    types: ports.format.decode(bytes),
    manifest: project.manifest === undefined ? undefined : await ports.format.parseManifest(project.manifest),
    openHost: options.openHost,
    filter: (record) => coverage?.take(record) ?? false,
  });
  provideTestModule();
  setDeclaredFiles(files.filter((file) => DATA.test(file)));
  const entries = [
    ...files.filter((file) => CODE.test(file)),
    ...(files.some((file) => DATA.test(file)) ? [own('declared-entry')] : []),
  ];
  let outcome: TestOutcome;
  try {
    outcome = await untilAborted(runFiles(entries, project.dir, pattern, options.report), options.signal);
  } finally {
    await closeSandboxes();
  }
  return { ...outcome, ...(coverage === undefined ? {} : { coverage: coverage.files() }) };
}

async function testFiles(dir: string): Promise<string[]> {
  const root = join(dir, 'test');
  const names = existsSync(root) ? await readdir(root, { recursive: true }) : [];
  const files = names
    .filter((name) => (CODE.test(name) || DATA.test(name)) && !name.includes('node_modules'))
    .toSorted()
    .map((name) => join(root, name));
  if (files.length > 0) return files;
  throw new SwitchboardError(
    'invalid-project',
    'the project has no tests: no test/*.test.ts, *.test.js or *.test.json',
    {
      fix: 'write test/first.test.json: [{ "call": "…", "arguments": {…}, "result": … }]',
    },
  );
}

async function buildForTests(
  project: Project,
  ports: DevkitPorts,
  { coverage: wanted, include, signal }: TestOptions,
): Promise<{ readonly bytes: Uint8Array; readonly coverage?: Coverage }> {
  const { language, dir } = project;
  if (!wanted || (language !== 'ts' && language !== 'js')) {
    return { bytes: (await buildProject(dir, ports, { signal, include })).bytes };
  }
  const types = await writeDeclarations(project, ports);
  const coverage = createCoverage(dir, join(dir, 'src', `main.${language}`), types);
  const wit = withLog(project.wit, types, await hostWit(ports));
  const bytes = await buildChanged(project, ports, { entry: coverage.entry, plugins: coverage.plugins }, wit, {
    signal,
    include,
  });
  return { bytes, coverage };
}

async function hostWit(ports: DevkitPorts): Promise<string> {
  const { braced } = await import('../wit.ts');
  return braced(await readFile(join(ports.ownWit, 'host.wit'), 'utf8'));
}

const own = (name: string): string => fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));

/** Tests import `switchboard:test`, which is no file of theirs. */
function provideTestModule(): void {
  const url = new URL(`./api${extname(import.meta.url)}`, import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'switchboard:test' ? { url, shortCircuit: true } : next(specifier, context),
  });
}

/** Errors: `invalid-usage`. */
function patternOf(only: string | undefined): RegExp | undefined {
  if (only === undefined) return undefined;
  if (!/^\/.*\/$/.test(only)) return escaped(only);
  try {
    return new RegExp(only.slice(1, -1));
  } catch (cause) {
    throw new SwitchboardError(
      'invalid-usage',
      `--only ${printable(only)} is no pattern: ${(cause as Error).message}`,
      {
        fix: 'give a part of a test’s name, without slashes',
        cause,
      },
    );
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new SwitchboardError('cancelled', 'the tests were stopped'));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function runFiles(
  files: readonly string[],
  dir: string,
  pattern: RegExp | undefined,
  report: NodeJS.WritableStream | undefined,
): Promise<TestOutcome> {
  const tests: TestOutcome['tests'][number][] = [];
  let [skipped, todo] = [0, 0];
  const stream = run({
    files: [...files],
    isolation: 'none',
    ...(pattern === undefined ? {} : { testNamePatterns: pattern }),
  });
  stream.on('test:pass', ({ name, details, skip, todo: unfinished, file }) => {
    if (details.type === 'suite') return;
    if (skip !== undefined) skipped += 1;
    else if (unfinished !== undefined) todo += 1;
    // What node:test makes of a file without a test.
    else if (name === file) {
      if (pattern === undefined) tests.push({ name: relative(dir, file), ok: false, ms: 0, error: EMPTY });
    } else tests.push({ name, ok: true, ms: details.duration_ms });
  });
  stream.on('test:fail', ({ name, details, todo: unfinished }) => {
    // Of a suite that did not itself fail its tests are told.
    const error = details.error as Error & { readonly failureType?: string };
    if (details.type === 'suite' && error.failureType === 'subtestsFailed') return;
    if (unfinished !== undefined) {
      if (details.type !== 'suite') todo += 1;
      return;
    }
    tests.push({ name, ok: false, ms: details.duration_ms, error: String(details.error.cause ?? details.error) });
  });
  endWithLast(stream);
  if (report) {
    const shown = stream.compose(new spec());
    shown.pipe(report, { end: false });
    await finished(shown);
    for (const { name, error } of tests) if (error === EMPTY) report.write(`✖ ${printable(name, 1_000)}: ${error}\n`);
  } else {
    stream.resume();
    await finished(stream);
  }
  const failed = tests.filter(({ ok }) => !ok).length;
  return { passed: tests.length - failed, failed, skipped, todo, tests };
}

/** What tests leave running gets this long. */
const GRACE_MS = 500;

/**
 * node:test takes the tests of a process for done when nothing is left in the process that could go on. Sandboxes are
 * such things, and so is what an author forgot; all files are loaded before the first test begins.
 */
function endWithLast(stream: ReturnType<typeof run>): void {
  let waiting = 0;
  const settle = async (): Promise<void> => {
    await setImmediate();
    if (waiting > 0) return;
    await closeSandboxes();
    await delay(GRACE_MS, undefined, { ref: false });
    if (waiting === 0) process.emit('beforeExit', 0);
  };
  stream.on('test:enqueue', ({ nesting }) => {
    if (nesting === 0) waiting += 1;
  });
  stream.on('test:complete', ({ nesting }) => {
    if (nesting !== 0) return;
    waiting -= 1;
    if (waiting === 0) void settle();
  });
}

const escaped = (text: string): RegExp => new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
