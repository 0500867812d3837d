/** Values with methods: classes, fluent builders and returned functions become resources of WIT. */
import type * as TS from 'typescript-6';
import { never, type ResourceType, type Shape } from '../model.ts';
import { kebab } from '../names.ts';
import { type Deriver, isPublic, type Pending } from './deriver.ts';
import { docsOf } from './docs.ts';
import { baseName } from './package-name.ts';

const MOST_RESOURCES = 80;
const MOST_MEMBERS = 160;

/** What a value of the type can do becomes pending. `made` says that the library makes such values. */
export function resourceOf(d: Deriver, type: TS.Type, counted = false): ResourceType | string {
  const key = type.symbol as TS.Symbol | undefined;
  const known = key === undefined ? undefined : d.resources.get(key);
  if (key === undefined) return 'a value with methods and without a name';
  if (known !== undefined) return known;
  const properties = d.checker.getPropertiesOfType(type).filter((one) => isPublic(d, one));
  const name = typeName(type, d);
  if (d.resources.size >= MOST_RESOURCES) return `more than ${MOST_RESOURCES} kinds of values with methods`;
  if (properties.length > MOST_MEMBERS)
    return `${name} has ${properties.length} members; at most ${MOST_MEMBERS} are taken`;
  const [declaration] = key.declarations ?? [];
  const resource: ResourceType = {
    kind: 'resource',
    name: kebab(name, 'object'),
    docs: docsOf(key, d).text,
    place: d.placeOf(declaration),
    members: [],
    marks: properties.filter((one) => (one.flags & d.ts.SymbolFlags.Optional) === 0).map((one) => one.name),
    made: true,
  };
  d.resources.set(key, resource);
  for (const property of properties) d.pending.push(memberOf(d, resource, name, property, counted));
  return resource;
}

function memberOf(d: Deriver, resource: ResourceType, owner: string, property: TS.Symbol, counted: boolean): Pending {
  const type = d.checker.getNonNullableType(d.checker.getTypeOfSymbolAtLocation(property, d.entry));
  const signatures = d.checker.getSignaturesOfType(type, d.ts.SignatureKind.Call);
  const base = {
    name: property.name,
    member: property.name,
    title: `${owner}.prototype.${property.name}`,
    symbol: property,
    signatures,
    resource,
    place: d.placeOf(property.declarations?.[0]),
  };
  return signatures.length > 0
    ? { ...base, call: 'method', counted }
    : { ...base, call: 'property', type: d.checker.getTypeOfSymbolAtLocation(property, d.entry), counted: false };
}

/** A returned function: a resource with one method, `call`. */
export function callableResource(d: Deriver, type: TS.Type): Shape {
  const signatures = d.checker.getSignaturesOfType(type, d.ts.SignatureKind.Call);
  const key: TS.Symbol | TS.Type = type.symbol ?? type;
  const known = d.resources.get(key);
  if (known !== undefined) return { kind: 'resource', type: known };
  if (d.resources.size >= MOST_RESOURCES) return never(`more than ${MOST_RESOURCES} kinds of values with methods`);
  const alias = type.aliasSymbol?.name ?? (type.symbol?.name.startsWith('__') === false ? type.symbol.name : undefined);
  const resource: ResourceType = {
    kind: 'resource',
    name: kebab(alias ?? `${d.current.title.replace(/^.*\./, '')}Function`, 'function'),
    docs: `The function that ${d.current.title} returns; call runs it.`,
    place: d.current.place,
    members: [],
    marks: [],
    made: true,
  };
  d.resources.set(key, resource);
  d.pending.push({
    title: `${d.current.title}()`,
    name: 'call',
    call: 'call-self',
    symbol: type.symbol,
    signatures,
    resource,
    place: d.current.place,
    counted: false,
  });
  return { kind: 'resource', type: resource };
}

/** As the library calls it, without `Interface` of a compiler; a hint where it has no name. */
export function typeName(type: TS.Type, d: Deriver, hint = 'Value'): string {
  const name = type.aliasSymbol?.name ?? type.symbol?.name;
  if (name === undefined || name.startsWith('__') || name === 'default' || name === 'export=') {
    return hint === 'Value' ? `${d.current.title.replaceAll(/[^\w]+/g, ' ')} ${hint}` : hint;
  }
  // A module is called by its file.
  return name.startsWith('"') ? baseName(name.slice(1, -1)) : name;
}
