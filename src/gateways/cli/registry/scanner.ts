/** Who reads a component before it is installed. */
import type { Scanner } from '#core/signature';

export function scannerOf(): Promise<Scanner | undefined> {
  return Promise.resolve(undefined);
}
