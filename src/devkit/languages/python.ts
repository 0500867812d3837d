/** Python by componentize-py: CPython inside the component. */
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { importsWasi } from '../components.ts';
import { makeFolder, writeAtomic } from '../files.ts';
import type { DevkitPorts } from '../ports.ts';
import type { Project } from '../project.ts';
import { needProgram, runTool } from '../toolchain.ts';

/** Errors: `toolchain-missing`, `build-failed`. */
export async function buildPython(project: Project, ports: DevkitPorts, signal?: AbortSignal): Promise<Uint8Array> {
  const fix = 'pip install componentize-py==0.25.1 (or: pipx install componentize-py)';
  const program = needProgram('componentize-py', ports.environment, 'building Python', fix);
  const build = join(project.dir, 'build');
  await makeFolder(build);
  const whole = join(build, 'world.wit');
  await writeAtomic(whole, project.wit.whole);
  const out = join(build, `component-${randomUUID()}.tmp`);
  // Of an interpreter that can reach nothing WASI is left out altogether.
  const stub = (await importsWasi(project.wit, ports.format)) ? [] : ['--stub-wasi'];
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
