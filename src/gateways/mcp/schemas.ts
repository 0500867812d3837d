/** JSON Schemas of functions made fit for MCP, which wants an object at the root of both. */
import type { JsonSchema } from '#core/functions';

const LONGEST_TEXT = 1_000;

/** How a function's result becomes `structuredContent`. */
export interface ResultShape {
  /** An object schema with every `$defs` reference still resolving. */
  readonly schema: JsonSchema;
  /** Whether the value goes under `result`, because its own schema is not of an object. */
  readonly wrap: boolean;
}

/** `inputSchema` of a tool: the arguments by name. */
export function inputSchema(args: JsonSchema): JsonSchema {
  return { ...cleanSchema(args), type: 'object' };
}

/**
 * `outputSchema` of a tool. A result that is an object stays as it is; anything else is `{"result": …}`,
 * in every protocol revision alike. Definitions stay at the root: `#/$defs/…` means the same before and after.
 */
export function resultShape(result: JsonSchema): ResultShape {
  const schema = cleanSchema(result);
  if (isObject(schema)) return { schema: { ...schema, type: 'object' }, wrap: false };
  const { $schema, $defs, ...value } = schema;
  return {
    schema: {
      ...($schema === undefined ? {} : { $schema }),
      type: 'object',
      properties: { result: value },
      required: ['result'],
      additionalProperties: false,
      ...($defs === undefined ? {} : { $defs }),
    },
    wrap: true,
  };
}

/** Whether every value of the schema is an object, as far as its root and one local reference tell. */
function isObject(schema: JsonSchema): boolean {
  if (schema['type'] === 'object') return true;
  const ref = schema['$ref'];
  if (schema['type'] !== undefined || typeof ref !== 'string' || !ref.startsWith('#/$defs/')) return false;
  const defs = schema['$defs'];
  const name = ref.slice('#/$defs/'.length).replaceAll('~1', '/').replaceAll('~0', '~');
  if (!isRecord(defs) || !Object.hasOwn(defs, name)) return false;
  const target = defs[name];
  return isRecord(target) && target['type'] === 'object';
}

/**
 * A stranger's prose for a model or a person: no control characters, no invisible ones (text that only a
 * model sees is how instructions are smuggled into a description), and no longer than `longest`.
 */
export function cleanText(text: string, longest: number = LONGEST_TEXT): string {
  const visible = text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Co}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/gu, '');
  return (visible.length > longest ? `${visible.slice(0, longest).toWellFormed()}…` : visible).trim();
}

function cleanSchema(schema: JsonSchema): JsonSchema {
  return cleanValue(schema) as JsonSchema;
}

function cleanValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleanValue);
  if (!isRecord(value)) return value;
  const cleaned: { [key: string]: unknown } = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'items' && inner === false) {
      // Clients' converters stumble over a bare `false`; where `maxItems` says the same it is left out.
      const fixed = value['prefixItems'];
      if (!Array.isArray(fixed) || value['maxItems'] !== fixed.length) cleaned['items'] = { not: {} };
      continue;
    }
    const prose = (key === 'description' || key === 'title' || key === '$comment') && typeof inner === 'string';
    Object.defineProperty(cleaned, key, {
      value: prose ? cleanText(inner) : cleanValue(inner),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return cleaned;
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
