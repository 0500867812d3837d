/** What a person names: something in a registry, or a file. */
import { existsSync } from 'node:fs';

/** `oci://…`, or `ns:name[@range]` where there is no file of that name. */
export const isInRegistry = (word: string): boolean =>
  word.startsWith('oci://') || (looksNamed(word) && !existsSync(word));

const looksNamed = (word: string): boolean => /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*(?:@[^/]*)?$/.test(word);
