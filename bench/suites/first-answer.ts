/** From a component that nobody has seen to its first answer, and commands from a shell, whole processes and all. */
import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildComponent } from '../../scripts/build-components.ts';
import { createCountedHost } from '../counted-host.ts';
import { neverSeen } from '../never-seen.ts';
import { ended, LAUNCHER, ROOT, run } from '../processes.ts';
import { interleave } from '../rounds.ts';
import { boundedRow, comparedRow, type Row } from '../row.ts';
import { createScratchHome, type ScratchHome } from '../scratch-home.ts';
import { median } from '../stats.ts';
import type { BenchContext, Suite } from '../suite.ts';

export const firstAnswer: Suite = async (context) => {
  const component = await largeComponent(context);
  const title = `never-seen component of ${(component.length / 1e6).toFixed(1)} MB, first answer`;
  const cold: number[] = [];
  const inHost: number[] = [];
  for (let i = 0; i < (context.quick ? 1 : 5); i++) {
    inHost.push(await inRunningHost(neverSeen(component), context));
    cold.push(await fromNothing(neverSeen(component)));
  }
  return [
    boundedRow(`${title}, running host`, 'ms', median(inHost), 1000),
    boundedRow(`${title}, cold`, 'ms', median(cold), 2500),
    ...(await cachedCalls(neverSeen(component), context.quick)),
  ];
};

/** HTML and schema libraries on the QuickJS backend: what a real tool of that size is made of. Built once, seconds. */
async function largeComponent({ say }: BenchContext): Promise<Uint8Array> {
  const out = join(ROOT, '.cache', 'bench', 'large.wasm');
  await buildComponent({
    dir: join(ROOT, 'bench', 'fixtures', 'large'),
    out,
    onStart: () => say('building the large component'),
  });
  return readFile(out);
}

const NAME = 'bench:large';
const PAGE = '<p><a href="/">home</a>';
const SETTLE_MS = 400;

/** In a host that has prepared nothing before: neither its transpiler nor a cell of that component runs. */
async function inRunningHost(bytes: Uint8Array, { count }: BenchContext): Promise<number> {
  const { call, add, close } = await createCountedHost();
  await sleep(SETTLE_MS);
  const started = performance.now();
  const component = await add('large', bytes);
  const links = await call(component, 'links', [PAGE]);
  const took = performance.now() - started;
  if (JSON.stringify(links) !== '["home"]') throw new Error(`the answer is ${JSON.stringify(links)}`);
  count(await close());
  return took;
}

/** Two commands in a shell, with no home and no host process. */
async function fromNothing(bytes: Uint8Array): Promise<number> {
  const home = await createScratchHome();
  const file = `${home.path}.wasm`;
  await writeFile(file, bytes);
  const started = performance.now();
  await install(home, file);
  await callOnce(home);
  const took = performance.now() - started;
  await home.remove();
  return took;
}

/** The launcher's `call` of a component in the cache, against starting Node and doing nothing. */
async function cachedCalls(bytes: Uint8Array, quick: boolean): Promise<Row[]> {
  const home = await createScratchHome();
  const file = `${home.path}.wasm`;
  await writeFile(file, bytes);
  await install(home, file);
  await callOnce(home);
  const rounds = { least: quick ? 1 : 12, most: quick ? 1 : 25, budgetMs: 8_000, warmUp: !quick };
  const took = async (command: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await command();
    return performance.now() - started;
  };
  const node = (): Promise<number> => took(() => run(process.execPath, ['-e', '0'], PLAIN));
  const without = await interleave(
    {
      node,
      ours: async () => {
        await home.quiet();
        return took(() => callOnce(home));
      },
    },
    rounds,
  );
  const keeper = spawn(LAUNCHER, ['serve', '--stdio', '--home', home.path], { stdio: ['pipe', 'ignore', 'ignore'] });
  const keeperEnded = ended(keeper);
  await callOnce(home);
  await sleep(SETTLE_MS);
  const running = await interleave({ node, ours: () => took(() => callOnce(home)) }, rounds);
  keeper.stdin.end();
  await keeperEnded;
  await home.remove();
  await rm(file, { force: true });
  return [
    comparedRow('switchboard call, running host', 'ms', running.ours, running.node, 4 * running.node),
    comparedRow('switchboard call, no host', 'ms', without.ours, without.node, 8 * without.node),
  ];
}

/** Neither command gets a compile cache from us; the launcher sets its own. */
const PLAIN = { NODE_COMPILE_CACHE: undefined };

const install = (home: ScratchHome, file: string): Promise<string> =>
  run(LAUNCHER, ['install', file, '--as', `${NAME}@1.0.0`, '--home', home.path], PLAIN);

async function callOnce(home: ScratchHome): Promise<void> {
  const printed = await run(LAUNCHER, ['call', NAME, 'is-email', 'a@b.example', '--home', home.path], PLAIN);
  if (printed.trim() !== 'true') throw new Error(`the answer is ${printed}`);
}
