/** One MCP server instance: the tools of the host behind the SDK's protocol engine. */
import {
  type CallToolRequest,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type Implementation,
  LOG_LEVEL_META_KEY,
  type JSONRPCRequest,
  type ListToolsResult,
  type LoggingLevel,
  type Result,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Caller } from '#core/caller';
import type { Principal, StopSignal } from '#core/context';
import { SwitchboardError } from '#core/errors';
import type { LogLevel, LogRecord } from '#core/events';
import { printable } from '#core/reference';
import type { CallArguments, CallOptions, Host, Session } from '#host/api';
import { abilitiesOf, canBeAsked } from './ask-messages.ts';
import { type Ask, askInRequest, askOn, callerBy, progressOf } from './caller.ts';
import { resolveCall } from './call-tool.ts';
import type { ComposedTool, Composition } from './composition.ts';
import type { DroppableCall, DroppedCalls } from './dropped-calls.ts';
import { isOwnTool, OWN } from './own-names.ts';
import { callOwnTool } from './own-tools.ts';
import { inOwnWords, isOwnWords, nameOf, withOwnProgress } from './own-words.ts';
import type { Leg, ParkedCalls } from './parked-calls.ts';
import { callResult, errorResult, RPC, RpcError, structured } from './results.ts';
import { GatewayServer } from './sdk-server.ts';
import { serveContent, servedCapabilities } from './serving.ts';
import { watchServing } from './serving-changes.ts';
import type { ServingPorts } from './serving-sources.ts';
import type { Toolbox } from './toolbox.ts';
import { compare, type ToolEntry } from './tools.ts';

const PAGE = 250;
const LONGEST_LABEL = 100;
const UNKNOWN_CLIENT = 'unknown MCP client';

const INSTRUCTIONS =
  'Each tool is a function of a WebAssembly component, run in a sandbox: it reaches only the files and hosts that the ' +
  'owner granted. A tool that is refused something says which command the owner would have to run.';

const LEVELS: { readonly [K in LogLevel]: LoggingLevel } = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
};

