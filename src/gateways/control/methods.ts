/** What a host process does for each method of the protocol. */
import type { Socket } from 'node:net';
import type { Caller, Digest, LogRecord } from '#core';
import { SwitchboardError } from '#core/errors';
import { checkLimitChanges } from '#core/limits';
import type { Narrowing } from '#core/narrowing';
import type { CallArguments, CallOptions, Expected, Host, Session } from '#host/api';
import {
  asArguments,
  asInteger,
  asOauth,
  asObject,
  asPrincipal,
  asRate,
  asString,
  asStrings,
  type Loose,
  optional,
} from './check.ts';
import type { Rate } from '../mcp/rate-limit.ts';
import type { HttpGate } from './http-gate.ts';
import type { LentStreams } from './lent-streams.ts';
import { SCHEDULE_HANDLERS } from './schedule-methods.ts';
import { STORE_HANDLERS } from './store-methods.ts';
import { asNarrowing, checkProfileExists, PROFILE_HANDLERS } from './profile-methods.ts';
import { PERMISSION_HANDLERS } from './permission-methods.ts';
import { asOffer } from './remote-caller.ts';
import type { CallerOffer, Method, TextArguments } from './protocol.ts';

/** Turns text into arguments of a function, by the types of its parameters. */
export type ParseText = (
  host: Host,
  component: string,
  fn: string,
  text: TextArguments,
) => Promise<{ readonly id: string; readonly args: CallArguments }>;

/** What a method works with: the host, and what belongs to the connection that asked. */
export interface MethodEnv {
  readonly host: Host;
  readonly http: HttpGate;
  readonly parseText: ParseText;
  readonly sessions: Map<string, Session>;
  /** The connection itself, as the owner of a listener. */
  readonly owner: object;
  /** The process at the other end, as it said. */
  readonly peer: number;
  /** Runs an MCP server over a pair of streams. */
  readonly serveMcp: (
    host: Host,
    stream: {
      readonly input: Socket;
      readonly output: Socket;
      readonly narrowing?: Narrowing | undefined;
      readonly rate?: Rate | undefined;
    },
  ) => Promise<{ readonly closed: Promise<void>; close(): Promise<void> }>;
  /** Streams that the process which started this one lent it. */
  readonly lent: LentStreams | undefined;
}

/** One request: its parameters, its bytes, and how it is cancelled and reports logs. */
export interface Asked {
  readonly params: Loose;
  readonly attachment: Uint8Array | undefined;
  readonly signal: AbortSignal;
  readonly onLog: (record: LogRecord) => void;
  /** The caller at the other end, who offers this. */
  readonly caller: (offer: CallerOffer) => Caller;
}

type Handler = (env: MethodEnv, asked: Asked) => Promise<unknown>;

