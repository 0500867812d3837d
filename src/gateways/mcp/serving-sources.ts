/** The components that serve resources and prompts, and calls of them. */
import type { ServerContext } from '@modelcontextprotocol/server';
import type { CallOptions, Host, Session } from '#host/api';
import { type ComponentPage, mergedPage, type MergedPage } from './pages.ts';
import { withOwnProgress } from './own-words.ts';
import { requestError } from './results.ts';
import type { Toolbox } from './toolbox.ts';
import type { ServingComponent } from './tools.ts';

export interface ServingPorts {
  readonly toolbox: Toolbox;
  /** Where a component's calls go: the connection's session if its state lasts as long, else the host. */
  readonly target: (viaSession: boolean) => Promise<Host | Session> | Host;
  /** Runs what a request asks for, with the options that its calls are made with. */
  readonly answer: <R>(ctx: ServerContext, run: (options: CallOptions) => Promise<R>) => Promise<R>;
}

/** A component that serves these. */
export type Has<I extends 'resources' | 'prompts'> = ServingComponent & Required<Pick<ServingComponent, I>>;

/** The components that serve it, by name. */
export async function sources<I extends 'resources' | 'prompts'>(
  ports: ServingPorts,
  what: I,
): Promise<readonly Has<I>[]> {
  const table = await ports.toolbox.table().catch((error: unknown) => {
    throw requestError(error);
  });
  return table.servers.filter((server): server is Has<I> => server[what] !== undefined);
}

/** One page of what they list together. Errors: `RpcError`. */
export async function merged<I extends 'resources' | 'prompts', T>(
  ports: ServingPorts,
  what: I,
  cursor: string | undefined,
  options: CallOptions,
  read: Parameters<typeof mergedPage<Has<I>, T>>[2],
): Promise<MergedPage<T>> {
  const stopped = (): boolean => options.signal?.aborted ?? false;
  return mergedPage(await sources(ports, what), cursor, read, stopped).catch((error: unknown) => {
    throw requestError(error);
  });
}

/** What a page has besides its items. */
export function rest({ nextCursor, failed }: MergedPage<unknown>): {
  nextCursor?: string;
  _meta?: { [key: string]: unknown };
} {
  return {
    ...(nextCursor === undefined ? {} : { nextCursor }),
    ...(failed.length === 0 ? {} : { _meta: { 'switchboard/failed': failed } }),
  };
}

/** Calls one of the functions a component serves by; its types were checked, so the value is of them. */
export async function call(
  ports: ServingPorts,
  source: ServingComponent,
  fn: string,
  args: readonly unknown[],
  options: CallOptions,
): Promise<unknown> {
  const target = await ports.target(source.viaSession);
  const { caller } = options;
  const given = caller ? { ...options, caller: withOwnProgress(caller, source.name) } : options;
  return target.call(source.component, fn, args, given);
}

/** A component's items as MCP has them, without those that are not valid; `problem` is that of the first. */
export function validItems<O, T>(
  items: readonly O[],
  next: string | null,
  convert: (item: O, index: number) => T,
): ComponentPage<T> {
  const valid: T[] = [];
  let problem: unknown;
  items.forEach((item, i) => {
    try {
      valid.push(convert(item, i));
    } catch (error) {
      problem ??= error;
    }
  });
  return { items: valid, next: next ?? undefined, problem };
}
