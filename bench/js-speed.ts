/**
 * `node bench/js-speed.ts [--tools <dir>] [--write]`: ways to run JavaScript in a component, as in docs/js-speed.md. All of
 * them run one workload in one process, in turns; figures are of processor time, so that what else the machine does
 * counts little. `--tools` is a folder with `node_modules` of `binaryen` and `@bytecodealliance/componentize-js` and
 * with `bin/weval`; what it does not have is left out. `--write` puts the tables into docs/js-speed.md.
 */
import { deepEqual } from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createCountedHost } from './counted-host.ts';
import { direct } from './direct.ts';
import { links, passed } from './fixtures/cheerio/src/main.ts';
import { type Candidate, candidates } from './js-candidates.ts';
import { pageOfLinks } from './page.ts';
import { ROOT } from './processes.ts';
import { median } from './stats.ts';

interface Exports {
  links(html: string): unknown;
  passed(html: string): unknown;
}

interface Measured {
  readonly name: string;
  readonly call: number;
  readonly fresh: number | undefined;
  readonly bytes: number | undefined;
  readonly memory: number | undefined;
  readonly build: number | undefined;
}

const { values: options } = parseArgs({
  options: { tools: { type: 'string' }, write: { type: 'boolean' }, rounds: { type: 'string', default: '15' } },
});
/** Long, because systems count a thread's time in steps of up to 4 ms. */
const SAMPLE_MS = 400;
const FRESH = 25;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const page = pageOfLinks();
const wanted = JSON.stringify(links(page));

const built: { readonly one: Candidate; readonly bytes: Uint8Array; readonly seconds: number }[] = [];
for (const one of candidates(options.tools)) {
  say(`building ${one.name} …`);
  const started = performance.now();
  const bytes = await one.build();
  built.push({ one, bytes, seconds: (performance.now() - started) / 1000 });
}

const runs = new Map<string, readonly Exports[]>([['V8 itself', [{ links, passed }]]]);
const rows = new Map<string, Omit<Measured, 'call' | 'name'>>();
for (const { one, bytes, seconds } of built) {
  say(`starting ${one.name} …`);
  const make = (await direct(bytes)) as unknown as () => Exports;
  const { value: guest, memories } = watchMemories(make);
  if (JSON.stringify(guest.links(page)) !== wanted) throw new Error(`${one.name} gives a wrong answer`);
  const memory = Math.max(...memories.map(({ buffer }) => buffer.byteLength));
  runs.set(one.name, [guest, make()]);
  const fresh = timed(FRESH, () => deepEqual(make().links('<a href=x>y</a>'), [{ href: 'x', text: 'y' }]));
  rows.set(one.name, { fresh, bytes: bytes.length, memory, build: one.isCached ? undefined : seconds });
}

// Two instances of each in turn: where things lie in a memory changes what a call takes by some percent.
const calls = await inTurns(
  new Map([...runs].map(([name, instances]) => [name, () => instances.forEach((one) => void one.links(page))])),
);
for (const [name, instances] of runs) calls.set(name, (calls.get(name) ?? Number.NaN) / instances.length);
const native = calls.get('V8 itself') ?? Number.NaN;
const measured: Measured[] = [...calls].map(([name, call]) => ({
  name,
  call,
  ...(rows.get(name) ?? { fresh: undefined, bytes: undefined, memory: undefined, build: undefined }),
}));
const text = `${table(measured, native)}\n\n${await others()}\n`;
process.stdout.write(text);
if (options.write) {
  const file = join(ROOT, 'docs', 'js-speed.md');
  const [before, rest] = (await readFile(file, 'utf8')).split('<!-- made by bench/js-speed.ts -->\n');
  const after = rest?.split('<!-- end -->')[1];
  if (before === undefined || after === undefined) throw new Error('docs/js-speed.md has no place for the tables');
  await writeFile(file, `${before}<!-- made by bench/js-speed.ts -->\n${text}<!-- end -->${after}`);
}

