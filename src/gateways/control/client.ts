import { lstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { LogRecord } from '#core';
import { SwitchboardError } from '#core/errors';
import type { CallArguments, CallOptions, Host, Json, Session } from '#host/api';
import { homePaths } from '#home/layout';
import type { Rate } from '../mcp/rate-limit.ts';
import { Channel, type RequestOptions } from './channel.ts';
import type { HttpAddress } from './http-gate.ts';
import { offerOf } from './local-caller.ts';
import { readHostFile } from './lock.ts';
import type { CallParams, TextArguments } from './protocol.ts';
import type { Narrowing } from '#core/narrowing';
import { profileMethods } from './profile-methods.ts';
import { scheduleMethods } from './schedule-methods.ts';
import { storeMethods } from './store-methods.ts';
import { permissionMethods, type Proof } from './permission-client.ts';
import { productVersion } from '#host/version';

export interface ConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** What shows that a person asks, where that is needed. */
  readonly proof?: (() => Proof) | undefined;
  readonly version?: string | undefined;
  /** Lends this process's standard streams to a host that has to be started. */
  readonly lend?: boolean | undefined;
}

/** The host of a home, in its own process. All of `Host`, and what only a connection can do. */
export interface RemoteHost extends Host {
  /** The host's process. */
  readonly pid: number;
  /** Settles when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  /** `call` with arguments as text, read by the types of the parameters. */
  callText(component: string, fn: string, text: TextArguments, options?: CallOptions): Promise<Json | undefined>;
  /** Opens the home's HTTP listener; it is open until `stopHttp` or the end of the connection. */
  serveHttp(at: HttpAddress): Promise<{ readonly url: string }>;
  stopHttp(): Promise<void>;
  /** Turns the connection into a byte pipe to an MCP server of the host, paused; nothing else can be asked afterwards. */
  mcpPipe(narrowing?: Narrowing, rate?: Rate): Promise<Socket>;
  /** Has the host serve the streams lent to it; settles at their end. Absent where none were lent. */
  readonly mcpLent?: ((signal: AbortSignal, narrowing?: Narrowing, rate?: Rate) => Promise<void>) | undefined;
}

/**
 * Connects to the host of a home, in whichever process it is. Undefined where none runs.
 * Errors: `home-in-use` when it does not answer or is of another version, `cancelled`.
 */
export async function tryConnect(
  home: string,
  options: ConnectOptions = {},
  lentKey?: string,
): Promise<RemoteHost | undefined> {
  const version = options.version ?? productVersion();
  const path = homePaths(home).controlSocket;
  const opened =
    (await openOwn(home, path, version, options.signal)) ?? (await openElsewhere(home, path, version, options.signal));
  return opened && remoteHost(homePaths(home).home, opened.channel, opened.pid, options.proof, lentKey);
}

/** As `tryConnect`, and fails with `host-unreachable` where no host runs. */
export async function connectHost(home: string, options: ConnectOptions = {}): Promise<RemoteHost> {
  const host = await tryConnect(home, options);
  if (host) return host;
  throw new SwitchboardError('host-unreachable', `no host runs for ${homePaths(home).home}`);
}

/** A long home's socket is in the temporary directory; a host started with another `TMPDIR` has it elsewhere. */
async function openElsewhere(
  home: string,
  path: string,
  version: string,
  signal: AbortSignal | undefined,
): ReturnType<typeof Channel.open> {
  const socket = path.startsWith(homePaths(home).home) ? undefined : readHostFile(home)?.socket;
  return socket === undefined || socket === path ? undefined : openOwn(home, socket, version, signal);
}

/**
 * Outside the home, in the temporary directory, another user could have put a socket of theirs where ours
 * would be and be told every argument: only one in a directory of ours is opened.
 */