const SEVERITY: readonly LoggingLevel[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

export interface ConnectionOptions {
  readonly host: Host;
  readonly toolbox: Toolbox;
  /** Switchboard's own version, for `serverInfo`. */
  readonly version: string;
  /**
   * Whether this lasts: a stdio connection or an HTTP session, where resource handles live and changes of
   * the tools are told; not a lone HTTP request.
   */
  readonly sessions: boolean;
  /** Where calls of revision 2026-07-28 wait for their client. Its maker closes it. */
  readonly parked: ParkedCalls;
  /** Whom an access token named, for the record. */
  readonly subject?: string | undefined;
  /** Whose calls these are, where it is not this connection alone. See `CallOptions.client`. */
  readonly client?: string | undefined;
  /** Called when a call ended because it was cancelled: no answer will be sent for the request. */
  readonly onCancelled?: ((requestId: string | number) => void) | undefined;
  /** What becomes of calls whose HTTP connection broke; they are cancelled at once where this is absent. */
  readonly dropped?: DroppedCalls | undefined;
  readonly composition?: Composition | undefined;
  /**
   * The method where only one request comes. Of one that nobody handles the SDK then says so itself, with the HTTP
   * status that goes with it.
   */
  readonly method?: string | undefined;
}

export interface Connection {
  /**
   * To hand to a transport. Its `close()` (or the transport's) aborts the calls under way and closes the host session,
   * if one was opened.
   */
  readonly server: Server;
  /** What the server does for a `tools/call`; undefined where its answer depends on more than the parameters. */
  readonly plainCall: (params: CallToolRequest['params'], signal: StopSignal) => Promise<Result> | undefined;
}

let connections = 0;

export function createConnection(options: ConnectionOptions): Connection {
  const { host, toolbox, composition, client: whose = `connection ${++connections}` } = options;
  const served = servedCapabilities(toolbox.known()?.servers ?? []);
  const server: Server = new GatewayServer(
    { name: 'switchboard', title: 'Switchboard', version: options.version },
    {
      capabilities: { tools: { listChanged: true }, logging: {}, ...served, ...composition?.capabilities },
      instructions: INSTRUCTIONS,
    },
  );
  const composed = composition?.tools && new Map(composition.tools.map((one) => [one.tool.name, one]));
  composition?.extend?.(server);
  const session = options.sessions ? sessionHolder(host, () => principal()) : undefined;
  let label: string | undefined;
  let client: Implementation | undefined;
  let level: LoggingLevel | undefined;

  const principal = (info: unknown = server.getClientVersion()): Principal => {
    if (label === undefined || (info !== undefined && info !== client)) {
      client = info as Implementation | undefined;
      label = clientLabel(client, options.subject);
    }
    return { kind: 'mcp', label };
  };

  /** For a component that asks: the client's person and model, by what it declared when it connected. */
  const asked = (ask: Ask, progress?: Caller['progress']): Caller | undefined => {
    const abilities = abilitiesOf(server.getClientCapabilities());
    const titles = (server.getNegotiatedProtocolVersion() ?? '') >= '2025-11-25';
    return canBeAsked(abilities) ? callerBy(abilities, ask, progress, titles) : progress && { progress };
  };
  const plainCaller = (asks: boolean): Caller | undefined => (asks ? asked(askOn(server)) : undefined);

  type Offer = ((asks: boolean) => Caller | undefined) | undefined;
  const callEntry = async (
    entry: ToolEntry,
    args: CallArguments,
    given: CallOptions,
    offer: Offer,
  ): Promise<CallToolResult> => {
    const target = entry.viaSession ? await targetFor(entry, host, session) : host;
    const caller = offer?.(entry.asks) ?? given.caller;
    const name = nameOf(entry.component);
    const callOptions = caller ? { ...given, caller: withOwnProgress(caller, name) } : given;
    try {
      const result = callResult(entry, await target.call(entry.component, entry.fn, args, callOptions));
      return result.isError === true ? inOwnWords(result, name) : result;
    } catch (error) {
      if (isOwnWords(error)) return inOwnWords(errorResult(error), name);
      throw error;
    }
  };
  const callTool = async (params: CallToolRequest['params'], given: CallOptions, offer?: Offer): Promise<Result> => {
    const view = toolbox.known() ?? (await toolbox.table());
    const { name, arguments: args = {} } = params;
    const entry = view.byName.get(name);
    try {
      if (entry) return await callEntry(entry, args, given, offer);
      if (!isOwnTool(name) || !view.offersOwn(name)) {
        throw new RpcError(RPC.params, `Unknown tool: ${printable(name)}`);
      }
      if (name !== OWN.call) return await callOwnTool(host, view, name, args, given.principal ?? principal());
      const resolved = await resolveCall(host, view, args);
      return structured(await callEntry(resolved.entry, resolved.args, given, offer));
    } catch (error) {
      if (error instanceof RpcError) throw error;
      return errorResult(error);
    }
  };
  /** Whether the call is of a component that can ask, whichever way it is named. */
  const asks = async ({ name, arguments: args = {} }: CallToolRequest['params']): Promise<boolean> => {
    const view = await toolbox.table();
    if (name !== OWN.call || !view.offersOwn(name)) return view.byName.get(name)?.asks === true;
    // What cannot be resolved is told by the call itself.
    return resolveCall(host, view, args).then(
      ({ entry }) => entry.asks,
      () => false,
    );
  };
  const answer = async <R>(ctx: ServerContext, run: (asked: Asked) => Promise<R>): Promise<R> => {
    const { signal, end } = callSignal(ctx, options.dropped);
    // Present from 2026-07-28 on, where each request carries what `initialize` and `logging/setLevel` told before.
    const envelope: Asked['envelope'] = ctx.mcpReq.envelope;
    const threshold = envelope === undefined ? level : envelope[LOG_LEVEL_META_KEY];
    try {
      const who = principal(envelope?.[CLIENT_INFO_META_KEY]);
      const log = threshold === undefined ? undefined : (record: LogRecord) => forward(record, threshold, ctx);
      return await run({ signal, envelope, who, log, progress: progressOf(ctx) });
    } finally {
      end();
      if (signal.aborted) options.onCancelled?.(ctx.mcpReq.id);
    }
  };
  const answerCall = (params: CallToolRequest['params'], ctx: ServerContext): Promise<Result> =>
    answer(ctx, async ({ signal, envelope, who, log, progress }) => {
      if (envelope !== undefined) {
        const abilities = abilitiesOf(envelope[CLIENT_CAPABILITIES_META_KEY]);
        const leg = (): Leg => ({
          call: [params.name, params.arguments, ctx.http?.authInfo?.clientId, toolbox.key],
          client: whose,
          signal,
          responses: ctx.mcpReq.inputResponses,
          progress,
          log,
        });
        const state: unknown = ctx.mcpReq.requestState();
        if (state !== undefined) return await options.parked.resume(String(state), leg());
        if (canBeAsked(abilities) && (await asks(params))) {
          const work = (given: CallOptions): Promise<Result> =>
            callTool(params, { ...given, principal: who, client: whose });
          return await options.parked.begin(leg(), abilities, work);
        }
      }
      return await callTool(
        params,
        { signal, principal: who, client: whose, ...(log ? { onLog: log } : {}) },
        (asks) => (asks && envelope === undefined ? asked(askInRequest(ctx), progress) : progress && { progress }),
      );
    });
  const ports: ServingPorts = {
    toolbox,
    target: (viaSession) => (viaSession && session ? session.get() : host),
    // In revision 2026-07-28 only calls of tools wait for answers: here a component that asks hears that it cannot.
    answer: (ctx, run) =>
      answer(ctx, ({ signal, envelope, who, log, progress }) => {
        const caller = envelope === undefined ? asked(askInRequest(ctx), progress) : progress && { progress };
        return run({
          signal,
          principal: who,
          client: whose,
          ...(log ? { onLog: log } : {}),
          ...(caller ? { caller } : {}),
        });
      }),
  };

  server.setRequestHandler('logging/setLevel', (request) => {
    level = request.params.level;
    return {};
  });
  // Not `setRequestHandler` for these two: with it the SDK parses the request twice and the result once with zod, which
  // costs more than the rest. `callParams` and `listTools` check the same of the request.
  const fallback: Server['fallbackRequestHandler'] = async (request, ctx) => {
    if (request.method === 'tools/list') {
      return listTools(toolbox, request.params?.['cursor'], composition?.tools ?? []);
    }
    if (request.method !== 'tools/call') throw new RpcError(RPC.method, 'Method not found');
    const params = callParams(request);
    const composedTool = composed?.get(params.name);
    return composedTool === undefined ? answerCall(params, ctx) : composedTool.call(params, ctx, server);
  };
  const { method = 'tools/call' } = options;
  if (method === 'tools/call' || method === 'tools/list') server.fallbackRequestHandler = fallback;
  serveContent(server, served, ports);
  const plainCall: Connection['plainCall'] = (params, signal) =>
    level !== undefined || server.getClientVersion() === undefined
      ? undefined
      : callTool(params, { signal, principal: principal(), client: whose }, plainCaller);
  if (!session) return { server, plainCall };
  const stopListening = toolbox.onChange(() => {
    // Fails only when the connection is gone, and then there is nobody to tell.
    if (server.transport) server.sendToolListChanged().catch(() => {});
  });
  const { resources, prompts } = served;
  const stopWatching = watchServing(toolbox, {
    resources: () => void (resources && server.transport && server.sendResourceListChanged().catch(() => {})),
    prompts: () => void (prompts && server.transport && server.sendPromptListChanged().catch(() => {})),
  });
  server.onclose = () => {
    stopListening();
    stopWatching();
    session.close();
  };
  return { server, plainCall };
}

function callSignal(ctx: ServerContext, dropped: DroppedCalls | undefined): DroppableCall {
  const cancelled = ctx.mcpReq.signal;
  const connection = ctx.http?.req?.signal;
  const end = (): void => undefined;
  if (connection === undefined) return { signal: cancelled, end };
  return dropped?.begin(cancelled, connection) ?? { signal: AbortSignal.any([cancelled, connection]), end };
}

/** One request: who makes it, how it ends early, and what is told of it meanwhile. */
interface Asked {
  readonly signal: AbortSignal;
  readonly envelope: { readonly [key: string]: unknown } | undefined;
  readonly who: Principal;
  readonly log: ((record: LogRecord) => void) | undefined;
  readonly progress: Caller['progress'];
}

/** `tools/call` params as MCP's schema has them: `name` a string, `arguments` an object where given. */
function callParams(request: JSONRPCRequest): CallToolRequest['params'] {
  const params: { readonly [key: string]: unknown } = request.params ?? {};
  const { name, arguments: args } = params;
  if (typeof name !== 'string') throw new RpcError(RPC.params, 'Invalid tools/call request: name must be a string');
  if (args !== undefined && (typeof args !== 'object' || args === null || Array.isArray(args))) {
    throw new RpcError(RPC.params, 'Invalid tools/call request: arguments must be an object');
  }
  return params as CallToolRequest['params'];
}

/** One page of the tools, in the order of their names; a cursor is the last name of the page before. */
async function listTools(
  toolbox: Toolbox,
  cursor: unknown,
  composed: readonly ComposedTool[],
): Promise<ListToolsResult> {
  if (cursor !== undefined && typeof cursor !== 'string') throw new RpcError(RPC.params, 'Invalid cursor');
  const { listed, own } = await toolbox.table().catch((error: unknown) => {
    // Same classes as a call: what the owner can mend is said, a bug of ours is not.
    const failed = errorResult(error);
    const [first] = failed.content;
    throw new RpcError(RPC.internal, first?.type === 'text' ? first.text : 'Internal error', failed._meta);
  });
  const start = cursor === undefined ? 0 : after(listed, decodeCursor(cursor));
  const page = listed.slice(start, start + PAGE);
  const last = page.at(-1);
  const more = last !== undefined && start + PAGE < listed.length;
  return {
    // Ours come with the last page, after the components'.
    tools: [...page.map((entry) => entry.tool), ...(more ? [] : [...own, ...composed.map(({ tool }) => tool)])],
    ...(more ? { nextCursor: Buffer.from(last.tool.name).toString('base64url') } : {}),
  };
}

function after(entries: readonly ToolEntry[], name: string): number {
  const found = entries.findIndex((entry) => compare(entry.tool.name, name) > 0);
  return found < 0 ? entries.length : found;
}

function decodeCursor(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) throw new RpcError(RPC.params, 'Invalid cursor');
  return name;
}

