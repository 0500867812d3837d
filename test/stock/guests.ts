/** The components of this folder as files, unpacked into `.cache/guests` when first asked for. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'guests');

/** By the tools that made them. */
export const STOCK_GUESTS = ['rust', 'python', 'starlingmonkey', 'c-preview1', 'c-preview2'] as const;
export type StockGuest = (typeof STOCK_GUESTS)[number];
/** Of WASI 0.3; of a world of its own. */
export const PREVIEW3_GUEST = 'rust-preview3';

/** The component's file; `rust-storage` is of a world of its own. */
export async function stockGuest(name: StockGuest | 'rust-storage' | typeof PREVIEW3_GUEST): Promise<string> {
  const packed = await readFile(join(import.meta.dirname, 'built', `${name}.wasm.br`));
  const digest = createHash('sha256').update(packed).digest('hex').slice(0, 32);
  const path = join(CACHE, `stock-${name}-${digest}.wasm`);
  if (existsSync(path)) return path;
  await mkdir(CACHE, { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, await promisify(brotliDecompress)(packed));
  await rename(temporary, path);
  return path;
}
