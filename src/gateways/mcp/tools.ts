/** From installed components to MCP tools. Built once per change of what is installed, then shared by all connections. */
import type { Tool } from '@modelcontextprotocol/server';
import type { DescribedFunction } from '#core/functions';
import type { Reuse } from '#core/limits';
import { type ContentKind, contentFunctions, isServedInterface, servedBy, type Served } from '#core/mcp-content';
import type { InstalledComponent } from '#core/ports';
import { toolName } from './names.ts';
import { isOwnTool } from './own-names.ts';
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
  /** The result is `switchboard:mcp/content`: it becomes content blocks, and no `outputSchema` is promised. */
  readonly content?: ContentKind | undefined;
  /** Handles cross: without a session the call is refused. */
  readonly needsSession: boolean;
  /** The component can ask its caller's person or model. */
  readonly asks: boolean;
  /** Goes through the connection's session where it has one: handles cross, or state lasts as long as the session. */
  readonly viaSession: boolean;
}

/** One installed version as the management tools tell of it. */
export interface InstalledVersion {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly size: number;
  /** What the component says of itself. */
  readonly docs: string;
  readonly functions: readonly { readonly id: string; readonly name: string }[];
  /** Its functions are tools; of other versions `switchboard_call` reaches them. */
  readonly newest: boolean;
}

export interface ToolTable {
  /** By tool name, ascending. */
  readonly entries: readonly ToolEntry[];
  readonly byName: ReadonlyMap<string, ToolEntry>;
  /** Every version, by name, then newest first. */
  readonly versions: readonly InstalledVersion[];
  /** The components that serve resources or prompts, by name, ascending. */
  readonly servers: readonly ServingComponent[];
}

/** A component that serves more than tools. */
export interface ServingComponent extends Served {
  /** `ns:name`. */
  readonly name: string;
  /** `ns:name@version`. */
  readonly component: string;
  readonly viaSession: boolean;
}

/** What a component can do besides computing, by what is granted to it now. */
export interface Effects {
  /** It may change files or stores. */
  readonly files: boolean;
  /** It may send something somewhere. */
  readonly network: boolean;
}

export const NO_EFFECTS: Effects = { files: false, network: false };

/** A component as the gateway needs it: what is installed, how long its instances live, and what they can do. */
export interface OfferedComponent {
  readonly installed: InstalledComponent;
  readonly reuse: Reuse;
  readonly effects: Effects;
}

/** The newest version of each name; `components` is by name, then newest first, as `host.list()` gives it. */
export function newestOf(components: readonly InstalledComponent[]): readonly InstalledComponent[] {
  const newest = new Map<string, InstalledComponent>();
  for (const component of components) if (!newest.has(component.name)) newest.set(component.name, component);
  return [...newest.values()];
}

/** From a component's name and a function's id to a tool's name. */
export type NameTool = (component: string, fn: string) => string;

/** The tools of the components, each callable function one; `all` are all versions that are installed. */
export function buildTools(
  components: readonly OfferedComponent[],
  all: readonly InstalledComponent[],
  nameTool: NameTool = toolName,
): ToolTable {
  const byName = new Map<string, ToolEntry>();
  const servers: ServingComponent[] = [];
  for (const offered of components) {
    const { installed, reuse } = offered;
    const { types, functions } = installed.description;
    const contents = contentFunctions(types);
    const served = servedBy(types);
    if (Object.keys(served).length > 0) {
      const component = `${installed.name}@${installed.version}`;
      servers.push({ ...served, name: installed.name, component, viaSession: reuse === 'session' });
    }
    for (const fn of functions) {
      if (isServedInterface(fn.interface)) continue;
      const entry = toolOf(offered, fn, contents.get(fn.id), nameTool);
      // Two functions could only meet here by a collision of 100 bits: then the first stays what it was. A name of
      // our own is never a component's.
      if (!isOwnTool(entry.tool.name) && !byName.has(entry.tool.name)) byName.set(entry.tool.name, entry);
    }
  }
  const entries = [...byName.values()].toSorted((a, b) => compare(a.tool.name, b.tool.name));
  const newest = new Set(newestOf(all));
  const versions = all.map((one) => versionOf(one, newest.has(one)));
  return { entries, byName, versions, servers: servers.toSorted((a, b) => compare(a.name, b.name)) };
}

/** Orders by code unit, the order that cursors rely on. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function versionOf({ name, version, description }: InstalledComponent, newest: boolean): InstalledVersion {
  const { digest, size, manifest, functions } = description;
  const docs = cleanText(description.docs === '' ? (manifest?.description ?? '') : description.docs);
  return {
    name,
    version,
    digest,
    size,
    docs,
    functions: functions
      .filter((fn) => !isServedInterface(fn.interface))
      .map(({ id, name: short }) => ({ id, name: short })),
    newest,
  };
}

/** The tool of one function; `content` is how its result is content, if it is. */
export function toolOf(
  { installed, reuse, effects: { files, network } }: OfferedComponent,
  fn: DescribedFunction,
  content: ContentKind | undefined,
  nameTool: NameTool = toolName,
): ToolEntry {
  const component = `${installed.name}@${installed.version}`;
  const shape = fn.result === undefined || content !== undefined ? undefined : resultShape(fn.result);
  const keepsState = fn.needsSession || reuse !== 'call';
  const title = `${installed.name} ${cleanText(fn.name)}`;
  return {
    tool: {
      name: nameTool(installed.name, fn.id),
      title,
      description: describe(component, fn),
      inputSchema: inputSchema(fn.arguments) as Tool['inputSchema'],
      ...(shape === undefined ? {} : { outputSchema: shape.schema }),
      // Where state is kept, files may be written or hosts reached, a call can change something.
      annotations: {
        title,
        readOnlyHint: !keepsState && !files && !network,
        destructiveHint: files || network,
        openWorldHint: network,
      },
    },
    component,
    fn: fn.id,
    hasResult: shape !== undefined,
    wrap: shape?.wrap ?? false,
    content,
    needsSession: fn.needsSession,
    asks: installed.description.requirements.some(
      ({ capability }) => capability === 'elicitation' || capability === 'sampling' || capability === 'calls',
    ),
    viaSession: fn.needsSession || reuse === 'session',
  };
}

function describe(component: string, fn: DescribedFunction): string {
  const docs = cleanText(fn.docs, LONGEST_DOCS);
  const handles = fn.needsSession ? ' Handles it returns live as long as the connection.' : '';
  return `${docs === '' ? '' : `${docs}\n\n`}Function ${cleanText(fn.id)} of the sandboxed component ${component}.${handles}`;
}
