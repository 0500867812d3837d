/**
 * Builds the bundled components with the development kit: `node scripts/build-components.ts [--force] [name …]`.
 * Each `components/<name>` with a `world.wit` and a `src/main.ts` becomes `components/dist/<name>.wasm`.
 * A name with a `/` is a folder of that kind, wherever it is: `examples/clip` becomes `examples/clip.wasm`.
 * What is up to date is left alone; two builds at once do no harm.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { componentOf, openProject } from '#devkit';
import { devkitPorts } from '#gateways/cli/devkit-ports';

const ROOT = dirname(import.meta.dirname);
const COMPONENTS = join(ROOT, 'components');
const OWN_WIT = ['host.wit', 'mcp.wit'].map((name) => join(ROOT, 'wit', name));

/** Raised when the development kit or src/wit make other bytes of the same sources. */
const BUILD_VERSION = 4;

export interface BuildOptions {
  /** Holds `world.wit` and `src/main.ts`, whose named exports are the world's functions in camelCase. */
  readonly dir: string;
  /** The file to write. A custom section at its end says what it was built from. */
  readonly out: string;
  /** Builds even what is up to date. */
  readonly force?: boolean;
  /** Called once before work starts; not called when there is nothing to do. */
  readonly onStart?: () => void;
}

export interface BuildResult {
  readonly out: string;
  readonly built: boolean;
  readonly bytes: number;
  readonly ms: number;
}

/**
 * Builds one TypeScript component as `switchboard build` does, unless it is up to date; the same sources give the same
 * bytes. Written to a temporary file first and renamed, so that a reader never sees half of it. Fails with what the
 * bundler or the WIT parser said.
 */
export async function buildComponent(options: BuildOptions): Promise<BuildResult> {
  const { dir, out } = options;
  const started = performance.now();
  const inputs = await inputsHash(dir);
  const current = options.force === true ? undefined : await upToDate(out, inputs);
  if (current !== undefined) return { out, built: false, bytes: current, ms: performance.now() - started };
  options.onStart?.();
  const ports = await devkitPorts(join(ROOT, '.cache'), (line) => void process.stderr.write(`${line}\n`));
  const component = Buffer.concat([await componentOf(await openProject(dir, ports), ports), stamp(inputs)]);
  await mkdir(dirname(out), { recursive: true });
  await writeAtomic(out, component);
  return { out, built: true, bytes: component.length, ms: performance.now() - started };
}

/** The names of the bundled components, in order. */
export async function bundledNames(): Promise<string[]> {
  const entries = await readdir(COMPONENTS, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(COMPONENTS, entry.name, 'world.wit')))
    .map((entry) => entry.name)
    .sort();
}

/** Builds the bundled components named, or all. `report` gets a line for each that is built. */
export async function buildBundled(options: {
  readonly names?: readonly string[];
  readonly force?: boolean;
  readonly report?: (line: string) => void;
}): Promise<BuildResult[]> {
  const known = await bundledNames();
  const names = options.names?.length ? options.names : known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`no bundled component "${unknown}"; there are: ${known.join(', ')}`);
  const results: BuildResult[] = [];
  for (const name of names) {
    const result = await buildComponent({
      dir: join(COMPONENTS, name),
      out: join(COMPONENTS, 'dist', `${name}.wasm`),
      force: options.force ?? false,
      onStart: () => options.report?.(`building component ${name} …`),
    });
    if (result.built) {
      options.report?.(
        `built ${name}.wasm: ${(result.bytes / 1e6).toFixed(1)} MB in ${(result.ms / 1000).toFixed(1)} s`,
      );
    }
    results.push(result);
  }
  return results;
}

/** Everything the result depends on: the sources, this script, and the exact versions of tools and libraries. */
async function inputsHash(dir: string): Promise<string> {
  const hash = createHash('sha256').update(`build ${BUILD_VERSION}\n`);
  const sources = await sourcesOf(dir);
  const main = await readFile(join(dir, 'src', 'main.ts'), 'utf8');
  // A component may use the sources of another beside it.
  for (const [, other = ''] of main.matchAll(/'\.\.\/\.\.\/([a-z-]+)\/src\//g)) {
    sources.push(...(await sourcesOf(join(dirname(dir), other))));
  }
  const manifest = join(dir, 'component.toml');
  for (const file of [
    ...new Set(sources),
    ...(existsSync(manifest) ? [manifest] : []),
    join(dir, 'world.wit'),
    ...OWN_WIT,
    join(ROOT, 'package-lock.json'),
    import.meta.filename,
  ].sort()) {
    hash.update(`${relative(ROOT, file)}\n${sha256(await readFile(file))}\n`);
  }
  return hash.digest('hex');
}

async function sourcesOf(dir: string): Promise<string[]> {
  return (await readdir(join(dir, 'src'), { recursive: true }))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(dir, 'src', name));
}

/** A custom section of fixed size, the last of the component. */
function stamp(inputs: string): Buffer {
  const name = 'switchboard-build';
  const content = Buffer.from(`${String.fromCharCode(name.length)}${name}${inputs}`, 'latin1');
  return Buffer.concat([Buffer.from([0, content.length]), content]);
}

/** The size of the component built from these inputs, if that is what `out` is. */
async function upToDate(out: string, inputs: string): Promise<number | undefined> {
  const bytes = await readFile(out).catch(() => Buffer.alloc(0));
  const wanted = stamp(inputs);
  return bytes.subarray(-wanted.length).equals(wanted) ? bytes.length : undefined;
}

async function writeAtomic(file: string, data: Uint8Array | string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, data);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ options: { force: { type: 'boolean' } }, allowPositionals: true });
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  const force = values.force ?? false;
  const folders = positionals.filter((name) => name.includes('/')).map((name) => name.replace(/\/+$/, ''));
  for (const dir of folders) {
    const { built, bytes, ms } = await buildComponent({ dir: join(ROOT, dir), out: join(ROOT, `${dir}.wasm`), force });
    const how = built ? `built in ${(ms / 1000).toFixed(1)} s` : 'up to date';
    report(`${dir}.wasm: ${(bytes / 1e6).toFixed(1)} MB, ${how}`);
  }
  const names = positionals.filter((name) => !name.includes('/'));
  if (folders.length === 0 || names.length > 0) await buildBundled({ names, force, report });
}
