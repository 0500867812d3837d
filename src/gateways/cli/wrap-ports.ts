/** Wires wrapping: npm and compilers by the development kit, a host without permissions for trying functions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvingHost, WrapPorts } from '#wrap';
import type { Context } from './context.ts';
import { devkitPorts } from './devkit-ports.ts';

/** A call of an example that takes longer is broken, in milliseconds. */
const LONGEST_EXAMPLE = 5_000;

/** `say` is told what takes long. */
export async function wrapPorts(
  context: Pick<Context, 'home' | 'signal'>,
  say: (line: string) => void,
): Promise<WrapPorts> {
  const ports = await devkitPorts(context.home, say);
  const { signal } = context;
  return {
    say,
    async npm(args, cwd) {
      const { needProgram, runTool } = await import('#devkit/toolchain');
      const npm = needProgram(
        'npm',
        ports.environment,
        'fetching packages',
        'install Node with npm (https://nodejs.org)',
      );
      return runTool(npm, args, { cwd, environment: ports.environment, signal });
    },
    async compiler() {
      const { loadCompiler, TOOLS } = await import('#wrap/compiler');
      const { installLocked } = await import('#devkit/languages/javascript-tools');
      return loadCompiler(() => installLocked(ports, TOOLS, signal));
    },
    async build(dir, include) {
      const { buildProject } = await import('#devkit');
      const absent: string[] = [];
      const onAbsent = (name: string): void => void absent.push(name);
      const { bytes, out } = await buildProject(dir, ports, { signal, onAbsent, include });
      return { bytes, out, absent, imports: ports.format.decode(bytes).imports.map(({ id }) => id) };
    },
    open: (bytes, reference) => openProvingHost(bytes, reference, signal),
  };
}

async function openProvingHost(bytes: Uint8Array, reference: string, signal: AbortSignal): Promise<ProvingHost> {
  const { createHost } = await import('#host');
  const scratch = await mkdtemp(join(tmpdir(), 'switchboard-wrap-'));
  const host = await createHost({ home: join(scratch, 'home') });
  const close = async (): Promise<void> => {
    await host.close();
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await host.install(bytes, { as: reference, origin: 'wrap' });
    let session = await host.session();
    return {
      call: (fn, args) => host.call(reference, fn, args, { session: session.id, timeout: LONGEST_EXAMPLE, signal }),
      async renew() {
        await session.close();
        session = await host.session();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
