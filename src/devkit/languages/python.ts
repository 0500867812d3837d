/** Python by componentize-py: CPython inside the component. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DevkitPorts } from '../ports.ts';
import type { Project } from '../project.ts';
import { needProgram, runTool } from '../toolchain.ts';

/** Errors: `toolchain-missing`, `build-failed`. */
export async function buildPython(project: Project, ports: DevkitPorts, signal?: AbortSignal): Promise<Uint8Array> {
  const fix = 'pip install componentize-py==0.25.1 (or: pipx install componentize-py)';
  const program = needProgram('componentize-py', ports.environment, 'building Python', fix);
  const build = join(project.dir, 'build');
  await mkdir(build, { recursive: true });
  const whole = join(build, 'world.wit');
  await writeFile(whole, project.wit.whole);
  const out = join(build, `component-${randomUUID()}.tmp`);
  // Of an interpreter that can reach nothing WASI is left out altogether.
  const stub = /^\s*(?:import|include)\s+wasi:/m.test(project.wit.main) ? [] : ['--stub-wasi'];
  try {
    await runTool(
      program,
      ['-q', '-d', whole, '-w', project.wit.world, 'componentize', 'app', '-p', '.', ...stub, '-o', out],
      {
        cwd: project.dir,
        environment: { ...ports.environment, PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' },
        signal,
      },
    );
    return await readFile(out);
  } finally {
    await rm(out, { force: true });
  }
}
