/** What one connection sees of the tools: made once per change and narrowing, shared by the connections that have it. */
import type { Tool } from '@modelcontextprotocol/server';
import { narrowed, type Narrowed, type Narrowing, type ToolsMode } from '#core/narrowing';
import type { Host } from '#host/api';
import { isSearch } from './count-tools.ts';
import { toolName } from './names.ts';
import { ownTools } from './own-tools.ts';
import { createSearchIndex, type SearchIndex } from './search-index.ts';
import type { InstalledVersion, ServingComponent, ToolEntry, ToolTable } from './tools.ts';

/** The tools of a connection: what is not in here does not exist for it, whichever way it asks. */
export interface ToolView extends ToolTable {
  /** Those that `tools/list` gives: all, or none where they are found by search. */
  readonly listed: readonly ToolEntry[];
  /** Switchboard's own, as `tools/list` gives them. */
  readonly own: readonly Tool[];
  /** Whether one of Switchboard's own can be called. */
  offersOwn(name: string): boolean;
  /** Whether a function of a component exists for this connection; components and what they serve are asked by this too. */
  offers(component: string, fn: { readonly id: string; readonly name: string }): boolean;
  /** The tool of a function of a newest version; `component` is `ns:name@version`. */
  entryOf(component: string, fn: string): ToolEntry | undefined;
  /** Made when it is first asked for. */
  search(): SearchIndex;
}

/** Applies narrowings one after another. A profile that is gone lets nothing through. */
export async function viewOf(host: Host, table: ToolTable, narrowings: readonly Narrowing[]): Promise<ToolView> {
  const parts: Narrowed[] = [];
  let mode: ToolsMode | undefined;
  for (const { only, tools, profile } of narrowings) {
    const named = profile === undefined ? undefined : (await host.profiles()).find(({ name }) => name === profile);
    if (profile !== undefined) parts.push(named ? narrowed(named.only) : NOTHING);
    if (only !== undefined) parts.push(narrowed(only));
    mode = tools ?? named?.tools ?? mode;
  }
  const whole = parts.length === 0 ? table : narrowTable(table, parts);
  const search = isSearch(whole.entries.length, mode ?? 'all');
  const offersOwn = (name: string): boolean => parts.every((part) => part.offersOwn(name));
  let index: SearchIndex | undefined;
  let byFunction: ReadonlyMap<string, ToolEntry> | undefined;
  return {
    ...whole,
    listed: search ? [] : whole.entries,
    own: ownTools(whole.entries, search).filter(({ name }) => offersOwn(name)),
    offersOwn,
    offers: (component, { id, name }) => offersAll(parts, component, id, name),
    entryOf(component, fn) {
      byFunction ??= new Map(whole.entries.map((entry) => [`${entry.component} ${entry.fn}`, entry]));
      return byFunction.get(`${component} ${fn}`);
    },
    search: () => (index ??= createSearchIndex(whole)),
  };
}

const NOTHING: Narrowed = { offers: () => false, offersOwn: () => false };

function offersAll(parts: readonly Narrowed[], component: string, id: string, name: string): boolean {
  if (parts.length === 0) return true;
  const offered = { component, id, name, tool: toolName(component, id) };
  return parts.every((part) => part.offers(offered));
}

function narrowTable(table: ToolTable, parts: readonly Narrowed[]): ToolTable {
  const kept = new Set<string>();
  const narrowVersion = (version: InstalledVersion): InstalledVersion => {
    const functions = version.functions.filter(({ id, name }) => offersAll(parts, version.name, id, name));
    if (version.newest) for (const { id } of functions) kept.add(`${version.name}@${version.version} ${id}`);
    return { ...version, functions };
  };
  const servers = table.servers.map((server) => narrowServer(server, parts)).filter(servesSomething);
  const serving = new Set(servers.map(({ component }) => component));
  const left = table.versions
    .map(narrowVersion)
    .filter(({ name, version, functions }) => functions.length > 0 || serving.has(`${name}@${version}`));
  const entries = table.entries.filter(({ component, fn }) => kept.has(`${component} ${fn}`));
  return { entries, byName: new Map(entries.map((entry) => [entry.tool.name, entry])), versions: left, servers };
}

/** Resources and prompts are offered where all the functions are by which the component serves them. */
function narrowServer(server: ServingComponent, parts: readonly Narrowed[]): ServingComponent {
  const { name, component, viaSession, ...served } = server;
  const offered = Object.entries(served).filter(([, functions]) =>
    Object.values(functions ?? {}).every((id) => offersAll(parts, name, id, id.replace(/^.*[.#]/, ''))),
  );
  return { name, component, viaSession, ...Object.fromEntries(offered) };
}

function servesSomething({ resources, prompts, completion }: ServingComponent): boolean {
  return resources !== undefined || prompts !== undefined || completion !== undefined;
}
