/** Wrapping in tests: a folder, a registry of the tests' own, no network. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { wrapPorts } from '#gateways/cli/wrap-ports';
import { createHost } from '#host';
import type { Host } from '#host/api';
import { type Wrapped, wrapLibrary, type WrapOptions } from '#wrap';
import { type MadePackage, type Registry, startRegistry } from './registry.ts';

export interface Workshop {
  readonly dir: string;
  readonly registry: Registry;
  readonly host: Host;
  /** Into a folder of its own below `dir`. */
  wrap(options: Omit<WrapOptions, 'dir'> & { readonly dir?: string }): Promise<Wrapped>;
  /** The same, installed. */
  offer(options: Omit<WrapOptions, 'dir'>): Promise<Wrapped>;
}

export async function openWorkshop(
  t: TestContext,
  made: { readonly [name: string]: readonly MadePackage[] } = {},
): Promise<Workshop> {
  const dir = mkdtempSync(join(tmpdir(), 'switchboard-wrapping-'));
  const registry = await startRegistry(made);
  const host = await createHost({ home: join(dir, 'home') });
  t.after(async () => {
    await host.close();
    registry.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  });
  const ports = await wrapPorts({ home: join(dir, 'tools'), signal: t.signal }, () => undefined);
  let count = 0;
  const wrap: Workshop['wrap'] = async (options) => {
    const folder = options.dir ?? join(dir, `project-${(count += 1)}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, '.npmrc'),
      `registry=${registry.url}\ncache=${join(dir, 'npm-cache')}\nfetch-retries=0\n`,
    );
    return wrapLibrary({ signal: t.signal, ...options, dir: folder }, ports);
  };
  return {
    dir,
    registry,
    host,
    wrap,
    async offer(options) {
      const wrapped = await wrap(options);
      await host.install(wrapped.bytes, { as: wrapped.reference, origin: 'test' });
      return wrapped;
    },
  };
}