/** `mcp-stdio` is not here: it takes the connection over. */
export const HANDLERS: { readonly [M in Exclude<Method, 'mcp-stdio'>]: Handler } = {
  inspect: ({ host }, asked) => host.inspect(sourceOf(asked), { signal: asked.signal }),
  install: ({ host }, asked) =>
    host.install(sourceOf(asked), {
      as: optional(asked.params['as'], (v) => asString(v, 'as')),
      origin: optional(asked.params['origin'], (v) => asString(v, 'origin')),
      expect: optional(asked.params['expect'], asExpected),
      signal: asked.signal,
    }),
  uninstall: ({ host }, { params }) => host.uninstall(asString(params['reference'], 'reference')),
  list: ({ host }) => host.list(),
  info: ({ host }, { params }) => host.info(asString(params['reference'], 'reference')),
  call: (env, asked) => {
    const args = optional(asked.params['arguments'], asArguments);
    return makeCall(env, asked, asString(asked.params['function'], 'function'), args);
  },
  'mcp-lent': async ({ host, lent, serveMcp }, asked) => {
    const narrowing = optional(asked.params['narrowing'], asNarrowing);
    await checkProfileExists(host, narrowing);
    const streams = lent?.take(asString(asked.params['key'], 'key'));
    if (!streams) throw new SwitchboardError('invalid-usage', 'no streams were lent to this host under that key');
    const rate = optional(asked.params['rate'], asRate);
    const server = await serveMcp(host, { input: streams.input, output: streams.output, narrowing, rate });
    const stop = (): void => void server.close();
    asked.signal.addEventListener('abort', stop, { once: true });
    if (asked.signal.aborted) stop();
    await server.closed;
    await streams.close();
  },
  'call-text': async (env, asked) => {
    const { component, function: fn, words, json } = asked.params;
    const text = json === undefined ? { words: asStrings(words, 'words') } : { json: asString(json, 'json') };
    const wanted = asString(fn, 'function');
    const { id, args } = await env.parseText(env.host, asString(component, 'component'), wanted, text);
    return makeCall(env, asked, id, args);
  },
  'open-session': async ({ host, sessions }, { params }) => {
    const session = await host.session({ principal: optional(params['principal'], asPrincipal) });
    sessions.set(session.id, session);
    return { id: session.id };
  },
  'close-session': async ({ sessions }, { params }) => {
    const id = asString(params['session'], 'session');
    const session = sessions.get(id);
    sessions.delete(id);
    await session?.close();
  },
  limits: ({ host }, { params }) => host.limits(asString(params['component'], 'component')),
  'set-limits': ({ host }, { params }) =>
    host.setLimits(asString(params['component'], 'component'), checkLimitChanges(asObject(params['limits'], 'limits'))),
  logs: ({ host }, { params }) =>
    host.logs({
      component: optional(params['component'], (v) => asString(v, 'component')),
      last: optional(params['last'], (v) => asInteger(v, 'last', 0, 1_000_000)),
    }),
  token: ({ host }) => host.token(),
  'rotate-token': ({ host }) => host.rotateToken(),
  status: ({ host }) => host.status(),
  'serve-http': async ({ host, http, owner, peer }, { params }) => {
    const at = {
      host: asString(params['host'], 'host'),
      port: asInteger(params['port'], 'port', 0, 65_535),
      allowedHosts: optional(params['allowedHosts'], (v) => asStrings(v, 'allowedHosts')),
      oauth: optional(params['oauth'], asOauth),
      rate: optional(params['rate'], asRate),
      narrowing: optional(params['narrowing'], asNarrowing),
    };
    await checkProfileExists(host, at.narrowing);
    const { url } = await http.open(owner, peer, at);
    return { url };
  },
  'stop-http': ({ http, owner }) => http.close(owner),
  ...PERMISSION_HANDLERS,
  ...PROFILE_HANDLERS,
  ...SCHEDULE_HANDLERS,
  ...STORE_HANDLERS,
};

function asExpected(value: unknown): Expected {
  const { digest, named } = asObject(value, 'expect');
  return { digest: asString(digest, 'expect.digest') as Digest, named: named === true };
}

function sourceOf({ params, attachment }: Asked): string | Uint8Array {
  if (attachment !== undefined) return attachment;
  return asString(params['source'], 'source');
}

async function makeCall(env: MethodEnv, asked: Asked, fn: string, args: CallArguments | undefined): Promise<unknown> {
  const component = asString(asked.params['component'], 'component');
  const options = callOptions(asked);
  const id = optional(asked.params['session'], (v) => asString(v, 'session'));
  if (id === undefined) return env.host.call(component, fn, args, options);
  const session = env.sessions.get(id);
  if (!session) {
    throw new SwitchboardError('session-not-found', 'the session has ended, or was not opened on this connection');
  }
  return session.call(component, fn, args, options);
}

function callOptions({ params, signal, onLog, caller }: Asked): CallOptions {
  return {
    signal,
    timeout: optional(params['timeout'], (v) => asInteger(v, 'timeout', 1, 86_400_000)),
    principal: optional(params['principal'], asPrincipal),
    traceId: optional(params['traceId'], (v) => asString(v, 'traceId')),
    parent: optional(params['parent'], (v) => {
      const parent = asObject(v, 'parent');
      return {
        callId: asString(parent['callId'], 'parent.callId'),
        traceId: asString(parent['traceId'], 'parent.traceId'),
        depth: asInteger(parent['depth'], 'parent.depth', 0, 1_000),
      };
    }),
    onLog: params['logs'] === true ? onLog : undefined,
    caller: optional(params['caller'], (v) => caller(asOffer(v))),
  };
}
