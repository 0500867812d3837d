/** From an empty folder to an answer, and from a save to the next one, by the commands that an author types. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { installJavaScript } from '#devkit';
import { devkitPorts } from '#gateways/cli/devkit-ports';
import { attach } from '#gateways/control/index';
import { ended, LAUNCHER, run } from '../processes.ts';
import { boundedRow } from '../row.ts';
import { createScratchHome } from '../scratch-home.ts';
import { median } from '../stats.ts';
import type { Suite } from '../suite.ts';

const COMPONENT = 'local:bench-tool';
/** Calls while it is saved again and again. */
const CALLS = 1_000;

export const devkit: Suite = async ({ quick, say }) => {
  const root = await mkdtemp(join(tmpdir(), 'switchboard-bench-'));
  try {
    say('fetching the compiler of TypeScript into npm’s cache');
    await install(join(root, 'first'));
    const first: number[] = [];
    for (let i = 0; i < (quick ? 1 : 3); i++) first.push(await firstAnswer(join(root, `${i}`)));
    const { saves, failed } = await saving(join(root, '0', 'bench-tool'), quick ? 2 : 7);
    return [
      boundedRow('empty folder to first answer, TypeScript, compiler from npm’s cache', 'ms', median(first), 15_000),
      boundedRow('save to first new answer of a running host, TypeScript', 'ms', median(saves), 4_000),
      boundedRow(`failed calls of ${CALLS.toLocaleString('en')} while saving`, 'calls', failed, 0),
    ];
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
};

async function install(home: string): Promise<void> {
  await installJavaScript(await devkitPorts(home, () => undefined));
}

const verb = (folder: string, args: readonly string[]): Promise<string> =>
  run('sh', ['-c', 'cd "$1" && shift && exec "$@"', 'sh', folder, LAUNCHER, ...args]);

/** No home, no host, and the compiler not installed: a checkout has it already, so it is installed apart, as the package does. */
async function firstAnswer(folder: string): Promise<number> {
  await run('mkdir', [folder]);
  const home = await createScratchHome();
  const started = performance.now();
  await install(home.path);
  await verb(folder, ['init', 'bench-tool', '--home', home.path]);
  const printed = await verb(join(folder, 'bench-tool'), ['call', '.', 'greet', 'Ada', '--home', home.path]);
  const took = performance.now() - started;
  if (printed.trim() !== 'Hello, Ada!') throw new Error(`the answer is ${printed}`);
  await home.remove();
  return took;
}

/** Saves while another client calls without a pause; each save until the first answer of the new code. */
async function saving(folder: string, times: number): Promise<{ saves: number[]; failed: number }> {
  const home = await createScratchHome();
  const host = await attach(home.path);
  const watching = spawn(LAUNCHER, ['build', folder, '--watch', '--output', 'json', '--home', home.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stopped = ended(watching);
  const built = createInterface(watching.stdout)[Symbol.asyncIterator]();
  await built.next();
  const file = join(folder, 'src', 'main.ts');
  const text = await readFile(file, 'utf8');
  let answer: unknown;
  let made = 0;
  let failed = 0;
  let done = false;
  const calling = (async () => {
    while (!done || made < CALLS) {
      made += 1;
      answer = await host.call(COMPONENT, 'greet', ['Ada']).catch(() => {
        failed += 1;
      });
    }
  })();
  const saves: number[] = [];
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    await writeFile(file, text.replace('Hello', `Hello ${i}`));
    await built.next();
    while (answer !== `Hello ${i}, Ada!`) await host.call(COMPONENT, 'greet', ['Bob']);
    saves.push(performance.now() - started);
  }
  done = true;
  await calling;
  watching.kill('SIGINT');
  await stopped;
  await host.close();
  await home.remove();
  return { saves, failed };
}
