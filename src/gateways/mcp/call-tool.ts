/** What `switchboard_call` calls: any function of any installed version, named by component or by digest. */
import { SwitchboardError } from '#core/errors';
import { findFunction } from '#core/functions';
import { contentFunctions } from '#core/mcp-content';
import { parseReference, printable } from '#core/reference';
import type { CallArguments, Host } from '#host/api';
import { asText, checkKeys } from './manage-arguments.ts';
import { type InstalledVersion, NO_EFFECTS, type ToolEntry, toolOf } from './tools.ts';
import type { ToolView } from './view.ts';

export interface ResolvedCall {
  readonly entry: ToolEntry;
  readonly args: CallArguments;
}

/** Entries of versions that are no tools, made when first called; they go with the view. */
const others = new WeakMap<ToolView, Map<string, Promise<ToolEntry>>>();

/** Errors: `invalid-arguments`, `invalid-reference`, `component-not-found`, `unknown-function`: also for what the connection is not offered. */
export async function resolveCall(
  host: Host,
  view: ToolView,
  given: { readonly [name: string]: unknown },
): Promise<ResolvedCall> {
  checkKeys(given, ['component', 'function', 'arguments']);
  const args = given['arguments'] ?? {};
  if (typeof args !== 'object' || Array.isArray(args)) {
    throw new SwitchboardError('invalid-arguments', 'arguments: expected an object of arguments by name');
  }
  const version = findVersion(view, asText(given, 'component'));
  const { id } = findFunction(version.functions, asText(given, 'function'));
  const entry = version.newest
    ? view.entryOf(`${version.name}@${version.version}`, id)
    : await otherEntry(host, view, version, id);
  if (!entry) throw new SwitchboardError('unknown-function', `no function "${printable(id)}"`);
  return { entry, args: args as CallArguments };
}

/**
 * The version that a reference or a `sha256:` digest names, as far as the connection is offered anything of it: what it is
 * not offered is not told from what is not installed. Of versions with the same bytes the first by name.
 */
export function findVersion(view: ToolView, text: string): InstalledVersion {
  const found = text.startsWith('sha256:') ? byDigest(view, text) : byReference(view, text);
  if (found) return found;
  throw new SwitchboardError('component-not-found', `${printable(text)} is not installed`, {
    fix: 'switchboard_list_components tells what is',
  });
}

function byDigest({ versions }: ToolView, text: string): InstalledVersion | undefined {
  if (!/^sha256:[0-9a-f]{64}$/.test(text)) {
    throw new SwitchboardError('invalid-reference', `"${printable(text)}" is no digest: sha256: and 64 hex digits`);
  }
  const same = versions.filter(({ digest }) => digest === text);
  return same.find(({ newest }) => newest) ?? same[0];
}

function byReference({ versions }: ToolView, text: string): InstalledVersion | undefined {
  const { name, version } = parseReference(text);
  return versions.find((one) => one.name === name && (version === undefined ? one.newest : one.version === version));
}

function otherEntry(host: Host, view: ToolView, { name, version }: InstalledVersion, id: string): Promise<ToolEntry> {
  const reference = `${name}@${version}`;
  const made = others.get(view) ?? new Map<string, Promise<ToolEntry>>();
  others.set(view, made);
  const key = `${reference} ${id}`;
  const known = made.get(key);
  if (known) return known;
  const making = (async () => {
    const installed = await host.info(reference);
    const { effective } = await host.limits(reference);
    const { functions, types } = installed.description;
    const fn = findFunction(functions, id);
    // Its annotations are shown to nobody.
    return toolOf({ installed, reuse: effective.reuse, effects: NO_EFFECTS }, fn, contentFunctions(types).get(fn.id));
  })();
  made.set(key, making);
  making.catch(() => void made.delete(key));
  return making;
}
