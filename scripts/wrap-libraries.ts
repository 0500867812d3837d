/**
 * Wraps the libraries of scripts/wrapped-libraries.ts and writes the table of docs/wrapped.md, and its counts as docs/wrapped.json.
 * `node scripts/wrap-libraries.ts [--keep <folder>] [package …]`; with packages named, only these, and their rows are replaced.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { toSwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { wrapPorts } from '#gateways/cli/wrap-ports';
import { createHost } from '#host';
import { type Wrapped, wrapLibrary } from '#wrap';
import { LIBRARIES, type WrappedLibrary } from './wrapped-libraries.ts';

const DOCUMENT = new URL('../docs/wrapped.md', import.meta.url);
const COUNTS = new URL('../docs/wrapped.json', import.meta.url);
const HEAD =
  '| library | kind | functions that cross | main function | size | wrapped in | call | in V8 | what is lost |';

interface Row {
  readonly crossing: number;
  readonly exported: number;
  readonly main: boolean;
  readonly text: string;
}

async function rowOf(library: WrappedLibrary, folder: string): Promise<Row> {
  const dir = join(folder, library.package.replaceAll('/', '__'));
  const signal = new AbortController().signal;
  const ports = await wrapPorts({ home: join(folder, 'home'), signal }, () => undefined);
  const started = performance.now();
  let wrapped: Wrapped;
  try {
    wrapped = await wrapLibrary({ dir, package: library.package }, ports);
  } catch (thrown) {
    const { message } = toSwitchboardError(thrown);
    return {
      crossing: 0,
      exported: 0,
      main: false,
      text: `| ${library.package} | ${library.kind} | none | no | | | | | ${cell(message)} |`,
    };
  }
  const seconds = (performance.now() - started) / 1000;
  const [called, native] = [await callTime(wrapped, library), await nativeTime(dir, library)];
  const main = typeof called === 'number';
  const lost = wrapped.refusals.filter(({ loss }) => loss === 'function');
  const reasons = [
    ...new Set(
      lost.map(({ reason }) => reason.replace(/^its parameter \w+ is /, '').replace(/^its example call failed: /, '')),
    ),
  ];
  const said =
    lost.length === 0 ? '' : `${lost.length}: ${reasons.slice(0, 2).join('; ')}${reasons.length > 2 ? '; …' : ''}`;
  const { crossing, exported } = wrapped;
  return {
    crossing,
    exported,
    main,
    text: `| ${wrapped.library} | ${library.kind} | ${crossing} of ${exported} | ${main ? `\`${library.main}\`` : `no: ${cell(called)}`} | ${formatSize(wrapped.bytes.length)} | ${seconds.toFixed(1)} s | ${main ? time(called) : ''} | ${native === undefined ? '' : time(native)} | ${cell(said)} |`,
  };
}

const time = (ms: number): string =>
  ms < 0.001 ? `${(ms * 1000).toFixed(1)} µs` : ms < 1 ? `${Math.round(ms * 1000)} µs` : `${ms.toFixed(1)} ms`;
const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 220);

/** Median of a call through the host, in milliseconds; why not, in words, where it fails. */
async function callTime(wrapped: Wrapped, library: WrappedLibrary): Promise<number | string> {
  const scratch = await mkdtemp(join(tmpdir(), 'switchboard-wrapped-'));
  const host = await createHost({ home: join(scratch, 'home') });
  try {
    await host.install(wrapped.bytes, { as: wrapped.reference, origin: 'wrap' });
    const { id } = await host.session();
    const call = (fn: string, args: readonly unknown[]): Promise<unknown> =>
      host.call(wrapped.reference, `api.${fn}`, args, { session: id });
    const args = await withHandle(wrapped, library, call);
    const times: number[] = [];
    for (let i = 0; i < 60; i += 1) {
      const started = performance.now();
      await call(library.main, args);
      times.push(performance.now() - started);
    }
    return times.toSorted((a, b) => a - b)[30] ?? 0;
  } catch (thrown) {
    return toSwitchboardError(thrown).message;
  } finally {
    await host.close();
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A method is called of a value that the example of its constructor made. */
async function withHandle(
  wrapped: Wrapped,
  library: WrappedLibrary,
  call: (fn: string, args: readonly unknown[]) => Promise<unknown>,
): Promise<readonly unknown[]> {
  if (library.made !== undefined) {
    const [[maker, args], ...others] = library.made;
    const made = await call(maker, args);
    for (const [method, more] of others) await call(method, [made, ...more]);
    return [made, ...library.args];
  }
  const [owner, member] = library.main.split('.');
  if (member === undefined) return library.args;
  const proof = wrapped.proofs.find(({ id }) => id === `api.${library.main}`);
  if (proof !== undefined && proof.planned.fn.access !== undefined) return library.args;
  const maker = wrapped.proofs.find(({ planned, outcome }) => {
    const { result } = planned.fn;
    return (
      outcome === 'answered' &&
      result.kind === 'resource' &&
      wrapped.nameOf(result.type) === owner &&
      planned.fn.access !== undefined
    );
  });
  if (maker === undefined) throw new Error(`no example makes a ${owner ?? ''}`);
  return [await call(maker.id.replace(/^api\./, ''), maker.args), ...library.args];
}

/** The same in this process, of the same files. */
async function nativeTime(dir: string, library: WrappedLibrary): Promise<number | undefined> {
  try {
    const file = join(dir, 'native.mjs');
    await writeFile(file, `export * as library from ${JSON.stringify(library.package)};\n`);
    const { library: module } = (await import(pathToFileURL(file).href)) as { library: unknown };
    for (let i = 0; i < 2_000; i += 1) library.native(module);
    const started = performance.now();
    let calls = 0;
    for (; performance.now() - started < 200; calls += 1) library.native(module);
    return (performance.now() - started) / calls;
  } catch {
    return undefined;
  }
}

const { values, positionals } = parseArgs({ options: { keep: { type: 'string' } }, allowPositionals: true });
const folder = values.keep ?? (await mkdtemp(join(tmpdir(), 'switchboard-wrapped-')));
const wanted = LIBRARIES.filter((one) => positionals.length === 0 || positionals.includes(one.package));
const rows: Row[] = [];
for (const library of wanted) {
  await rm(join(folder, library.package.replaceAll('/', '__')), { recursive: true, force: true });
  const row = await rowOf(library, folder);
  process.stdout.write(`${row.text}\n`);
  rows.push(row);
}
const before = existsSync(DOCUMENT) ? await readFile(DOCUMENT, 'utf8') : `${HEAD}\n`;
const intro = before.slice(0, before.indexOf(HEAD));
const key = (row: string): string => (/^\| (\S+?)(?:@[^@ |]+)? \|/.exec(row)?.[1] ?? '').replace(/^@/, '@');
const known = new Map(
  before
    .slice(before.indexOf(HEAD))
    .split('\n')
    .slice(2)
    .filter((row) => row.startsWith('| '))
    .map((row) => [key(row), row]),
);
for (const { text } of rows) known.set(key(text), text);
const table = LIBRARIES.flatMap((one) => known.get(one.package) ?? []);
const counts = table.map((row) => {
  const [, library = '', kind = '', crosses = '', main = ''] = row.split(/ ?(?<!\\)\| ?/);
  const [crossing = 0, exported = 0] = crosses.split(' of ').map(Number);
  return { library, kind, exported, crossing: Number.isNaN(crossing) ? 0 : crossing, main: main.startsWith('`') };
});
await writeFile(COUNTS, `${JSON.stringify(counts, undefined, 2)}\n`);
const crossed = counts.reduce((sum, { crossing }) => sum + crossing, 0);
const of = counts.reduce((sum, { exported }) => sum + exported, 0);
const mains = counts.filter(({ main }) => main).length;
const total = `${crossed} of ${of} exported functions cross (${Math.round((100 * crossed) / of)} %); ${mains} of ${table.length} libraries give their main function.`;
await writeFile(DOCUMENT, `${intro}${HEAD}\n${HEAD.replaceAll(/[^|]+/g, '---')}\n${table.join('\n')}\n\n${total}\n`);
const sum = (pick: (row: Row) => number): number => rows.reduce((total, row) => total + pick(row), 0);
process.stdout.write(
  `${sum(({ crossing }) => crossing)} of ${sum(({ exported }) => exported)} exported functions cross; ${rows.filter(({ main }) => main).length} of ${rows.length} give their main function\n`,
);
if (values.keep === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
process.exit(0);
