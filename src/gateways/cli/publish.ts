import type { Define } from './verbs.ts';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { safeLine } from './safe.ts';
import { type KeyFlags, keyOptions } from './signing/key.ts';

interface Flags extends ClientFlags, KeyFlags {
  /** False with `--no-sign`. */
  readonly sign: boolean;
  readonly registry?: string | undefined;
  readonly as?: string | undefined;
  readonly readme?: string | undefined;
  readonly sbom?: string | undefined;
  readonly author?: string | undefined;
  readonly allowFindings?: string | undefined;
}

/** `publish <file>`: pushes a component, or the build of a project, to a registry. A version that is there stays as it is. */
export const define: Define = (command, act) => {
  command.argument('[file]', 'a WebAssembly component, or the folder of a project', '.');
  keyOptions(clientFlags(command))
    .option('--registry <place>', 'host or host/path; else what registry set says')
    .option('--as <reference>', 'its name and version, where it says none: namespace:name@1.0.0')
    .option('--readme <file>', 'published with it; else README.md in the project')
    .option('--sbom <file>', 'CycloneDX or SPDX in JSON; else sbom.cdx.json or sbom.spdx.json in the project')
    .option('--author <text>', 'who made it, as its config has it')
    .option('--no-sign', 'publish it without a signature')
    .option(
      '--allow-findings <rules>',
      'rules of the scan whose high findings do not hold it back, as scan/embedded-secret',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchboard publish\n  $ switchboard publish ./clip.wasm --registry ghcr.io/acme --as acme:clip@1.0.0',
    )
    .action(
      act(async (context, file: string, flags: Flags) => {
        const { preparePublication } = await import('./registry/publication.ts');
        const { withClient } = await import('./registry/client-of.ts');
        const { allowedRules, scanPublication } = await import('./registry/scan-publication.ts');
        const allowed = await allowedRules(flags.allowFindings);
        const { place, publication } = await preparePublication(context, file, flags);
        const { findings, incomplete } = await scanPublication(context, publication, allowed);
        const { keyToPublishWith, publishSigned } = await import('./signing/publish-signed.ts');
        const key = await keyToPublishWith(context, flags);
        const { reference, manifest, outcome, attachments } = await withClient(context, flags, (client) =>
          context.progress(
            `publishing ${safeLine(publication.facts.name)}`,
            publishSigned(client.open(place), place, publication, key, context.signal),
          ),
        );
        const { name, version } = publication.facts;
        const { digest, size } = publication.component;
        const document = {
          component: `${name}@${version}`,
          outcome,
          reference,
          manifest: manifest.digest,
          digest,
          size,
          signedBy: key?.fingerprint ?? null,
          attachments: attachments.map(({ digest: own, artifactType }) => ({ digest: own, artifactType })),
          findings,
          incomplete,
        };
        context.print(document, () =>
          [
            outcome === 'published' ? `published ${reference}` : `${reference} was published already, with these bytes`,
            `manifest ${manifest.digest}`,
            key === undefined ? 'signed   by nobody' : `signed   by ${key.fingerprint}`,
            ...attachments.map(({ artifactType, digest: own }) => `with     ${safeLine(artifactType ?? '')} ${own}`),
          ].join('\n'),
        );
      }),
    );
};
