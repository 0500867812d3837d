/** How many tools a narrowing offers, for the verb that serves them. The SDK is not loaded. */
import { isServedInterface } from '#core/mcp-content';
import { narrowed, type Narrowing } from '#core/narrowing';
import type { Host } from '#host/api';
import { toolName } from './names.ts';

export interface ToolCount {
  readonly tools: number;
  /** Whether they are found by search rather than listed. */
  readonly search: boolean;
}

/** The functions of the newest version of each name, as far as they are offered. */
export async function countTools(host: Host, { only = [], profile, tools }: Narrowing): Promise<ToolCount> {
  const named = profile === undefined ? undefined : (await host.profiles()).find(({ name }) => name === profile);
  const parts = [narrowed(only), narrowed(named?.only ?? [])];
  const seen = new Set<string>();
  let count = 0;
  for (const { name, description } of await host.list()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const fn of description.functions) {
      if (isServedInterface(fn.interface)) continue;
      const offered = { component: name, id: fn.id, name: fn.name, tool: toolName(name, fn.id) };
      if (parts.every((part) => part.offers(offered))) count += 1;
    }
  }
  return { tools: count, search: isSearch(count, tools ?? named?.tools ?? 'all') };
}

/** Whether so many tools are found by search rather than listed. */
export function isSearch(count: number, mode: NonNullable<Narrowing['tools']>): boolean {
  return mode === 'search' || (typeof mode === 'number' && count > mode);
}
