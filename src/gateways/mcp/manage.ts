/** What the management tools answer about components and tools. Bounded: nothing of a stranger's floods a context. */
import { findFunction } from '#core/functions';
import { contentFunctions } from '#core/mcp-content';
import type { Host } from '#host/api';
import { findVersion } from './call-tool.ts';
import { asCount, asQuery, asText, asTexts, checkKeys } from './manage-arguments.ts';
import { cleanText, inputSchema, resultShape } from './schemas.ts';
import { requestTexts } from './manage-policy.ts';
import type { InstalledVersion, ToolEntry } from './tools.ts';
import type { ToolView } from './view.ts';

type Arguments = { readonly [name: string]: unknown };
type Answer = { readonly [name: string]: unknown };

/** Characters of schemas in one answer; what goes beyond is left out and said to be. */
const MOST_SCHEMA = 120_000;
const SHORT = 300;
const MOST_FUNCTIONS = 5;

export function listComponents({ versions }: ToolView, args: Arguments): Answer {
  checkKeys(args, ['limit', 'cursor']);
  const limit = asCount(args, 'limit', 200, 50);
  const start = args['cursor'] === undefined ? 0 : after(versions, asText(args, 'cursor'));
  const page = versions.slice(start, start + limit);
  const last = page.at(-1);
  return {
    components: page.map(summaryOf),
    total: versions.length,
    ...(last && start + limit < versions.length ? { nextCursor: idOf(last) } : {}),
  };
}

/** The place after the version that a cursor names; where it is gone, the next name. */
function after(versions: readonly InstalledVersion[], cursor: string): number {
  const at = versions.findIndex((one) => idOf(one) === cursor);
  if (at >= 0) return at + 1;
  const next = versions.findIndex((one) => one.name > cursor.replace(/@.*$/s, ''));
  return next < 0 ? versions.length : next;
}

const idOf = ({ name, version }: InstalledVersion): string => `${name}@${version}`;

function summaryOf(one: InstalledVersion): Answer {
  const { digest, docs, newest, functions, size } = one;
  return {
    component: idOf(one),
    digest,
    newest,
    functions: functions.length,
    size,
    description: cleanText(docs, SHORT),
  };
}

export function searchComponents(view: ToolView, args: Arguments): Answer {
  checkKeys(args, ['query', 'limit']);
  const found = view.search().components(asQuery(args), asCount(args, 'limit', 50, 10));
  return {
    components: found.map(({ version, tools }) => ({
      ...summaryOf(version),
      matches: tools.slice(0, MOST_FUNCTIONS).map((entry) => ({
        function: entry.fn,
        tool: entry.tool.name,
        description: cleanText(entry.tool.description ?? '', SHORT),
      })),
    })),
  };
}

export function searchTools(view: ToolView, args: Arguments): Answer {
  checkKeys(args, ['query', 'limit']);
  const limit = asCount(args, 'limit', 25, 8);
  const found = view.search().tools(asQuery(args), limit);
  let left = MOST_SCHEMA;
  const tools: Answer[] = [];
  for (const entry of found) {
    const tool = foundTool(entry);
    left -= JSON.stringify(tool).length;
    // The best one is told whatever its size: without it the search was for nothing.
    if (left < 0 && tools.length > 0) break;
    tools.push(tool);
  }
  return { tools, total: view.entries.length, ...(tools.length < found.length ? { truncated: true } : {}) };
}

function foundTool({ tool, component, fn }: ToolEntry): Answer {
  const { name, description, annotations } = tool;
  return { name, description, inputSchema: tool.inputSchema, annotations, component, function: fn };
}

export async function inspectComponent(host: Host, view: ToolView, args: Arguments): Promise<Answer> {
  checkKeys(args, ['component', 'functions']);
  const version = findVersion(view, asText(args, 'component'));
  const wanted = asTexts(args, 'functions', 50)?.map((name) => findFunction(version.functions, name).id);
  const { description } = await host.info(idOf(version));
  const { effective } = await host.limits(idOf(version));
  const contents = contentFunctions(description.types);
  const shown = new Set(wanted ?? version.functions.map(({ id }) => id));
  let left = MOST_SCHEMA;
  const functions = description.functions.flatMap((fn) => {
    if (!shown.has(fn.id)) return [];
    const short = {
      function: fn.id,
      ...(version.newest ? { tool: view.entryOf(idOf(version), fn.id)?.tool.name } : {}),
      description: cleanText(fn.docs, SHORT),
      needsSession: fn.needsSession,
    };
    const full = {
      ...short,
      wit: cleanText(fn.wit),
      description: cleanText(fn.docs, 4_000),
      inputSchema: inputSchema(fn.arguments),
      // Content is no structured result: its tool promises none either.
      ...(fn.result === undefined || contents.has(fn.id) ? {} : { outputSchema: resultShape(fn.result).schema }),
    };
    left -= JSON.stringify(full).length;
    return [left >= 0 ? full : short];
  });
  return {
    component: idOf(version),
    digest: version.digest,
    newest: version.newest,
    size: version.size,
    description: version.docs,
    functions,
    ...(left < 0 ? { truncated: true } : {}),
    imports: description.requirements.map((one) => ({
      import: cleanText(one.import, SHORT),
      capability: one.capability,
      access: one.access,
    })),
    requests: requestTexts(description.manifest?.permissions ?? []),
    limits: effective,
  };
}