/** The mean processor time of this thread for one of so many runs, in milliseconds. */
function timed(count: number, run: () => void): number {
  const before = process.threadCpuUsage();
  for (let i = 0; i < count; i++) run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / count;
}

/** The least processor time of each over the rounds, warm, measured in turns: what else a machine does only ever adds. */
async function inTurns(work: ReadonlyMap<string, () => void>): Promise<Map<string, number>> {
  const times = new Map<string, number[]>();
  const batches = new Map<string, number>();
  const names = [...work.keys()];
  for (const [name, run] of work) {
    timed(40, run);
    batches.set(name, Math.ceil(SAMPLE_MS / Math.max(timed(40, run), 0.01)));
    times.set(name, []);
  }
  // Compilers that work in the background get a moment to finish.
  await new Promise((done) => setTimeout(done, 1000));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length] as string;
      times.get(name)?.push(timed(batches.get(name) ?? 1, work.get(name) as () => void));
    }
  }
  return new Map(names.map((name) => [name, Math.min(...(times.get(name) ?? []))]));
}

/** What `make` gives, and the memories of the core instances that were made meanwhile. */
function watchMemories<T>(make: () => T): { readonly value: T; readonly memories: WebAssembly.Memory[] } {
  const memories: WebAssembly.Memory[] = [];
  const Original = WebAssembly.Instance;
  WebAssembly.Instance = new Proxy(Original, {
    construct(target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports?]) {
      const instance = new target(module, imports);
      for (const one of Object.values(instance.exports)) if (one instanceof WebAssembly.Memory) memories.push(one);
      return instance;
    },
  });
  try {
    return { value: make(), memories };
  } finally {
    WebAssembly.Instance = Original;
  }
}

function table(all: readonly Measured[], one: number): string {
  const cell = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–';
  const lines = all.map(({ name, call, fresh, bytes, memory, build }) => {
    const megabytes = (size: number | undefined): string => cell(size === undefined ? undefined : size / 1e6, 1);
    return `| ${name} | ${call.toFixed(2)} | ${(call / one).toFixed(1)} × | ${cell(fresh, 2)} | ${megabytes(bytes)} | ${megabytes(memory)} | ${cell(build, 1)} |`;
  });
  return [
    '| | call, ms | V8 = 1 | new instance and first small call, ms | component, MB | memory, MB | build, s |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...lines,
  ].join('\n');
}

/** What is not the engine: passing strings, the way through the host, a reset instead of a new instance. */
async function others(): Promise<string> {
  const ours = built.find(({ one }) => one.isShipped);
  if (ours === undefined) throw new Error('what ships was not measured');
  const make = (await direct(ours.bytes)) as unknown as () => Exports;
  const { value: guest, memories } = watchMemories(make);
  guest.links(page);
  const memory = memories.reduce((a, b) => (a.buffer.byteLength > b.buffer.byteLength ? a : b));
  const snapshot = new Uint8Array(memory.buffer).slice();
  const figures = await inTurns(
    new Map([
      ['the same strings in and out, nothing done between', () => void guest.passed(page)],
      ['a new instance', () => void make()],
      ['its memory put back instead', () => new Uint8Array(memory.buffer).set(snapshot)],
    ]),
  );
  const { call, add, close } = await createCountedHost();
  const component = await add('cheerio', ours.bytes, { reuse: 'resident' });
  for (let i = 0; i < 40; i++) await call(component, 'links', [page]);
  const ratios: number[] = [];
  for (let i = 0; i < 30; i++) {
    const started = performance.now();
    await call(component, 'links', [page]);
    const between = performance.now();
    guest.links(page);
    ratios.push((between - started) / (performance.now() - between));
  }
  await close();
  return [
    '| with what ships | ms |',
    '|---|--:|',
    ...[...figures].map(([name, ms]) => `| ${name} | ${ms.toFixed(2)} |`),
    `| a call through the host, against one in the thread | ${median(ratios).toFixed(2)} × |`,
  ].join('\n');
}
