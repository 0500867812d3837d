/** Go by the Go compiler itself (wasip1), with bindings by wit-bindgen. */
import { randomUUID } from 'node:crypto';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { componentOf } from '../components.ts';
import { makeFolder, writeAtomic } from '../files.ts';
import type { DevkitPorts } from '../ports.ts';
import type { Project } from '../project.ts';
import { wasiAdapter } from '../quickjs/adapter.ts';
import { missing, needProgram, runTool } from '../toolchain.ts';

const GO_FIX = 'install Go 1.25 or newer from https://go.dev/dl';
const BINDGEN_FIX = 'cargo install wit-bindgen-cli@0.57.1 (with Rust from https://rustup.rs)';

/** The runtime of the bindings grows the memory by a function of Go's own that is not public. */
const LINKER = '-ldflags=-s -w -buildid= -checklinkname=0';

/** Errors: `toolchain-missing`, `build-failed`. */
export async function buildGo(project: Project, ports: DevkitPorts, signal?: AbortSignal): Promise<Uint8Array> {
  const { environment } = ports;
  const options = { cwd: project.dir, environment, signal };
  const go = needProgram('go', environment, 'building Go', GO_FIX);
  const version = await runTool(go, ['env', 'GOVERSION'], options);
  const [, minor = '0'] = /^go1\.(\d+)/.exec(version) ?? [];
  if (Number(minor) < 25)
    throw missing(`building Go needs Go 1.25 or newer, and this is ${version.trim()}`, GO_FIX, 'go');
  const bindgen = needProgram('wit-bindgen', environment, 'making the bindings of Go', BINDGEN_FIX);
  const build = join(project.dir, 'build');
  await makeFolder(build);
  const whole = join(build, 'world.wit');
  await writeAtomic(whole, project.wit.whole);
  const bindings = join(build, 'bindings');
  await rm(bindings, { recursive: true, force: true });
  await runTool(bindgen, ['go', '--world', project.wit.world, '--out-dir', bindings, whole], options);
  await takeBindings(bindings, project.dir);
  const core = join(build, `core-${randomUUID()}.tmp`);
  try {
    await runTool(go, ['build', '-trimpath', '-buildvcs=false', '-buildmode=c-shared', LINKER, '-o', core, '.'], {
      ...options,
      environment: { ...environment, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '' },
    });
    const adapter = await wasiAdapter('Go', ports, signal);
    return await componentOf(await readFile(core), project.wit, adapter);
  } finally {
    await rm(core, { force: true });
  }
}

/** The bindings are packages of the project's own module. Its go.mod stays the author's. */
async function takeBindings(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, filter: (path) => !/\/go\.(?:mod|sum)$/.test(path) });
}
