/** Which functions of a component speak `switchboard:mcp` (wit/mcp.wit): by the ids and the structure of their types. */
import { callableFunctions } from './functions.ts';
import { allFit, CONTENT, fits, type FunctionShape, SERVED_SHAPES, type Shape, TOOL_RESULT } from './mcp-shapes.ts';
import type { ComponentTypes, TypeRef, WitFunction } from './wit-types.ts';

const VERSION = '0.1.0';
const CONTENT_ID = `switchboard:mcp/content@${VERSION}`;

/** How a function's result is content: one block, a list of them, or a whole tool result. */
export type ContentKind = 'block' | 'list' | 'tool-result';

/** The ids of the functions by which a component serves; of an interface all or none. */
export type Served = {
  readonly [I in keyof typeof SERVED_SHAPES]?: { readonly [F in keyof (typeof SERVED_SHAPES)[I]]: string };
};

/** Whether an interface is one that a component serves MCP by: its functions are no tools, whatever their types. */
export function isServedInterface(id: string | undefined): boolean {
  return id !== undefined && SERVED_INTERFACES.has(id);
}

const NAMES = Object.keys(SERVED_SHAPES) as readonly (keyof typeof SERVED_SHAPES)[];
const idOf = (name: string): string => `switchboard:mcp/${name}@${VERSION}`;
const SERVED_INTERFACES: ReadonlySet<string> = new Set(NAMES.map(idOf));

/** The callable functions whose result is content, by their ids. */
export function contentFunctions(types: ComponentTypes): ReadonlyMap<string, ContentKind> {
  const found = new Map<string, ContentKind>();
  if (!types.types.some((entry) => entry.interface === CONTENT_ID)) return found;
  for (const { id, fn } of callableFunctions(types, () => false)) {
    const kind = contentKind(types, fn);
    if (kind !== undefined) found.set(id, kind);
  }
  return found;
}

/** How a function's result, or the success of its `result`, is content; undefined if it is not. */
export function contentKind(types: ComponentTypes, fn: Pick<WitFunction, 'result'>): ContentKind | undefined {
  const result = typeof fn.result === 'number' ? types.types[fn.result] : undefined;
  const ref = result?.kind === 'result' ? result.ok : fn.result;
  const entry = typeof ref === 'number' ? types.types[ref] : undefined;
  if (entry?.kind === 'list') return isNamed(types, entry.element, 'content', CONTENT) ? 'list' : undefined;
  if (isNamed(types, ref, 'content', CONTENT)) return 'block';
  return isNamed(types, ref, 'tool-result', TOOL_RESULT) ? 'tool-result' : undefined;
}

function isNamed(types: ComponentTypes, ref: TypeRef | undefined, name: string, shape: Shape): boolean {
  const entry = typeof ref === 'number' ? types.types[ref] : undefined;
  return entry?.interface === CONTENT_ID && entry.name === name && fits(types, ref, shape);
}

/** What a component serves besides tools. An interface whose functions are not those of wit/mcp.wit does not count. */
export function servedBy(types: ComponentTypes): Served {
  if (!types.exports.some(({ id }) => SERVED_INTERFACES.has(id))) return {};
  const callable = callableFunctions(types, () => false);
  const served: { [name: string]: { [fn: string]: string } } = {};
  for (const name of NAMES) {
    const shapes: { readonly [fn: string]: FunctionShape } = SERVED_SHAPES[name];
    const ids: { [fn: string]: string } = {};
    for (const { id, fn } of callable) {
      const shape = fn.interface === idOf(name) && Object.hasOwn(shapes, fn.name) ? shapes[fn.name] : undefined;
      if (shape && allFit(types, fn.params, shape.params) && fits(types, fn.result, shape.result)) ids[fn.name] = id;
    }
    if (Object.keys(ids).length === Object.keys(shapes).length) served[name] = ids;
  }
  return served;
}
