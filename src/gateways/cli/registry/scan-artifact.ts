/** The scan of what a registry gives, before a person is asked whether it may be installed. */
import type { Artifact } from '#core/artifact';
import { SwitchboardError } from '#core/errors';
import type { Scanner, ScanResult } from '#core/signature';
import { CYCLONEDX_TYPE, SPDX_TYPE } from '#registry/client/publish';

/** Where a component has its SBOM inside; that is signed with it, and what lies beside it is not. */
const INSIDE = /^(?:sbom|cyclonedx|bom)(?:[.-].*)?$/;

/** Scans it with the SBOM that it has inside, else with the one that refers to it. Errors: those of the registry. */
export async function scanArtifact(scanner: Scanner, artifact: Artifact, signal: AbortSignal): Promise<ScanResult> {
  const { customSections } = await import('#wit');
  const bytes = await artifact.bytes();
  if (customSections(bytes).some(({ name }) => INSIDE.test(name))) return scanner.scan(bytes, undefined, signal);
  const beside = await sbomBeside(artifact);
  if (beside === undefined) return scanner.scan(bytes, undefined, signal);
  if (beside === 'unreadable') {
    const result = await scanner.scan(bytes, undefined, signal);
    return { ...result, incomplete: ['the SBOM that refers to it cannot be read', ...result.incomplete] };
  }
  const result = await scanner.scan(bytes, beside, signal);
  return {
    ...result,
    incomplete: ['whether its SBOM says all: it lies beside it, and nobody signed it', ...result.incomplete],
  };
}

async function sbomBeside(artifact: Artifact): Promise<Uint8Array | 'unreadable' | undefined> {
  for (const type of [CYCLONEDX_TYPE, SPDX_TYPE]) {
    const [sbom] = await artifact.referrers(type);
    if (!sbom) continue;
    try {
      return (await sbom.read()).bytes;
    } catch (error) {
      if (!(error instanceof SwitchboardError) || error.kind === 'system') throw error;
      return 'unreadable';
    }
  }
  return undefined;
}
