/** Names in WIT for everything that is offered: each once, whatever the library calls them. */
import {
  type Case,
  type Derived,
  isNamed,
  type NamedType,
  type ResourceType,
  type Shape,
  type WrappedFunction,
} from './model.ts';
import { createScope, kebab, written } from './names.ts';

export interface PlannedFunction {
  readonly wit: string;
  readonly fn: WrappedFunction;
  /** Of the parameters that are not dropped, in order. */
  readonly params: readonly string[];
}

export interface PlannedType {
  readonly wit: string;
  readonly type: Exclude<NamedType, ResourceType>;
  /** Of fields, cases or values, in order. */
  readonly labels: readonly string[];
}

export interface PlannedResource {
  readonly wit: string;
  readonly type: ResourceType;
  readonly members: readonly PlannedFunction[];
}

export interface Plan {
  readonly functions: readonly PlannedFunction[];
  readonly resources: readonly PlannedResource[];
  /** What others need stands before them. */
  readonly types: readonly PlannedType[];
  readonly nameOf: (type: NamedType) => string;
  /** In WIT; undefined for what has no value. */
  readonly witOf: (shape: Shape, direction: 'in' | 'out') => string | undefined;
}

export function planOf(derived: Pick<Derived, 'functions' | 'resources'>): Plan {
  const scope = createScope();
  const names = new Map<NamedType, string>();
  const functions = derived.functions.map((fn) => planned(fn, scope(fn.name)));
  const taken = derived.resources.map((type) => {
    const wit = scope(type.name, `${type.name}-object`);
    names.set(type, wit);
    return { wit, type };
  });
  const types: PlannedType[] = [];
  const byBody = new Map<string, string>();

  const witOf = (shape: Shape, direction: 'in' | 'out'): string | undefined => {
    const inner = (of: Shape): string => witOf(of, direction) ?? 'bool';
    if (isNamed(shape)) {
      const { type } = shape;
      const name = written(nameOf(type, direction));
      return type.kind === 'resource' && direction === 'in' ? `borrow<${name}>` : name;
    }
    switch (shape.kind) {
      case 'void':
      case 'never':
        return undefined;
      case 'bool':
        return 'bool';
      case 'number':
        return 'f64';
      case 'bytes':
      case 'buffer':
      case 'array-buffer':
        return 'list<u8>';
      case 'numbers':
        return 'list<f64>';
      case 'literal':
        return typeof shape.value === 'string' ? 'string' : typeof shape.value === 'number' ? 'f64' : 'bool';
      case 'list':
        return `list<${inner(shape.of)}>`;
      case 'tuple':
        return `tuple<${shape.items.map(inner).join(', ')}>`;
      case 'map':
        return `list<tuple<${inner(shape.key)}, ${inner(shape.value)}>>`;
      case 'option':
        return `option<${inner(shape.of)}>`;
      case 'promise':
        return witOf(shape.of, direction);
      default:
        return 'string';
    }
  };

  const nameOf = (type: NamedType, direction: 'in' | 'out' = 'out'): string => {
    const known = names.get(type);
    if (known !== undefined) return known;
    if (type.kind === 'resource') throw new Error(`the resource ${type.name} was not planned`);
    const labels = labelsOf(type);
    const body = bodyOf(type, labels, (shape) => witOf(shape, direction) ?? '');
    const form = `${type.kind} ${type.name} ${body}`;
    const same = byBody.get(form);
    const wit =
      same ??
      scope(type.name, `${type.name}-${type.kind === 'enum' ? 'choice' : direction === 'out' ? 'result' : 'input'}`);
    names.set(type, wit);
    // The glue of one direction has its own table even where WIT shares the type.
    if (same === undefined) byBody.set(form, wit);
    types.push({ wit, type, labels });
    return wit;
  };

  const visit = ({ fn }: PlannedFunction): void => {
    for (const param of fn.params) if (param.dropped !== true) witOf(param.shape, 'in');
    witOf(fn.result, 'out');
  };
  for (const one of functions) visit(one);
  const resources = taken.map(({ wit, type }): PlannedResource => {
    // A member with its resource's own name would be its constructor.
    const own = createScope([wit]);
    const members = [...type.members].sort((a, b) => Number(a.call === 'property') - Number(b.call === 'property'));
    return {
      wit,
      type,
      members: members.map((fn) =>
        planned(
          fn,
          own(
            fn.name === 'constructor' ? 'constructor-of' : fn.name,
            `${fn.call === 'property' ? 'get' : 'static'}-${fn.name}`,
          ),
        ),
      ),
    };
  });
  for (const { members } of resources) for (const one of members) visit(one);
  return { functions, resources, types, nameOf, witOf };
}

function planned(fn: WrappedFunction, wit: string): PlannedFunction {
  const scope = createScope();
  const params = fn.params.filter(({ dropped }) => dropped !== true).map(({ name }) => scope(kebab(name)));
  return { wit, fn, params };
}

function labelsOf(type: Exclude<NamedType, ResourceType>): string[] {
  const scope = createScope();
  if (type.kind === 'enum') return type.labels.map((label) => scope(kebab(label)));
  if (type.kind === 'record') return type.fields.map(({ name }) => scope(kebab(name, 'field')));
  return type.cases.map(({ name }: Case) => scope(kebab(name)));
}

function bodyOf(
  type: Exclude<NamedType, ResourceType>,
  labels: readonly string[],
  wit: (shape: Shape) => string,
): string {
  if (type.kind === 'enum') return labels.join();
  if (type.kind === 'record') return type.fields.map((one, i) => `${labels[i] ?? ''}:${wit(one.shape)}`).join();
  return type.cases.map((one, i) => `${labels[i] ?? ''}(${one.shape === undefined ? '' : wit(one.shape)})`).join();
}
