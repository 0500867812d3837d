/** JSON Schema 2020-12 of a function's arguments and result, in the JSON form that `coerce-*.ts` reads and writes. */
import type { JsonSchema } from '#core/functions';
import type { ComponentTypes, Primitive, TypeEntry, TypeRef, WitFunction } from '#core/wit-types';
import { decimalPattern, INTEGERS, LARGEST_F32 } from './ranges.ts';
import { countUses, isOption, resolve, successOf } from './types.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
type Schema = { [key: string]: unknown };

interface Build {
  readonly types: ComponentTypes;
  readonly uses: Map<number, number>;
  /** The `$defs` key of each type that has one. */
  readonly keys: Map<number, string>;
  readonly defs: Schema;
  /** Fields of an input may be left out where they are options; an output always has them all. */
  readonly input: boolean;
}

/** The schema of a function's arguments: an object by parameter name. Options may be left out. */
export function argumentsSchema(types: ComponentTypes, fn: WitFunction): JsonSchema {
  const build = newBuild(
    types,
    fn.params.map((p) => p.type),
    true,
  );
  return withDefs({ $schema: DIALECT, ...objectOf(build, fn.params) }, build);
}

/** The schema of what a call returns: of a top-level `result<T, E>` it is T. Undefined where nothing is returned. */
export function resultSchema(types: ComponentTypes, fn: WitFunction): JsonSchema | undefined {
  const success = successOf(types, fn);
  if (success === undefined) return undefined;
  const build = newBuild(types, [success], false);
  return withDefs({ $schema: DIALECT, ...schemaOf(build, success) }, build);
}

function newBuild(types: ComponentTypes, roots: readonly TypeRef[], input: boolean): Build {
  return { types, uses: countUses(types, roots), keys: new Map(), defs: {}, input };
}

function withDefs(schema: Schema, build: Build): JsonSchema {
  return Object.keys(build.defs).length === 0 ? schema : { ...schema, $defs: build.defs };
}

const NAMED_KINDS: readonly string[] = ['record', 'variant', 'enum', 'flags'];

function schemaOf(build: Build, ref: TypeRef): Schema {
  if (typeof ref === 'string') return primitiveSchema(ref);
  const entry = resolve(build.types, ref) as TypeEntry;
  const shared = (build.uses.get(ref) ?? 0) > 1 && !isSmall(build.types, entry);
  const named = entry.name !== undefined && NAMED_KINDS.includes(entry.kind);
  if (!shared && !named) return described(entrySchema(build, entry), entry.docs);
  const known = build.keys.get(ref);
  if (known !== undefined) return { $ref: `#/$defs/${known}` };
  const key = defKey(build, entry, ref);
  build.keys.set(ref, key);
  build.defs[key] = {};
  build.defs[key] = described(entrySchema(build, entry), entry.docs);
  return { $ref: `#/$defs/${key}` };
}

/** Whether a schema is as short as a reference to it: repeating it costs nothing, however often it is shared. */
function isSmall(types: ComponentTypes, entry: TypeEntry): boolean {
  if (entry.kind === 'own' || entry.kind === 'borrow') return true;
  if (entry.kind !== 'list' && entry.kind !== 'option') return false;
  const inner = resolve(types, entry.kind === 'list' ? entry.element : entry.some);
  return typeof inner === 'string' || (inner.name !== undefined && NAMED_KINDS.includes(inner.kind));
}

function defKey(build: Build, entry: TypeEntry, ref: number): string {
  const plain = entry.name ?? `type-${ref}`;
  if (!Object.hasOwn(build.defs, plain)) return plain;
  return `${plain}.${ref}`;
}

function described(schema: Schema, docs: string | undefined): Schema {
  if (docs === undefined) return schema;
  const own = schema['description'];
  return {
    ...schema,
    description:
      typeof own === 'string'
        ? `${docs}

${own}`
        : docs,
  };
}

interface Member {
  readonly name: string;
  readonly type: TypeRef;
  readonly docs?: string;
}

