/** Ways to make one JavaScript source a component, for bench/js-speed.ts. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { componentize, type ComponentizeOpts } from 'componentize-qjs';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { enumConstants } from '#devkit/languages/enums';
import { stillRuntime } from '#devkit/quickjs/runtime';
import { benchGuest } from './guest.ts';
import { ROOT } from './processes.ts';

export interface Candidate {
  readonly name: string;
  readonly build: () => Promise<Uint8Array>;
  /** What the development kit makes. */
  readonly isShipped?: boolean;
  /** Whether a build may be a copy of one before, so that its time says nothing. */
  readonly isCached?: boolean;
}

const FIXTURE = join(ROOT, 'bench', 'fixtures', 'cheerio');
const WIT = join(FIXTURE, 'world.wit');
const WORLD = 'cheerio';

/** Those that need nothing, then those for which `tools` has what they need. */
export function candidates(tools: string | undefined): Candidate[] {
  const runtime = stillRuntime(createRequire(import.meta.url));
  const still = { runtimeBytes: Buffer.from(runtime) };
  const list: Candidate[] = [
    { name: 'QuickJS with a snapshot, as componentize-qjs makes it', build: () => quickjs({ sync: true }) },
    { name: 'the same, with fixed seeds so that builds can be repeated', build: () => quickjs(still) },
    { name: 'the same built for size', build: () => quickjs({ sync: true, optSize: true }) },
    {
      name: 'the same without a snapshot: the script runs at the first call',
      build: async () => quickjs(still, await atFirstCall()),
    },
    { name: 'the same without automatic garbage collection', build: () => quickjs({ sync: true, disableGc: true }) },
    {
      name: '**what ships**: fixed seeds, and enums as constants',
      isShipped: true,
      isCached: true,
      build: () => benchGuest('cheerio'),
    },
  ];
  const has = (path: string): boolean => tools !== undefined && existsSync(join(tools, path));
  if (tools === undefined) return list;
  const wasmOpt = join(tools, 'node_modules/binaryen/bin/wasm-opt');
  if (has('node_modules/binaryen/bin/wasm-opt')) {
    list.push({
      name: 'what ships, and wasm-opt -O4 on the engine',
      build: async () => quickjs({ runtimeBytes: await optimised(wasmOpt, runtime) }, await bundle(true)),
    });
  }
  if (has('node_modules/@bytecodealliance/componentize-js')) {
    list.push({ name: 'StarlingMonkey (SpiderMonkey)', build: () => starlingMonkey(tools, false) });
    if (has('bin/weval')) {
      list.push({ name: 'StarlingMonkey, ahead of time by weval', build: () => starlingMonkey(tools, true) });
    }
  }
  return list;
}

/** One module, as the development kit bundles. */
async function bundle(enums: boolean): Promise<string> {
  const bundler = await rolldown({
    input: join(FIXTURE, 'src', 'main.ts'),
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'], conditionNames: ['browser', 'import', 'default'] },
    treeshake: true,
    logLevel: 'silent',
    plugins: enums ? [enumConstants({ parser: { parseAst } as never })] : [],
  });
  try {
    return (await bundler.generate({ format: 'esm', minify: true })).output[0].code;
  } finally {
    await bundler.close();
  }
}

/** The bundle as text that is compiled and run when it is first needed. */
async function atFirstCall(): Promise<string> {
  const source = (await bundle(true)).replace(/export\s*\{([^}]*)\};?\s*$/, (_, names: string) => {
    const members = names.split(',').map((one) => one.trim().split(/\s+as\s+/));
    return `({${members.map(([local = '', exported = local]) => `${exported}:${local}`).join(',')}})`;
  });
  return `let made; const guest = () => (made ??= (0, eval)(${JSON.stringify(source)}));
export const links = (html) => guest().links(html);
export const passed = (html) => guest().passed(html);`;
}

async function quickjs(options: Partial<ComponentizeOpts>, source?: string): Promise<Uint8Array> {
  const jsSource = source ?? (await bundle(false));
  const { component } = await componentize({ witPath: WIT, jsSource, world: WORLD, stubWasi: true, ...options });
  return component;
}

/** Features that the linker of dylibs does not take are left out. */
async function optimised(wasmOpt: string, runtime: Uint8Array): Promise<Buffer> {
  const scratch = await mkdtemp(join(tmpdir(), 'switchboard-wasm-opt-'));
  try {
    const [from, to] = [join(scratch, 'runtime.wasm'), join(scratch, 'optimised.wasm')];
    await writeFile(from, runtime);
    const without = ['gc', 'reference-types', 'compact-imports'].map((feature) => `--disable-${feature}`);
    const args = [wasmOpt, '-O4', '--all-features', ...without, '--strip-debug', from, '-o', to];
    await promisify(execFile)(process.execPath, args);
    return await readFile(to);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface ComponentizeJs {
  componentize(source: string, options: object): Promise<{ readonly component: Uint8Array }>;
}

async function starlingMonkey(tools: string, aheadOfTime: boolean): Promise<Uint8Array> {
  const file = join(tools, 'node_modules/@bytecodealliance/componentize-js/src/componentize.js');
  const { componentize: make } = (await import(pathToFileURL(file).href)) as ComponentizeJs;
  const { component } = await make(await bundle(true), {
    witPath: WIT,
    worldName: WORLD,
    disableFeatures: ['random', 'stdio', 'clocks', 'http', 'fetch-event'],
    ...(aheadOfTime ? { enableAot: true, wevalBin: join(tools, 'bin', 'weval') } : {}),
  });
  return component;
}
