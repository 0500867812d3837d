import { type ComponentDescription, type ServiceSet, SwitchboardError, type WitFunction } from '#core';
import type { Artifact } from './artifact.ts';
import type { ArtifactCache, CacheKey } from './cache.ts';
import { JCO_VERSION } from './jco-version.ts';
import type { TranspileOptions } from './transpile.ts';
import type { Transpiler } from './transpiler.ts';

export interface PreparePorts {
  readonly cache: ArtifactCache;
  readonly transpiler: Transpiler;
  readonly services: Pick<ServiceSet, 'suspending' | 'suspendingWith' | 'borrowing' | 'later' | 'version'>;
}

/** The artifact of a component, from the cache or made now and kept. Errors: `import-unavailable`, `invalid-component`, `engine-failed`. */
export async function prepareArtifact(
  ports: PreparePorts,
  description: ComponentDescription,
  bytes: () => Promise<Uint8Array>,
  signal?: AbortSignal,
  /** Called where it is not in the cache, before it is made. */
  onCompile?: () => void,
): Promise<Artifact> {
  refuseUnavailable(description, ports.services.later ?? {});
  const options = transpileOptions(description, ports.services);
  const key: CacheKey = { digest: description.digest, jco: JCO_VERSION, services: ports.services.version, options };
  const kept = await ports.cache.read(key);
  if (kept) return kept;
  onCompile?.();
  const artifact = await ports.transpiler.transpile(await bytes(), options, signal);
  await ports.cache.write(key, artifact);
  return artifact;
}

function refuseUnavailable(
  description: ComponentDescription,
  offered: NonNullable<PreparePorts['services']['later']>,
): void {
  const missing = description.requirements.filter((r) => r.access === 'unavailable').map((r) => r.import);
  for (const { id, functions } of description.types.imports) {
    const known = offered[id.replace(/@0\.3\.\d+$/, '@0.3')];
    for (const fn of functions) if (known && !known.includes(fn.name)) missing.push(`${id}#${fn.name}`);
  }
  if (missing.length === 0) return;
  throw new SwitchboardError('import-unavailable', `the component imports ${missing.join(', ')}, which nobody offers`, {
    data: { imports: missing },
  });
}

/** Only a component that imports something that can wait pays for suspension. */
function transpileOptions(description: ComponentDescription, services: PreparePorts['services']): TranspileOptions {
  const { imports, exports, exportedFunctions, concurrent } = description.types;
  const later = imports.map((i) => i.id).filter((id) => /^wasi:[^@]*@0\.3\./.test(id));
  const earlier = imports.filter((i) => !later.includes(i.id));
  const imported = earlier.flatMap((i) => i.functions.map((fn) => `${i.id.replace(/@.*$/, '')}#${fn.name}`));
  const all = [...exportedFunctions, ...exports.flatMap((e) => e.functions)];
  const offered = new Set(services.suspending);
  for (const [id, names] of Object.entries(services.suspendingWith ?? {})) {
    if (earlier.some((i) => i.id.replace(/@.*$/, '') === id)) for (const name of names) offered.add(name);
  }
  const { borrowing = [] } = services;
  return {
    suspending: imported.filter((name) => offered.has(name)),
    borrowing: imported.filter((name) => borrowing.includes(name)),
    exports: all.filter((fn) => !fn.async).map(exportName),
    ...(later.length === 0 ? {} : { later }),
    ...(concurrent ? { concurrent } : {}),
  };
}

const exportName = (fn: WitFunction): string => (fn.interface === undefined ? fn.name : `${fn.interface}#${fn.name}`);
