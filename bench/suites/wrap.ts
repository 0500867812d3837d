/** Libraries of npm as components: how long one takes to wrap, what calls cost against V8, what share crosses. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wrapPorts } from '#gateways/cli/wrap-ports';
import { wrapLibrary } from '#wrap';
import { camel } from '#wrap/names';
import { type Registry, startRegistry } from '../../test/wrap/registry.ts';
import { direct } from '../direct.ts';
import { LAUNCHER, ROOT, run } from '../processes.ts';
import { boundedRow, type Row } from '../row.ts';
import { createScratchHome } from '../scratch-home.ts';
import { median } from '../stats.ts';
import type { Suite } from '../suite.ts';
import { type PureCall, PURE_CALLS } from '../wrapped-calls.ts';
import { WORST } from './javascript.ts';

/** Of docs/wrapped.json. */
interface Crossed {
  readonly exported: number;
  readonly crossing: number;
}

/** Whole, by the verb; with those of PURE_CALLS, which are wrapped before, they are in npm's cache. */
const WHOLE = ['marked', 'yaml', 'diff', 'papaparse', 'smol-toml', 'change-case', 'semver', 'entities'];

export const wrapping: Suite = async ({ quick, say }) => {
  const root = await mkdtemp(join(tmpdir(), 'switchboard-bench-'));
  const registry = await startRegistry();
  try {
    const ratios: number[] = [];
    for (const one of quick ? PURE_CALLS.slice(0, 1) : PURE_CALLS) {
      const { guest, native } = timesOf(one, await exportsOf(one, root, registry), await one.load(), quick);
      ratios.push(guest / native);
      say(
        `${one.package} ${one.only}: ${guest.toFixed(2)} ms in the guest, ${native.toFixed(3)} ms in V8, ${(guest / native).toFixed(1)} ×`,
      );
    }
    const took: number[] = [];
    for (const name of quick ? WHOLE.slice(0, 1) : WHOLE) {
      const ms = await wrapByVerb(root, name, registry);
      took.push(ms);
      say(`${name}: wrapped and installed in ${(ms / 1000).toFixed(1)} s`);
    }
    return [
      boundedRow(
        `wrap and install, packages from npm’s cache: the slowest of ${took.length} libraries`,
        'ms',
        Math.max(...took),
        20_000,
      ),
      boundedRow(
        `wrapped functions of ${ratios.length} libraries, processor time against V8, median`,
        '×',
        median(ratios),
        WORST,
      ),
      await lostRow(),
    ];
  } finally {
    registry.close();
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
};

/** npm looks for its settings in the folder that it works in. */
async function projectFolder(root: string, name: string, registry: Registry): Promise<string> {
  const dir = join(root, name);
  await mkdir(dir, { recursive: true });
  const settings = `registry=${registry.url}\ncache=${join(root, 'npm-cache')}\nfetch-retries=0\n`;
  await writeFile(join(dir, '.npmrc'), settings);
  return dir;
}

async function wrapByVerb(root: string, name: string, registry: Registry): Promise<number> {
  const dir = await projectFolder(root, name, registry);
  const home = await createScratchHome();
  const started = performance.now();
  const args = ['wrap', name, '--dir', dir, '--home', home.path, '--offline', '--output', 'json'];
  const printed = await run(LAUNCHER, args);
  const took = performance.now() - started;
  const { functions, installed } = JSON.parse(printed) as { functions: readonly string[]; installed: boolean };
  if (!installed || functions.length === 0) throw new Error(`${name} was not wrapped`);
  await home.remove();
  return took;
}

type Guest = () => unknown;

/** What scripts import by themselves. */
const PLATFORM = {
  'wasi:clocks/wall-clock': { now: () => ({ seconds: BigInt(Math.floor(Date.now() / 1000)), nanoseconds: 0 }) },
  'wasi:clocks/monotonic-clock': { now: () => process.hrtime.bigint() },
  'wasi:random/random': { getRandomBytes: (count: bigint) => randomBytes(Number(count)) },
};

/** The call in an instance of its own in this thread: what calls through a host cost besides are rows of their own. */
async function exportsOf(one: PureCall, root: string, registry: Registry): Promise<Guest> {
  const dir = await projectFolder(root, `call-${one.package}`, registry);
  const ports = await wrapPorts({ home: join(root, 'tools'), signal: new AbortController().signal }, () => undefined);
  const { bytes } = await wrapLibrary({ dir, package: one.package, only: [one.only] }, ports);
  const { api } = (await direct(bytes, { imports: PLATFORM }))() as unknown as {
    api: { [name: string]: (...args: unknown[]) => unknown };
  };
  const called = api[camel(one.function)];
  if (called === undefined) throw new Error(`${one.package} has no ${one.function}`);
  // jco takes an option that is empty as undefined.
  const args = one.arguments.map((value) => value ?? undefined);
  return () => called(...args);
}

/**
 * Milliseconds of processor time of this thread, the least of the rounds, in turns: as docs/js-speed.md measures. Texts
 * that go in and out are part of the guest's.
 */
function timesOf(one: PureCall, guest: Guest, native: Guest, quick: boolean): { guest: number; native: number } {
  if (!one.agrees(guest(), native())) throw new Error(`${one.package} gives another answer in a guest`);
  const rounds = quick ? 1 : 7;
  const sample = quick ? 1 : SAMPLE_MS;
  timed(quick ? 1 : 200, native);
  const [natives, guests] = [batchOf(native, sample), batchOf(guest, sample)];
  const times = Array.from({ length: rounds }, () => [timed(natives, native), timed(guests, guest)] as const);
  return { native: Math.min(...times.map(([ms]) => ms)), guest: Math.min(...times.map(([, ms]) => ms)) };
}

/** Long, because systems count a thread's time in steps of up to 4 ms. */
const SAMPLE_MS = 200;
const batchOf = (call: Guest, sample: number): number => Math.ceil(sample / Math.max(timed(5, call), 0.01));

/** The mean processor time of this thread for one of so many calls, in milliseconds. */
function timed(count: number, call: Guest): number {
  const before = process.threadCpuUsage();
  for (let i = 0; i < count; i++) call();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / count;
}

/** Of the run of scripts/wrap-libraries.ts that docs/wrapped.md shows; nothing is wrapped here. */
async function lostRow(): Promise<Row> {
  const rows = JSON.parse(await readFile(join(ROOT, 'docs', 'wrapped.json'), 'utf8')) as readonly Crossed[];
  const sum = (pick: (row: Crossed) => number): number => rows.reduce((total, row) => total + pick(row), 0);
  const exported = sum((row) => row.exported);
  const lost = (100 * (exported - sum((row) => row.crossing))) / exported;
  return boundedRow(`exported functions that do not cross, ${rows.length} libraries, docs/wrapped.md`, '%', lost, 20);
}
