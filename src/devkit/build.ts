/** From a project's folder to a component: its language's compiler, then documentation, manifest and WIT beside the code. */
import { dirname, join, relative, resolve } from 'node:path';
import type { ComponentTypes } from '#core/wit-types';
import { noteSources, sourcesOf } from './changed.ts';
import { typesOfWit } from './components.ts';
import { makeFolder, readTextIfThere, writeAtomic } from './files.ts';
import { guestDeclarations, testDeclarations } from './guest-types.ts';
import { buildC } from './languages/c.ts';
import { buildGo } from './languages/go.ts';
import { buildJavaScript, type BundleChanges } from './languages/javascript.ts';
import { checkOutside, type OutsideCheck } from './languages/outside.ts';
import { buildPython } from './languages/python.ts';
import { buildRust } from './languages/rust.ts';
import type { DevkitPorts } from './ports.ts';
import { openProject, type Project } from './project.ts';
import type { ProjectWit } from './wit.ts';

export interface Built {
  readonly project: Project;
  /** The component's file. */
  readonly out: string;
  readonly bytes: Uint8Array;
  readonly ms: number;
}

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of modules that a bundle asks for and that are not there, where the project has them replaced. */
  readonly onAbsent?: ((module: string) => void) | undefined;
  /** Folders outside the project whose files the component may take: named by whoever builds, never by the project. */
  readonly include?: readonly string[] | undefined;
  /** Told of files outside the project that the component took. */
  readonly onOutside?: ((files: readonly string[]) => void) | undefined;
}

/**
 * Builds the project in a folder into `build/<name>.wasm`; the same sources give the same bytes, but for Python. The file
 * is replaced whole or not at all. Errors: `invalid-project`, `invalid-manifest`, `toolchain-missing`, `build-failed`,
 * `cancelled`.
 */
export async function buildProject(folder: string, ports: DevkitPorts, options: BuildOptions = {}): Promise<Built> {
  const started = performance.now();
  // Before anything is read: what is saved from here on is not in this build, or may not be.
  const sources = await sourcesOf(resolve(folder));
  const project = await openProject(folder, ports);
  await writeDeclarations(project, ports);
  const outside: string[] = [];
  const bytes = await componentOf(project, ports, { ...options, onOutside: (files) => outside.push(...files) });
  await makeFolder(dirname(project.out));
  await writeAtomic(project.out, bytes);
  await noteSources(project, sources, outside, ports.version);
  return { project, out: project.out, bytes, ms: performance.now() - started };
}

/** The component of a project; nothing is written but what its compiler needs. Errors: as `buildProject`. */
export async function componentOf(
  project: Project,
  ports: DevkitPorts,
  options: BuildOptions = {},
): Promise<Uint8Array> {
  return dressed(await compile(project, ports, options), project, ports);
}

/** The same with changes to the bundle and to the WIT, for tests; nothing is written. TypeScript and JavaScript only. */
export async function buildChanged(
  project: Project,
  ports: DevkitPorts,
  changes: BundleChanges,
  wit: ProjectWit,
  options: BuildOptions = {},
): Promise<Uint8Array> {
  return dressed(await bundled(project, ports, options, changes, wit), project, ports);
}

/** A bundle that takes nothing of this machine that is none of the project's. */
async function bundled(
  project: Project,
  ports: DevkitPorts,
  { onOutside, include, ...options }: BuildOptions,
  changes: BundleChanges = {},
  wit: ProjectWit = project.wit,
): Promise<Uint8Array> {
  const outside: OutsideCheck = checkOutside(project.dir, include);
  const plugins: BundleChanges['plugins'] = (tools) => [outside.plugin, ...(changes.plugins?.(tools) ?? [])];
  let bytes: Uint8Array;
  try {
    bytes = await buildJavaScript(project, ports, { ...options, changes: { ...changes, plugins }, wit });
  } catch (error) {
    throw outside.refused() ?? error;
  }
  if (outside.taken.length > 0) {
    const names = outside.taken.map((file) => relative(project.dir, file));
    ports.say(`the component takes files from outside the project: ${names.join(', ')}`);
    onOutside?.(outside.taken);
  }
  return bytes;
}

/** Writes `generated/`: what editors and type checkers know of the world. Other languages make their own bindings. */
export async function writeDeclarations(project: Project, ports: DevkitPorts): Promise<ComponentTypes> {
  const types = await typesOfWit(project.wit, ports.format);
  if (project.language !== 'ts' && project.language !== 'js') return types;
  const folder = join(project.dir, 'generated');
  await makeFolder(folder);
  await writeChanged(join(folder, 'guest.d.ts'), guestDeclarations(types));
  await writeChanged(join(folder, 'test.d.ts'), testDeclarations(types));
  return types;
}

function compile(project: Project, ports: DevkitPorts, options: BuildOptions): Promise<Uint8Array> {
  const { signal } = options;
  switch (project.language) {
    case 'ts':
    case 'js':
      return bundled(project, ports, options);
    case 'c':
      return buildC(project, ports, signal);
    case 'rust':
      return buildRust(project, ports, signal);
    case 'python':
      return buildPython(project, ports, signal);
    case 'go':
      return buildGo(project, ports, signal);
  }
}

/** With the sections that say what the component is. */
function dressed(bare: Uint8Array, { wit, manifest }: Project, { format }: DevkitPorts): Uint8Array {
  const named = format.injectPackage(format.injectDocs(bare, wit.main), wit.package);
  const withWit = format.injectWit(named, wit.whole);
  return manifest === undefined ? withWit : format.injectManifest(withWit, manifest);
}

/** An editor that watches the file sees a change only where there is one. */
async function writeChanged(file: string, text: string): Promise<void> {
  if ((await readTextIfThere(file)) === text) return;
  await writeAtomic(file, text);
}
