/** The types of `wit/mcp.wit` as data, to compare a component's with: a name alone proves nothing. */
import type { ComponentTypes, Primitive, TypeRef } from './wit-types.ts';

export type Shape =
  | Primitive
  | { readonly list: Shape }
  | { readonly option: Shape }
  | { readonly record: { readonly [field: string]: Shape } }
  | { readonly variant: { readonly [name: string]: Shape } }
  | { readonly labels: readonly string[] }
  | { readonly tuple: readonly Shape[] }
  | { readonly ok: Shape; readonly err: Shape };

const option = (some: Shape): Shape => ({ option: some });
const list = (element: Shape): Shape => ({ list: element });
const record = (fields: { readonly [field: string]: Shape }): Shape => ({ record: fields });
const orText = (ok: Shape): Shape => ({ ok, err: 'string' });

const ROLE: Shape = { labels: ['user', 'assistant'] };
const ANNOTATIONS = option(
  record({ audience: list(ROLE), priority: option('f64'), 'last-modified': option('string') }),
);
const MEDIA = record({ data: list('u8'), 'mime-type': 'string', annotations: ANNOTATIONS });
const CONTENTS = record({
  uri: 'string',
  'mime-type': option('string'),
  body: { variant: { text: 'string', blob: list('u8') } },
});
const NAMED = { name: 'string', title: option('string'), description: option('string') } as const;
const LINK = record({
  uri: 'string',
  ...NAMED,
  'mime-type': option('string'),
  size: option('u64'),
  annotations: ANNOTATIONS,
});
const TEMPLATE = record({
  'uri-template': 'string',
  ...NAMED,
  'mime-type': option('string'),
  annotations: ANNOTATIONS,
});
const PROMPT = record({ ...NAMED, arguments: list(record({ ...NAMED, required: 'bool' })) });
const PAIRS = list({ tuple: ['string', 'string'] });
const CURSOR = { cursor: option('string') };

export const CONTENT: Shape = {
  variant: {
    text: record({ text: 'string', annotations: ANNOTATIONS }),
    image: MEDIA,
    audio: MEDIA,
    embedded: record({ contents: CONTENTS, annotations: ANNOTATIONS }),
    link: LINK,
  },
};

export const TOOL_RESULT: Shape = record({
  content: list(CONTENT),
  structured: option('string'),
  'is-error': 'bool',
});

/** What a function takes and gives. */
export interface FunctionShape {
  readonly params: { readonly [name: string]: Shape };
  readonly result: Shape;
}

const page = (what: string, item: Shape): FunctionShape => ({
  params: CURSOR,
  result: orText(record({ [what]: list(item), 'next-cursor': option('string') })),
});

/** The functions of each interface that a component may serve by. */
export const SERVED_SHAPES = {
  resources: {
    'list-resources': page('resources', LINK),
    'list-templates': page('templates', TEMPLATE),
    read: { params: { uri: 'string' }, result: orText(list(CONTENTS)) },
  },
  prompts: {
    'list-prompts': page('prompts', PROMPT),
    get: {
      params: { name: 'string', arguments: PAIRS },
      result: orText(
        record({ description: option('string'), messages: list(record({ role: ROLE, content: CONTENT })) }),
      ),
    },
  },
  completion: {
    complete: {
      params: {
        reference: { variant: { prompt: 'string', template: 'string' } },
        argument: 'string',
        value: 'string',
        arguments: PAIRS,
      },
      result: orText(record({ values: list('string'), total: option('u32'), 'has-more': 'bool' })),
    },
  },
} as const satisfies { readonly [name: string]: { readonly [fn: string]: FunctionShape } };

/** Whether a type is exactly of a shape. Shapes are finite, so this ends whatever the table says. */
export function fits(types: ComponentTypes, ref: TypeRef | undefined, shape: Shape): boolean {
  if (ref === undefined || typeof ref === 'string' || typeof shape === 'string') return ref === shape;
  const entry = types.types[ref];
  switch (entry?.kind) {
    case 'list':
      return 'list' in shape && fits(types, entry.element, shape.list);
    case 'option':
      return 'option' in shape && fits(types, entry.some, shape.option);
    case 'record':
      return 'record' in shape && allFit(types, entry.fields, shape.record);
    case 'variant':
      return 'variant' in shape && allFit(types, entry.cases, shape.variant);
    case 'enum':
      return 'labels' in shape && String(entry.cases.map((c) => c.name)) === String(shape.labels);
    case 'tuple':
      return (
        'tuple' in shape &&
        entry.items.length === shape.tuple.length &&
        shape.tuple.every((item, i) => fits(types, entry.items[i], item))
      );
    case 'result':
      return 'ok' in shape && fits(types, entry.ok, shape.ok) && fits(types, entry.err, shape.err);
    default:
      return false;
  }
}

/** Whether these members have these names, in this order, and types. */
export function allFit(
  types: ComponentTypes,
  members: readonly { readonly name: string; readonly type?: TypeRef }[],
  shapes: { readonly [name: string]: Shape },
): boolean {
  const wanted = Object.entries(shapes);
  return (
    members.length === wanted.length &&
    wanted.every(([name, shape], i) => members[i]?.name === name && fits(types, members[i]?.type, shape))
  );
}
