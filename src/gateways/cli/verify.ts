import { SwitchboardError } from '#core/errors';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import type { Define } from './verbs.ts';

export interface VerifyFlags extends ClientFlags {
  readonly key?: readonly string[];
  readonly bundle?: string | undefined;
  readonly trustedRoot?: string | undefined;
  readonly identity?: string | undefined;
  readonly issuer?: string | undefined;
}

/** `verify <file | reference>`: who signed it, and what the signature says. Nothing is installed, and nobody is trusted by it. */
export const define: Define = (command, act) => {
  const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  command.argument(
    '<what>',
    'a file, the folder of a project, oci://host/namespace/name:version, namespace:name[@range], or a digest',
  );
  clientFlags(command)
    .option('--key <key>', 'a public key, or a file that holds one; may be repeated; else those that are known', many)
    .option('--bundle <file>', 'the signature; else <file>.sigstore.json, or what the registry has')
    .option('--trusted-root <file>', 'a sigstore trust root, for signatures by an identity')
    .option('--identity <name>', 'with --trusted-root: who must have signed, exactly')
    .option('--issuer <url>', 'with --trusted-root: who must have vouched for that name')
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchboard verify acme:clip@1.0.0\n  $ switchboard verify ./clip.wasm --key acme.pub',
    )
    .action(
      act(async (context, what: string, flags: VerifyFlags) => {
        const wanted = [flags.trustedRoot, flags.identity, flags.issuer];
        if (wanted.some((one) => one !== undefined) && wanted.includes(undefined)) {
          throw new SwitchboardError('invalid-usage', '--trusted-root, --identity and --issuer go together', {
            fix: 'name who must have signed: anybody can get a certificate of a public trust root',
          });
        }
        const { verifyWhat } = await import('./signing/verify-what.ts');
        await verifyWhat(context, what, flags);
      }),
    );
};