async function openOwn(
  home: string,
  path: string,
  version: string,
  signal: AbortSignal | undefined,
): ReturnType<typeof Channel.open> {
  if (!path.startsWith(homePaths(home).home)) {
    const found = lstatSync(dirname(path), { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
      throw new SwitchboardError('home-unusable', `${dirname(path)} is not a private directory of yours`, {
        fix: 'use a home with a shorter path: --home DIR',
      });
    }
  }
  return Channel.open(path, version, signal);
}

function remoteHost(
  home: string,
  channel: Channel,
  pid: number,
  proof: () => Proof = () => undefined,
  lentKey?: string,
): RemoteHost {
  const call = (component: string, fn: string, args?: CallArguments, options: CallOptions = {}) =>
    channel.request(
      'call',
      { ...callParams(component, fn, options), arguments: plainArguments(args) },
      requestOptions(options),
    );
  return {
    home,
    pid,
    closed: channel.closed,
    inspect: (source, { signal } = {}) =>
      typeof source === 'string'
        ? channel.request('inspect', { source: absolute(source) }, { signal })
        : channel.request('inspect', {}, { signal, attachment: source }),
    install: (source, { as, origin, expect, signal } = {}) =>
      typeof source === 'string'
        ? channel.request('install', { source: absolute(source), as, origin, expect }, { signal })
        : channel.request('install', { as, origin, expect }, { signal, attachment: source }),
    uninstall: (reference) => channel.request('uninstall', { reference }),
    list: () => channel.request('list', {}),
    info: (reference) => channel.request('info', { reference }),
    call,
    callText: (component, fn, text, options = {}) =>
      channel.request('call-text', { ...callParams(component, fn, options), ...text }, requestOptions(options)),
    session: async ({ principal } = {}): Promise<Session> => {
      const { id } = await channel.request('open-session', { principal });
      return {
        id,
        call: (component, fn, args, options = {}) => call(component, fn, args, { ...options, session: id }),
        close: async () => {
          await channel.request('close-session', { session: id });
        },
      };
    },
    limits: (component) => channel.request('limits', { component }),
    setLimits: (component, limits) => channel.request('set-limits', { component, limits }),
    ...permissionMethods(channel, proof),
    ...profileMethods(channel),
    ...scheduleMethods(channel),
    ...storeMethods(channel),
    logs: ({ component, last } = {}) => channel.request('logs', { component, last }),
    subscribe: (listener, types) => channel.subscribe(listener, types),
    token: () => channel.request('token', {}),
    rotateToken: () => channel.request('rotate-token', {}),
    status: () => channel.request('status', {}),
    serveHttp: (at) => channel.request('serve-http', at),
    stopHttp: async () => {
      await channel.request('stop-http', {});
    },
    mcpPipe: (narrowing, rate) => channel.pipe(narrowing, rate),
    ...(lentKey === undefined
      ? {}
      : {
          mcpLent: async (signal: AbortSignal, narrowing?: Narrowing, rate?: Rate) => {
            await channel.request('mcp-lent', { key: lentKey, narrowing, rate }, { signal });
          },
        }),
    close: async () => channel.close(),
  };
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path);
}

function callParams(component: string, fn: string, options: CallOptions): CallParams {
  const { timeout, principal, session, traceId, parent, onLog, caller } = options;
  const logs = onLog !== undefined;
  return { component, function: fn, timeout, principal, session, traceId, parent, logs, caller: offerOf(caller) };
}

function requestOptions(options: CallOptions): RequestOptions {
  const onLog: ((record: LogRecord) => void) | undefined = options.onLog;
  return { signal: options.signal, onLog, caller: options.caller };
}

/**
 * What JSON cannot say, said as the JSON form of WIT values does: JSON.stringify alone would turn NaN into
 * null and a byte array into an object, both silently.
 */
function plainArguments(args: CallArguments | undefined): CallArguments | undefined {
  if (args === undefined) return undefined;
  try {
    return JSON.parse(JSON.stringify(args, plain)) as CallArguments;
  } catch (cause) {
    throw new SwitchboardError('invalid-arguments', `the arguments are not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function plain(this: { readonly [key: string]: unknown }, key: string, value: unknown): unknown {
  const original = this[key];
  if (original instanceof Uint8Array) return Buffer.from(original).toString('base64');
  if (typeof original === 'bigint') return original.toString();
  if (typeof original === 'number' && !Number.isFinite(original)) return String(original);
  return value;
}
