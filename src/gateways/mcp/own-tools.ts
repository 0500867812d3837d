/**
 * Switchboard's own tools beside the components'. They tell what there is and file requests; none of them grants,
 * installs or reads a secret, and they see no more than the connection they are called on.
 */
import type { CallToolResult, Tool } from '@modelcontextprotocol/server';
import type { Principal } from '#core/context';
import type { Host } from '#host/api';
import { findVersion } from './call-tool.ts';
import { getPolicy } from './manage-policy.ts';
import { inspectComponent, listComponents, searchComponents, searchTools } from './manage.ts';
import { CALL_TOOL, MANAGE_TOOLS, searchToolsTool } from './manage-schemas.ts';
import { OWN, type OwnName } from './own-names.ts';
import { requestPermission, REQUEST_PERMISSION_TOOL } from './request-permission.ts';
import type { ToolEntry } from './tools.ts';
import type { ToolView } from './view.ts';

/** Those to list: where tools are found by search, the search comes first. */
export function ownTools(entries: readonly ToolEntry[], search: boolean): readonly Tool[] {
  return [
    ...(search ? [searchToolsTool(entries.length)] : []),
    ...MANAGE_TOOLS,
    { ...CALL_TOOL, annotations: callAnnotations(entries) },
    REQUEST_PERMISSION_TOOL,
  ];
}

/** Through `switchboard_call` anything can be called: it is what the tools are together. */
function callAnnotations(entries: readonly ToolEntry[]): Tool['annotations'] {
  const some = (hint: 'destructiveHint' | 'openWorldHint'): boolean =>
    entries.some(({ tool }) => tool.annotations?.[hint] === true);
  return {
    readOnlyHint: entries.every(({ tool }) => tool.annotations?.readOnlyHint === true),
    destructiveHint: some('destructiveHint'),
    openWorldHint: some('openWorldHint'),
  };
}

type Arguments = { readonly [name: string]: unknown };

/** Runs one of them, `switchboard_call` excepted, which is a call. Errors: those of the host, `invalid-arguments`. */
export async function callOwnTool(
  host: Host,
  view: ToolView,
  name: Exclude<OwnName, typeof OWN.call>,
  args: Arguments,
  principal: Principal,
): Promise<CallToolResult> {
  if (name === OWN.requestPermission) {
    if (typeof args['component'] === 'string') findVersion(view, args['component']);
    return requestPermission(host, args, principal);
  }
  const structuredContent = await answers[name](host, view, args);
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

const answers = {
  [OWN.listComponents]: async (_: Host, view: ToolView, args: Arguments) => listComponents(view, args),
  [OWN.searchComponents]: async (_: Host, view: ToolView, args: Arguments) => searchComponents(view, args),
  [OWN.searchTools]: async (_: Host, view: ToolView, args: Arguments) => searchTools(view, args),
  [OWN.inspectComponent]: inspectComponent,
  [OWN.getPolicy]: getPolicy,
};
