import { createHash } from 'node:crypto';
import { SwitchboardError } from '#core/errors';
import { callableFunctions } from '#core/functions';
import type { CallableFunction, DescribedFunction } from '#core/functions';
import { requirementOf } from '#core/policy';
import type { ComponentDescription } from '#core/ports';
import type { ComponentTypes } from '#core/wit-types';
import { decodeComponent } from './decode.ts';
import { guarded } from './guard.ts';
import { applyDocs, synthesizeDocs } from './docs.ts';
import { argumentsSchema, resultSchema } from './schema.ts';
import { countUses, hasResource, rootsOf, witSignature } from './types.ts';
import { readWitDocs } from './wit-text.ts';

export interface DescribeOptions {
  /** The WIT file beside the component, for docs where the component carries none. Never a source of types. */
  readonly witText?: string | undefined;
}

const MOST_SCHEMA_TYPES = 50_000;

/**
 * All that is shown and kept of a component: digest, size, docs, types, its callable functions with
 * their schemas, and what its imports would need. Runs nothing of it. Throws what `decodeComponent`
 * throws, and `unsupported-component` where its schemas would be out of all proportion.
 */
export function describeComponent(bytes: Uint8Array, options: DescribeOptions = {}): ComponentDescription {
  const decoded = decodeComponent(bytes);
  return guarded(() => {
    const types = options.witText === undefined ? decoded : applyDocs(decoded, readWitDocs(options.witText));
    const callable = callableFunctions(types, (fn) => hasResource(types, fn));
    checkProportion(types, callable);
    const resources = new Set(types.types.filter((t) => t.kind === 'resource').map((t) => t.interface));
    const requirements = [
      ...types.imports.map((i) => requirementOf(i.id, i.functions.length === 0 && !resources.has(i.id))),
      ...types.importedFunctions.map((fn) => requirementOf(fn.name)),
    ];
    return {
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      size: bytes.length,
      docs: types.docs ?? '',
      types,
      functions: callable.map((c) => describeFunction(types, c)),
      requirements,
    };
  });
}

/** Each function's schemas repeat the types it reaches: many functions times many types is refused. */
function checkProportion(types: ComponentTypes, callable: readonly CallableFunction[]): void {
  let total = 0;
  for (const { fn } of callable) {
    total += countUses(types, rootsOf(fn)).size;
    if (total > MOST_SCHEMA_TYPES) {
      throw new SwitchboardError(
        'unsupported-component',
        'the functions and types of the component are too many to describe',
      );
    }
  }
}

function describeFunction(types: ComponentTypes, { id, name, fn, needsSession }: CallableFunction): DescribedFunction {
  const result = resultSchema(types, fn);
  return {
    id,
    name,
    ...(fn.interface === undefined ? {} : { interface: fn.interface }),
    wit: witSignature(types, fn),
    docs: fn.docs ?? synthesizeDocs(fn),
    params: fn.params.map((p) => p.name),
    arguments: argumentsSchema(types, fn),
    ...(result === undefined ? {} : { result }),
    needsSession,
  };
}