async function targetFor(entry: ToolEntry, host: Host, session: SessionHolder | undefined): Promise<Host | Session> {
  if (session) return session.get();
  if (!entry.needsSession) return host;
  throw new SwitchboardError(
    'session-required',
    'this tool takes or returns handles, which need a session to live in',
    {
      fix: 'connect over stdio (switchboard serve --stdio), or over HTTP with protocol revision 2025-11-25, which has sessions',
    },
  );
}

interface SessionHolder {
  /** The connection's host session, opened by the first that asks. */
  get(): Promise<Session>;
  close(): void;
}

function sessionHolder(host: Host, principal: () => Principal): SessionHolder {
  let opening: Promise<Session> | undefined;
  let closed = false;
  const shut = (session: Session): Promise<void> => session.close();
  return {
    get() {
      if (closed) throw new SwitchboardError('session-not-found', 'the connection has ended');
      if (opening) return opening;
      const mine = host.session({ principal: principal() });
      opening = mine;
      mine.catch(() => {
        if (opening === mine) opening = undefined;
      });
      return mine;
    },
    close() {
      if (closed) return;
      closed = true;
      // A session that never opened, or went with the host, needs no closing.
      opening?.then(shut).catch(() => {});
    },
  };
}

/** Sends a record of the component's own to the client, unless it is below the level the client asked for. */
function forward(record: LogRecord, threshold: unknown, ctx: ServerContext): void {
  const level = LEVELS[record.level];
  if (SEVERITY.indexOf(level) < SEVERITY.indexOf(threshold as LoggingLevel)) return;
  const data = record.fields === undefined ? record.message : { ...record.fields, message: record.message };
  // Fails only when the connection is gone; the call is then being cancelled.
  ctx.mcpReq.log(level, data, record.component).catch(() => {});
}

/** What a client calls itself, for the record: any text, so made printable, and never trusted. */
function clientLabel(client: Implementation | undefined, subject?: string): string {
  const whose = subject === undefined ? '' : `${subject} by `;
  if (client === undefined || typeof client.name !== 'string') return `${whose}${UNKNOWN_CLIENT}`;
  const version = typeof client.version === 'string' ? `/${client.version}` : '';
  return printable(`${whose}${client.name}${version}`, LONGEST_LABEL);
}
