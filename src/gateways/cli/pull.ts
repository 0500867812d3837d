import { copyFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends ClientFlags {
  readonly out?: string | undefined;
}

/** `pull <component>`: a component of a registry as a file; nothing is installed, and nobody is asked whether it may be. */
export const define: Define = (command, act) => {
  command.argument('<component>', 'namespace:name[@range] or oci://host/namespace/name:version');
  clientFlags(command)
    .option('--out <file>', 'where to; else name.wasm here')
    .addHelpText('after', '\nExample:\n  $ switchboard pull acme:clip@^1.2 --out clip.wasm')
    .action(
      act(async (context, word: string, flags: Flags) => {
        const { withClient } = await import('./registry/client-of.ts');
        const { noVerifier } = await import('#registry/client/client');
        const pulled = await withClient(context, flags, async (client) => {
          const artifact = await context.progress(`asking for ${safeLine(word)}`, client.resolve(word));
          const work = client.acquire(artifact, noVerifier, (progress, total) =>
            context.showProgress({ progress, total }),
          );
          const { path } = await context.progress(`pulling ${safeLine(artifact.reference)}`, work);
          const file = resolve(flags.out ?? `${artifact.name.replace(/^.*:/, '')}.wasm`);
          await copyFile(path, file).catch((cause: unknown) => {
            throw new SwitchboardError('file-unreadable', `cannot write ${safeLine(file)}`, { cause });
          });
          return { artifact, file };
        });
        const { name, version, reference, manifest, digest, size } = pulled.artifact;
        const document = { component: `${name}@${version}`, reference, manifest, digest, size, file: pulled.file };
        context.print(
          document,
          () => `${name}@${version} (${formatSize(size)}, ${digest}) is in ${safeLine(pulled.file)}`,
        );
      }),
    );
};
