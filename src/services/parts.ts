import type { Part } from './part.ts';

interface LazyPart {
  /** Of ids of imports without version: with one of them the part is needed. */
  readonly imports: RegExp;
  load(): Promise<{ readonly part: Part }>;
}

/**
 * What few components import: reading these modules takes milliseconds of every cell's start, and most cells would have
 * them for nothing.
 */
export const PARTS: readonly LazyPart[] = [
  { imports: /^(?:wasi:http\/|switchboard:host\/http$)/, load: () => import('./http/part.ts') },
  { imports: /^(?:wasi:keyvalue\/|switchboard:host\/kv$)/, load: () => import('./kv/part.ts') },
  { imports: /^(?:wasi:blobstore\/|switchboard:host\/blob)/, load: () => import('./blob/part.ts') },
  { imports: /^(?:asterai:host\/|switchboard:host\/reflect$)/, load: () => import('./reflect/part.ts') },
  { imports: /^switchboard:host\/schedule$/, load: () => import('./schedule/part.ts') },
  { imports: /@0\.3$/, load: () => import('./later/index.ts') },
];

/** The parts that a component with these imports needs. */
export function partsFor(imports: readonly string[]): Promise<readonly Part[]> {
  const needed = PARTS.filter((one) => imports.some((id) => one.imports.test(id)));
  return Promise.all(needed.map(async (one) => (await one.load()).part));
}

/** One import of each part: for those who look at all services. */
export const OF_EACH_PART: readonly string[] = [
  'wasi:http/types',
  'wasi:keyvalue/store',
  'wasi:blobstore/types',
  'switchboard:host/reflect',
  'switchboard:host/schedule',
  'wasi:cli/stdout@0.3',
];
