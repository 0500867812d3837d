/** Wires the development kit. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DevkitPorts } from '#devkit/ports';
import { VERSION } from '#host/version';
import { toolEnvironment } from '../../env.ts';

/** `say` is told what takes long. */
export async function devkitPorts(home: string, say: (line: string) => void): Promise<DevkitPorts> {
  const { decodeComponent, injectDocs, injectManifest, injectPackage, injectWit } = await import('#wit');
  return {
    format: {
      decode: decodeComponent,
      injectDocs,
      injectManifest,
      injectPackage,
      injectWit,
      async parseManifest(text) {
        const { parseManifest } = await import('#host/manifest');
        return parseManifest(text, `sha256:${createHash('sha256').update(text).digest('hex')}`);
      },
    },
    environment: toolEnvironment(),
    version: VERSION,
    toolchains: join(home, 'toolchains'),
    ownWit: ownWit(),
    say,
  };
}

/** `wit/` of the checkout, or of the npm package; one level further up from compiled code. */
function ownWit(): string {
  const places = ['../../../wit', '../../../../wit'].map((up) => fileURLToPath(new URL(up, import.meta.url)));
  return places.find((place) => existsSync(join(place, 'host.wit'))) ?? places[0] ?? '';
}