function objectOf(build: Build, members: readonly Member[]): Schema {
  const properties: Schema = {};
  for (const member of members) properties[member.name] = described(schemaOf(build, member.type), member.docs);
  const required = members.filter((m) => !build.input || !isOption(build.types, m.type)).map((m) => m.name);
  return { type: 'object', properties, required, additionalProperties: false };
}

function tagged(key: string, schema: Schema): Schema {
  return { type: 'object', properties: { [key]: schema }, required: [key], additionalProperties: false };
}

function primitiveSchema(primitive: Primitive): Schema {
  switch (primitive) {
    case 'bool':
      return { type: 'boolean' };
    case 'string':
      return { type: 'string' };
    case 'char':
      return { type: 'string', minLength: 1, maxLength: 1 };
    case 'f32':
      return floatSchema({ type: 'number', minimum: -LARGEST_F32, maximum: LARGEST_F32 });
    case 'f64':
      return floatSchema({ type: 'number' });
    case 'u64':
    case 's64': {
      const minimum = primitive === 'u64' ? 0 : Number.MIN_SAFE_INTEGER;
      return {
        anyOf: [
          { type: 'integer', minimum, maximum: Number.MAX_SAFE_INTEGER },
          { type: 'string', pattern: decimalPattern(primitive) },
        ],
      };
    }
    default: {
      const [minimum, maximum] = INTEGERS[primitive];
      return { type: 'integer', minimum, maximum };
    }
  }
}

function floatSchema(number: Schema): Schema {
  return { anyOf: [number, { enum: ['NaN', 'Infinity', '-Infinity'] }] };
}

function entrySchema(build: Build, entry: TypeEntry): Schema {
  switch (entry.kind) {
    case 'stream':
      if (entry.element === undefined) return { type: 'array', items: { type: 'null' } };
      return listSchema(build, entry.element);
    case 'future':
      return payload(build, entry.element);
    case 'list':
      return listSchema(build, entry.element);
    case 'tuple': {
      const length = entry.items.length;
      const prefixItems = entry.items.map((item) => schemaOf(build, item));
      return { type: 'array', prefixItems, items: false, minItems: length, maxItems: length };
    }
    case 'record':
      return objectOf(build, entry.fields);
    case 'variant':
      return { oneOf: entry.cases.map((c) => described(caseSchema(build, c), c.docs)) };
    case 'enum':
      return { type: 'string', enum: entry.cases.map((c) => c.name), ...labelDocs(entry.cases) };
    case 'flags': {
      const items = { type: 'string', enum: entry.flags.map((f) => f.name) };
      return { type: 'array', items, uniqueItems: true, ...labelDocs(entry.flags) };
    }
    case 'option': {
      const some = schemaOf(build, entry.some);
      return { anyOf: [isOption(build.types, entry.some) ? tagged('some', some) : some, { type: 'null' }] };
    }
    case 'result':
      return { oneOf: [tagged('ok', payload(build, entry.ok)), tagged('err', payload(build, entry.err))] };
    case 'own':
    case 'borrow': {
      const name = build.types.types[entry.resource]?.name ?? 'resource';
      return { type: 'string', description: `handle of a ${name}` };
    }
    case 'resource':
      return { type: 'string' };
  }
}

function listSchema(build: Build, element: TypeRef): Schema {
  if (element === 'u8') return { type: 'string', contentEncoding: 'base64' };
  return { type: 'array', items: schemaOf(build, element) };
}

function payload(build: Build, type: TypeRef | undefined): Schema {
  return type === undefined ? { type: 'null' } : schemaOf(build, type);
}

function caseSchema(build: Build, c: { readonly name: string; readonly type?: TypeRef }): Schema {
  const tag = { const: c.name };
  if (c.type === undefined) return { ...tagged('tag', tag) };
  const optional = build.input && isOption(build.types, c.type);
  return {
    type: 'object',
    properties: { tag, val: schemaOf(build, c.type) },
    required: optional ? ['tag'] : ['tag', 'val'],
    additionalProperties: false,
  };
}

function labelDocs(labels: readonly { readonly name: string; readonly docs?: string }[]): Schema {
  const lines = labels.flatMap((label) => (label.docs === undefined ? [] : [`${label.name}: ${label.docs}`]));
  return lines.length === 0 ? {} : { description: lines.join('\n') };
}
