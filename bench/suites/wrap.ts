/** Libraries of npm as components: how long one takes to wrap, what calls cost against V8, what share crosses. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wrapPorts } from '#gateways/cli/wrap-ports';
import { wrapLibrary } from '#wrap';
import { type Registry, startRegistry } from '../../test/wrap/registry.ts';
import { type CountedHost, createCountedHost } from '../counted-host.ts';
import { LAUNCHER, ROOT, run } from '../processes.ts';
import { inThread, interleave, sequential } from '../rounds.ts';
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

export const wrapping: Suite = async ({ quick, say, count }) => {
  const root = await mkdtemp(join(tmpdir(), 'switchboard-bench-'));
  const registry = await startRegistry();
  try {
    const took: number[] = [];
    // The first fills npm's cache.
    for (let i = 0; i < (quick ? 2 : 4); i++) took.push(await wrapByVerb(root, `${i}`, registry, i > 0));
    const host = await createCountedHost();
    const ratios: number[] = [];
    for (const one of quick ? PURE_CALLS.slice(0, 1) : PURE_CALLS) {
      const { guest, native } = await timesOf(one, root, registry, host, quick);
      ratios.push(guest / native);
      say(
        `${one.package} ${one.only}: ${ms(guest)} in the guest, ${ms(native)} in V8, ${(guest / native).toFixed(1)} ×`,
      );
    }
    count(await host.close());
    return [
      boundedRow('wrap and install marked, packages from npm’s cache', 'ms', median(took.slice(1)), 20_000),
      boundedRow(
        `wrapped functions of ${ratios.length} libraries, time against V8, median`,
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

const ms = (microseconds: number): string => `${(microseconds / 1000).toFixed(2)} ms`;

/** npm looks for its settings in the folder that it works in. */
async function projectFolder(root: string, name: string, registry: Registry): Promise<string> {
  const dir = join(root, name);
  await mkdir(dir, { recursive: true });
  const settings = `registry=${registry.url}\ncache=${join(root, 'npm-cache')}\nfetch-retries=0\n`;
  await writeFile(join(dir, '.npmrc'), settings);
  return dir;
}

async function wrapByVerb(root: string, name: string, registry: Registry, offline: boolean): Promise<number> {
  const dir = await projectFolder(root, name, registry);
  const home = await createScratchHome();
  const started = performance.now();
  const args = ['wrap', 'marked', '--dir', dir, '--home', home.path, '--output', 'json'];
  const printed = await run(LAUNCHER, offline ? [...args, '--offline'] : args);
  const took = performance.now() - started;
  const { functions, installed } = JSON.parse(printed) as { functions: readonly string[]; installed: boolean };
  if (!installed || !functions.includes('marked')) throw new Error('marked was not wrapped whole');
  await home.remove();
  return took;
}

/** In microseconds, the guest through the host, on an instance that its session keeps; the texts between are part of it. */
async function timesOf(
  one: PureCall,
  root: string,
  registry: Registry,
  { host, call, add }: CountedHost,
  quick: boolean,
): Promise<{ readonly guest: number; readonly native: number }> {
  const dir = await projectFolder(root, `call-${one.package}`, registry);
  const ports = await wrapPorts({ home: join(root, 'tools'), signal: new AbortController().signal }, () => undefined);
  const { bytes } = await wrapLibrary({ dir, package: one.package, only: [one.only] }, ports);
  const component = await add(one.package, bytes, { reuse: 'session' });
  const { id: session } = await host.session();
  const guest = (): Promise<unknown> => call(component, one.function, one.arguments, { session });
  const native = await one.load();
  if (!one.agrees(await guest(), native())) throw new Error(`${one.package} gives another answer in a guest`);
  await sequential(quick ? 1 : 10, guest);
  inThread(quick ? 1 : 50, 8, native);
  return interleave(
    { native: () => inThread(quick ? 1 : 5, 8, native), guest: () => sequential(quick ? 1 : 5, guest) },
    { least: quick ? 1 : 7, most: 30, budgetMs: quick ? 1 : 2_500 },
  );
}

/** Of the run of scripts/wrap-libraries.ts that docs/wrapped.md shows; nothing is wrapped here. */
async function lostRow(): Promise<Row> {
  const rows = JSON.parse(await readFile(join(ROOT, 'docs', 'wrapped.json'), 'utf8')) as readonly Crossed[];
  const sum = (pick: (row: Crossed) => number): number => rows.reduce((total, row) => total + pick(row), 0);
  const exported = sum((row) => row.exported);
  const lost = (100 * (exported - sum((row) => row.crossing))) / exported;
  return boundedRow(`exported functions that do not cross, ${rows.length} libraries, docs/wrapped.md`, '%', lost, 20);
}
