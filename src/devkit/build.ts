/** From a project's folder to a component: its language's compiler, then documentation, manifest and WIT beside the code. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ComponentTypes } from '#core/wit-types';
import { typesOfWit } from './components.ts';
import { guestDeclarations, testDeclarations } from './guest-types.ts';
import { buildC } from './languages/c.ts';
import { buildGo } from './languages/go.ts';
import { buildJavaScript, type BundleChanges } from './languages/javascript.ts';
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
}

/**
 * Builds the project in a folder into `build/<name>.wasm`; the same sources give the same bytes, but for Python. The file
 * is replaced whole or not at all. Errors: `invalid-project`, `invalid-manifest`, `toolchain-missing`, `build-failed`,
 * `cancelled`.
 */
export async function buildProject(folder: string, ports: DevkitPorts, options: BuildOptions = {}): Promise<Built> {
  const started = performance.now();
  const project = await openProject(folder, ports);
  await writeDeclarations(project, ports);
  const bytes = await componentOf(project, ports, options);
  await mkdir(dirname(project.out), { recursive: true });
  await writeAtomic(project.out, bytes);
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
  return dressed(await buildJavaScript(project, ports, { ...options, changes, wit }), project, ports);
}

/** Writes `generated/`: what editors and type checkers know of the world. Other languages make their own bindings. */
export async function writeDeclarations(project: Project, ports: DevkitPorts): Promise<ComponentTypes> {
  const types = await typesOfWit(project.wit, ports.format);
  if (project.language !== 'ts' && project.language !== 'js') return types;
  const folder = join(project.dir, 'generated');
  await mkdir(folder, { recursive: true });
  await writeChanged(join(folder, 'guest.d.ts'), guestDeclarations(types));
  await writeChanged(join(folder, 'test.d.ts'), testDeclarations(types));
  return types;
}

function compile(project: Project, ports: DevkitPorts, { signal, onAbsent }: BuildOptions): Promise<Uint8Array> {
  switch (project.language) {
    case 'ts':
    case 'js':
      return buildJavaScript(project, ports, { signal, onAbsent });
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
  if (existsSync(file) && (await readFile(file, 'utf8')) === text) return;
  await writeAtomic(file, text);
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
