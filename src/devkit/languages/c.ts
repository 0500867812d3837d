/** C by clang and wasm-ld; with wasi-libc where the machine has it. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { componentOf } from '../components.ts';
import { makeFolder, namesIn, readText, writeAtomic } from '../files.ts';
import type { DevkitPorts } from '../ports.ts';
import type { Project } from '../project.ts';
import { wasiAdapter } from '../quickjs/adapter.ts';
import { findProgram, missing, needProgram, runTool, tryTool } from '../toolchain.ts';

const INSTALL =
  process.platform === 'darwin'
    ? 'brew install llvm lld wasi-libc wasi-runtimes, with $(brew --prefix llvm)/bin first in PATH'
    : 'sudo apt-get install clang lld wasi-libc libclang-rt-dev-wasm32 (or your package manager’s clang and lld)';

const FREESTANDING = ['--target=wasm32-unknown-unknown', '-ffreestanding', '-nostdlib', '-Wl,--no-entry'];
const HOSTED = ['--target=wasm32-wasi', '-mexec-model=reactor'];
const COMMON = [
  '-std=c17',
  '-O2',
  '-mbulk-memory',
  '-Wall',
  '-Wl,--stack-first',
  '-Wl,-z,stack-size=65536',
  '-Wl,--strip-all',
];

/** Errors: `toolchain-missing`, `build-failed`. */
export async function buildC(project: Project, ports: DevkitPorts, signal?: AbortSignal): Promise<Uint8Array> {
  const { environment } = ports;
  const clang = needProgram('clang', environment, 'building C', INSTALL);
  if (findProgram('wasm-ld', environment) === undefined)
    throw missing('building C needs wasm-ld, which is not in PATH', INSTALL, 'wasm-ld');
  const build = join(project.dir, 'build');
  await makeFolder(build);
  const sources = (await namesIn(join(project.dir, 'src')))
    .filter((name) => name.endsWith('.c'))
    .sort()
    .map((name) => join('src', name));
  const bindings = await bindingsOf(project, sources, ports, signal);
  const hosted = bindings.length > 0 || (await usesLibrary(project, sources));
  if (hosted) await checkLibrary(clang, project, ports, signal);
  const core = join(build, `core-${randomUUID()}.tmp`);
  try {
    const flags = [...COMMON, ...(hosted ? HOSTED : FREESTANDING), `-ffile-prefix-map=${project.dir}=.`, '-Isrc'];
    const linked = [...sources, ...bindings];
    await runTool(clang, [...flags, ...(bindings.length > 0 ? ['-Ibuild/bindings'] : []), '-o', core, ...linked], {
      cwd: project.dir,
      environment,
      signal,
    });
    const bytes = await readFile(core);
    const adapter = bytes.includes('wasi_snapshot_preview1')
      ? await wasiAdapter('C with the C library', ports, signal)
      : undefined;
    return await componentOf(bytes, project.wit, adapter);
  } finally {
    await rm(core, { force: true });
  }
}

/** Sources that include the world's header have bindings made for them by wit-bindgen. */
async function bindingsOf(
  project: Project,
  sources: readonly string[],
  ports: DevkitPorts,
  signal?: AbortSignal,
): Promise<string[]> {
  const header = `${project.wit.world.replaceAll('-', '_')}.h`;
  if (existsSync(join(project.dir, 'src', header)) || !(await includes(project, sources, `"${header}"`))) return [];
  const fix = 'cargo install wit-bindgen-cli';
  const program = needProgram('wit-bindgen', ports.environment, `making ${header}`, fix);
  const whole = join(project.dir, 'build', 'world.wit');
  await writeAtomic(whole, project.wit.whole);
  await runTool(program, ['c', '--world', project.wit.world, '--out-dir', 'build/bindings', whole], {
    cwd: project.dir,
    environment: ports.environment,
    signal,
  });
  return ['.c', '_component_type.o'].map((ending) => join('build', 'bindings', header.replace(/\.h$/, ending)));
}

const includes = async (project: Project, sources: readonly string[], what: string): Promise<boolean> => {
  const texts = await Promise.all(sources.map((source) => readText(join(project.dir, source))));
  return texts.some((text) => text.includes(`#include ${what}`));
};

/** The headers that every C compiler has without a library. */
const FREE = /^(?:float|iso646|limits|stdalign|stdarg|stdbool|stddef|stdint|stdnoreturn)\.h$/;

async function usesLibrary(project: Project, sources: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(sources.map((source) => readText(join(project.dir, source))));
  return texts.some((text) =>
    [...text.matchAll(/^\s*#\s*include\s*<([^>]+)>/gm)].some(([, name = '']) => !FREE.test(name)),
  );
}

async function checkLibrary(clang: string, project: Project, ports: DevkitPorts, signal?: AbortSignal): Promise<void> {
  const probe = join(project.dir, 'build', `probe-${randomUUID()}`);
  try {
    await writeFile(`${probe}.c`, '#include <stdlib.h>\nint main(void) { return 0; }\n');
    const args = ['--target=wasm32-wasi', '-o', `${probe}.wasm`, `${probe}.c`];
    const { code } = await tryTool(clang, args, { cwd: project.dir, environment: ports.environment, signal });
    if (code !== 0)
      throw missing('the sources use the C library, and clang has none for wasm32-wasi', INSTALL, 'wasi-libc');
  } finally {
    await Promise.all([rm(`${probe}.c`, { force: true }), rm(`${probe}.wasm`, { force: true })]);
  }
}
