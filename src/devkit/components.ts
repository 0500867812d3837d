/** Components from core modules and from WIT alone. */
import { SwitchboardError } from '#core/errors';
import type { ComponentTypes } from '#core/wit-types';
import type { ComponentFormat } from './ports.ts';
import { shownOutput } from './toolchain.ts';
import type { ProjectWit } from './wit.ts';

/** What a project's world imports and exports, read from its WIT alone. Errors: `build-failed` with what the WIT parser said. */
export async function typesOfWit(wit: ProjectWit, format: ComponentFormat): Promise<ComponentTypes> {
  const { componentEmbed, componentNew } = await import('#wasm-tools');
  try {
    const core = await componentEmbed({ dummy: true, witSource: wit.whole, world: wit.world });
    return format.decode(format.injectDocs(await componentNew(core), wit.main));
  } catch (thrown) {
    throw thrown instanceof SwitchboardError ? thrown : refused('the WIT of the project is not valid', thrown);
  }
}

/** Whether the world imports anything of WASI, in itself or by a world that it includes. Errors: as `typesOfWit`. */
export async function importsWasi(wit: ProjectWit, format: ComponentFormat): Promise<boolean> {
  return (await typesOfWit(wit, format)).imports.some(({ id }) => id.startsWith('wasi:'));
}

/**
 * A component of the project's world from a core module whose exports follow the canonical ABI. `adapter` stands in for
 * `wasi_snapshot_preview1`. Errors: `build-failed`.
 */
export async function componentOf(core: Uint8Array, wit: ProjectWit, adapter?: Uint8Array): Promise<Uint8Array> {
  const { componentEmbed, componentNew } = await import('#wasm-tools');
  try {
    const embedded = await componentEmbed({ binary: core, witSource: wit.whole, world: wit.world });
    return await componentNew(embedded, adapter === undefined ? undefined : [['wasi_snapshot_preview1', adapter]]);
  } catch (thrown) {
    throw refused('the module is not one of the project’s world', thrown);
  }
}

function refused(what: string, thrown: unknown): SwitchboardError {
  const said = thrown instanceof Error ? thrown.message : JSON.stringify(thrown);
  const payload = typeof thrown === 'object' && thrown !== null && 'payload' in thrown ? String(thrown.payload) : said;
  return new SwitchboardError('build-failed', `${what}: ${shownOutput(payload)}`, { cause: thrown });
}
