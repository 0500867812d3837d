/** From installed components to MCP tools. Built once per change of what is installed, then shared by all connections. */
import type { Tool } from '@modelcontextprotocol/server';
import type { DescribedFunction } from '#core/functions';
import type { Reuse } from '#core/limits';
import type { InstalledComponent } from '#core/ports';
import { toolName } from './names.ts';
import { REQUEST_PERMISSION } from './own-tools.ts';
import { cleanText, inputSchema, resultShape } from './schemas.ts';

const LONGEST_DOCS = 4_000;

/** One tool and how to call it; nothing of it is computed per call. */
export interface ToolEntry {
  readonly tool: Tool;
  /** `ns:name@version`: the version whose schemas the client was shown. */
  readonly component: string;
  readonly fn: string;
  readonly hasResult: boolean;
  /** Whether the result goes under `result` in `structuredContent`. */
  readonly wrap: boolean;
  /** Handles cross: without a session the call is refused. */
  readonly needsSession: boolean;
  /** The component can ask its caller's person or model. */
  readonly asks: boolean;
  /** Goes through the connection's session where it has one: handles cross, or state lasts as long as the session. */
  readonly viaSession: boolean;
}

export interface ToolTable {
  /** By tool name, ascending. */
  readonly entries: readonly ToolEntry[];
  readonly byName: ReadonlyMap<string, ToolEntry>;
}

/** A component as the gateway needs it: what is installed, and how long its instances live. */
export interface OfferedComponent {
  readonly installed: InstalledComponent;
  readonly reuse: Reuse;
}

/** The newest version of each name; `components` is by name, then newest first, as `host.list()` gives it. */
export function newestOf(components: readonly InstalledComponent[]): readonly InstalledComponent[] {
  const newest = new Map<string, InstalledComponent>();
  for (const component of components) if (!newest.has(component.name)) newest.set(component.name, component);
  return [...newest.values()];
}

/** From a component's name and a function's id to a tool's name. */
export type NameTool = (component: string, fn: string) => string;

/** The tools of the components, each callable function one. */
export function buildTools(components: readonly OfferedComponent[], nameTool: NameTool = toolName): ToolTable {
  const byName = new Map<string, ToolEntry>();
  for (const { installed, reuse } of components) {
    for (const fn of installed.description.functions) {
      const entry = toolOf(installed, fn, reuse, nameTool);
      // Two functions could only meet here by a collision of 100 bits: then the first stays what it was. A name of
      // our own is never a component's.
      if (entry.tool.name !== REQUEST_PERMISSION && !byName.has(entry.tool.name)) byName.set(entry.tool.name, entry);
    }
  }
  const entries = [...byName.values()].toSorted((a, b) => compare(a.tool.name, b.tool.name));
  return { entries, byName };
}

/** Orders by code unit, the order that cursors rely on. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toolOf(installed: InstalledComponent, fn: DescribedFunction, reuse: Reuse, nameTool: NameTool): ToolEntry {
  const component = `${installed.name}@${installed.version}`;
  const shape = fn.result === undefined ? undefined : resultShape(fn.result);
  const keepsState = fn.needsSession || reuse !== 'call';
  const title = `${installed.name} ${cleanText(fn.name)}`;
  const reaches = (capability: string): boolean =>
    installed.description.requirements.some((r) => r.capability === capability && r.access === 'grantable');
  const [files, network] = [reaches('filesystem'), reaches('http')];
  return {
    tool: {
      name: nameTool(installed.name, fn.id),
      title,
      description: describe(component, fn),
      inputSchema: inputSchema(fn.arguments) as Tool['inputSchema'],
      ...(shape === undefined ? {} : { outputSchema: shape.schema }),
      // Where state is kept, or files or hosts can be granted, a call can change something.
      annotations: {
        title,
        readOnlyHint: !keepsState && !files && !network,
        destructiveHint: files,
        openWorldHint: network,
      },
    },
    component,
    fn: fn.id,
    hasResult: shape !== undefined,
    wrap: shape?.wrap ?? false,
    needsSession: fn.needsSession,
    asks: reaches('elicitation') || reaches('sampling'),
    viaSession: fn.needsSession || reuse === 'session',
  };
}

function describe(component: string, fn: DescribedFunction): string {
  const docs = cleanText(fn.docs, LONGEST_DOCS);
  const handles = fn.needsSession ? ' Handles it returns live as long as the connection.' : '';
  return `${docs === '' ? '' : `${docs}\n\n`}Function ${cleanText(fn.id)} of the sandboxed component ${component}.${handles}`;
}
