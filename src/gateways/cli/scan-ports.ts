/** Wires scanning: the binary is read by the host and wit, npm's registry is asked by its own client. */
import type { Scanner } from '#core/signature';
import type { ReadComponent, ScanPorts } from '#scan';

export interface ScanWiring {
  /** Nobody is asked about packages. */
  readonly offline?: boolean | undefined;
}

export function scanPorts({ offline }: ScanWiring = {}): ScanPorts {
  return {
    read: readComponent,
    ...(offline
      ? {}
      : {
          advisories: async (packages, signal) => (await import('./npm-registry.ts')).askAdvisories(packages, signal),
        }),
  };
}

/** What is asked before an artifact is installed for the first time. */
export async function createComponentScanner(wiring: ScanWiring = {}): Promise<Scanner> {
  const { createScanner } = await import('#scan');
  return createScanner(scanPorts(wiring));
}

async function readComponent(source: string | Uint8Array, signal?: AbortSignal): Promise<ReadComponent> {
  const { describeSource } = await import('#host/source');
  const { customSections, manifestText, outlineOf, readWitExports, witTextOf } = await import('#wit');
  const { bytes, description } = await describeSource(source, signal);
  const witText = witTextOf(customSections(bytes));
  return {
    bytes,
    description,
    manifestText: manifestText(bytes),
    witText,
    declared: witText === undefined ? undefined : readWitExports(witText),
    outline: outlineOf(bytes),
  };
}
