/** Who decides whether an artifact of a registry may be installed. */
import { join } from 'node:path';
import type { Artifact, ArtifactVerifier } from '#core/artifact';
import { readTrustRecord } from '#core/trust';
import type { Host } from '#host/api';
import type { JudgeOptions, JudgePorts } from '#trust';
import type { Context } from '../context.ts';
import { safeLine } from '../safe.ts';

export interface VerifierFlags {
  readonly allowUnsigned?: true | undefined;
  /** By the lock file: also where the registry is away. */
  readonly locked?: boolean | undefined;
}

/** A verifier that keeps what it has read, beside its work. */
export interface KeepingVerifier extends ArtifactVerifier {
  /** When what it keeps is written: to be waited for before the process ends. */
  settled(): Promise<void>;
}

/** The verifier of a home. Every way from a registry into a home asks it. */
export async function verifierOf(context: Context, host: Host, flags: VerifierFlags): Promise<KeepingVerifier> {
  const { trustVerifier } = await import('#trust');
  const options: JudgeOptions = {
    allowUnsigned: flags.allowUnsigned,
    before: (artifact) => signerBefore(host, artifact),
    mayBeAway: flags.locked ? tellAway(context) : undefined,
  };
  const ports = await judgePorts(context.home, host);
  return { ...trustVerifier(ports, options), settled: () => ports.bundles.settled() };
}

/** What signatures are judged by: what the home trusts, the signatures it has seen, and where it notes what was taken back. */
export async function judgePorts(home: string, host: Host): Promise<JudgePorts> {
  const { bundleCache } = await import('#trust');
  const { signatureVerifier } = await import('#signing');
  return {
    state: () => host.trust(),
    verifier: signatureVerifier(),
    bundles: bundleCache(join(home, 'cache', 'signatures')),
    async revoked(signer, reason) {
      await host.revokeTrust(undefined, signer, { reason, by: 'key' });
    },
    yanked: ({ name, version, manifest }, signer, reason) =>
      host.noteTrust({ kind: 'yanked', component: name, version, manifest, signer, reason }),
  };
}

/** Once of each registry. */
function tellAway(context: Context): (artifact: Artifact) => void {
  const told = new Set<string>();
  return ({ reference }) => {
    const registry = reference.split('/')[2] ?? '';
    if (told.has(registry)) return;
    told.add(registry);
    context.note(
      `note: ${safeLine(registry)} cannot be asked; the signatures hold that were seen before, and what was taken back since is not known`,
    );
  };
}

async function signerBefore(host: Host, { name }: Artifact): Promise<string | undefined> {
  const before = (await host.list()).find((one) => one.name === name);
  return readTrustRecord(before?.record)?.signed?.signer;
}
