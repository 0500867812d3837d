import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildComponent } from '../scripts/build-components.ts';
import { ROOT } from './processes.ts';

/** The component in `bench/fixtures/<name>`, built as the bundled ones are, when it is out of date. */
export async function benchGuest(name: string): Promise<Uint8Array> {
  const cache = join(ROOT, '.cache', 'guests');
  await mkdir(cache, { recursive: true });
  const out = join(cache, `bench-${name}.wasm`);
  await buildComponent({ dir: join(ROOT, 'bench', 'fixtures', name), out });
  return readFile(out);
}
