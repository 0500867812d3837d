/**
 * `asterai:host/api@1.0.0`: the interface by which components written for asterai find and call each other, on the same
 * host service and the same permission as `switchboard:host/reflect`. asterai changed its records without changing their
 * version; a component is given those it was built with.
 */
import type { ServiceEnv, ServiceInterface } from '#core/services';
import type { Scope } from '../scope.ts';
import { WitError } from '../wit-error.ts';
import { askReflect, type Seen, seenComponents, type SeenFunction } from '../reflect/seen.ts';

type ErrorKind =
  | 'component-not-found'
  | 'function-not-found'
  | 'invalid-args'
  | 'invocation-failed'
  | 'serialization-failed';

/** What `get-runtime-info` says: the version of the interface's own runtime that this follows. */
const RUNTIME = { version: '1.0.0' };

export function asteraiInterface({ env }: Scope): ServiceInterface {
  const infoOf = infoBuilder(env);
  return {
    getRuntimeInfo: () => RUNTIME,
    listComponents: async () => (await seenComponents(env)).map(infoOf),
    async listOtherComponents(): Promise<object[]> {
      return (await seenComponents(env, { others: true })).map(infoOf);
    },
    async getComponent(name: string): Promise<object | undefined> {
      const [seen] = await seenComponents(env, { component: name });
      return seen && infoOf(seen);
    },
    async componentImplements(component: string, interfaceName: string): Promise<boolean> {
      return (await seenComponents(env, { component })).some(({ interfaces }) => interfaces.includes(interfaceName));
    },
    async callComponentFunction(component: string, fn: string, argsJson: string): Promise<string> {
      // In order, always: an object would be another call here than there.
      if (!argsJson.trimStart().startsWith('[')) throw failure('invalid-args', 'the arguments are no JSON array');
      const reply = await askReflect(env, { component, function: fn, args: argsJson });
      if ('failed' in reply) throw errorOf(reply.failed, component);
      const text = JSON.stringify(reply.ok ?? null);
      env.charge(text.length);
      return text;
    },
  };
}

const failure = (kind: ErrorKind, message: string): WitError => new WitError({ kind, message });

function errorOf({ tag, val }: { readonly tag: string; readonly val: unknown }, component: string): WitError {
  if (tag === 'invalid-arguments') return failure('invalid-args', String(val));
  if (tag === 'no-component') return failure('component-not-found', String(val));
  if (tag === 'no-function') return failure('function-not-found', String(val));
  if (tag === 'denied') return failure('invocation-failed', `denied: ${String(val)}`);
  if (tag === 'component-error') return failure('invocation-failed', `${component} failed: ${String(val)}`);
  const { message } = val as { readonly message: string };
  return failure('invocation-failed', message);
}

/** Records have been: a type as text, or as text and JSON Schema; a result as text, as both, or as whether there is one. */
function infoBuilder({ types }: ServiceEnv): (seen: Seen) => object {
  const own = types.imports.find(({ id }) => id.startsWith('asterai:host/api@'))?.id;
  const info = types.types.find((type) => type.name === 'function-info' && type.interface === own);
  const output = info?.kind === 'record' ? info.fields.find(({ name }) => name === 'output')?.type : undefined;
  const option = typeof output === 'number' ? types.types[output] : undefined;
  const asText = option?.kind !== 'option' || option.some === 'string';
  const functionOf = (fn: SeenFunction): object => ({
    name: fn.interface === undefined ? fn.name : fn.id.slice(Math.max(fn.id.indexOf('.'), fn.id.indexOf('#')) + 1),
    interfaceName: fn.interface?.replace(/@.*$/, '').replace(/^.*\//, ''),
    description: fn.docs === '' ? undefined : fn.docs,
    inputs: fn.params.map(({ name, type }) => ({
      name,
      typeDescription: type,
      typeName: type,
      typeSchema: schemaText(propertyOf(fn.arguments, name)),
    })),
    hasOutput: fn.output !== undefined,
    output: fn.output === undefined || asText ? fn.output : { typeName: fn.output, typeSchema: schemaText(fn.result) },
  });
  return ({ name, version, docs, interfaces, functions }) => ({
    name,
    version,
    interfaces,
    description: docs === '' ? undefined : docs,
    functions: functions.map(functionOf),
  });
}

const schemaText = (schema: unknown): string => JSON.stringify(schema ?? {});

function propertyOf(schema: { readonly [key: string]: unknown }, name: string): unknown {
  const properties = schema['properties'];
  const defs = schema['$defs'];
  if (typeof properties !== 'object' || properties === null || !Object.hasOwn(properties, name)) return undefined;
  const own = (properties as { readonly [key: string]: object })[name];
  return defs === undefined ? own : { ...own, $defs: defs };
}
