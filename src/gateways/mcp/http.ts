/** MCP over streamable HTTP on node:http: sessions for protocol revisions 2025-*, single requests for 2026-07-28. */
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
  type McpHttpHandler,
} from '@modelcontextprotocol/server';
import type { Narrowing } from '#core/narrowing';
import type { Host } from '#host/api';
import type { Composition } from './composition.ts';
import { createConnection } from './connection.ts';
import { type Access, createAccess, type HttpClient, shareOf } from './http-access.ts';
import { allowPages, answerMetadata, answerPage, refuse, rpcError, send } from './http-answers.ts';
import { type BodyReader, createBodyReader, LARGEST_BODY } from './http-body.ts';
import { boundConnections, type Connections } from './http-connections.ts';
import { checkHost, checkOrigin, hostName } from './http-guard.ts';
import { listen } from './http-listen.ts';
import { profileOf, profileBoxes, profileQuery } from './http-profiles.ts';
import { createSessions, type HttpSessions, type OnClose, rpcResponse } from './http-sessions.ts';
import { createParkedCalls } from './parked-calls.ts';
import { type Answers, watchAnswers } from './http-unread.ts';
import { isMessage, isRecord } from './messages.ts';
import { checkAudience, type OauthSettings } from './oauth-settings.ts';
import type { Rate } from './rate-limit.ts';
import { RPC, RpcError } from './results.ts';
import { watchServing } from './serving-changes.ts';
import { createShares, type Shares } from './shares.ts';
import { readTable, type Toolbox, toolboxOf } from './toolbox.ts';
import { hostVersion } from './version.ts';

const MOST_CONNECTIONS = 512;
/** Each keeps up to 1 MiB of events for clients that come back. */
const MOST_SESSIONS = 256;
const MOST_SESSIONS_OF_ONE = 64;
const MOST_SUBSCRIPTIONS = 128;
const MOST_SUBSCRIPTIONS_OF_ONE = 32;
/** Each has a connection. */
const MOST_REQUESTS_OF_ONE = 256;
/** Calls of revision 2026-07-28 that wait for answers. */
const MOST_PARKED_OF_ONE = 64;
/** Messages in one body: revision 2025-03-26 alone has batches. */
const MOST_IN_BATCH = 100;
const IDLE_MS = 30 * 60_000;
const SWEEP_MS = 60_000;
const RESUME_MS = 60_000;
/** How long `close` lets answers under way finish. */
const GRACE_MS = 300;
const TIMES = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 30_000 };
/** How often Node looks at those: its own 30 s would let a request take its time three times over. */
const TIMES_CHECKED_MS = 1_000;

export interface HttpOptions {
  /** The address to bind: loopback unless the owner says otherwise. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /**
   * The token a request must bear, asked for at each request so that a rotated one counts at once. Undefined: whoever
   * reaches the port may use it, as only tests of the protocol itself may want.
   */
  readonly token: (() => Promise<string>) | undefined;
  /** Closes the server when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** More names for the `Host` header than the loopback names and the bound address. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Where clients may sign in besides; the token goes on counting. */
  readonly oauth?: OauthSettings | undefined;
  /** How often each client may ask. Unless given: `OAUTH_RATE` for those that signed in, no bound for the token. */
  readonly rate?: Rate | undefined;
  /** Milliseconds for each stage of a request; for tests. */
  readonly times?: Partial<typeof TIMES> | undefined;
  /** Sockets at once; 512 unless said otherwise. */
  readonly mostConnections?: number | undefined;
  /** What clients are offered; everything, listed, unless given. `/mcp?profile=NAME` narrows further. */
  readonly narrowing?: Narrowing | undefined;
  /** Sessions at once; 256 unless said otherwise. */
  readonly mostSessions?: number | undefined;
  /** Milliseconds after which an unused session ends; half an hour unless said otherwise. */
  readonly sessionIdleMs?: number | undefined;
  /** Milliseconds a call of a session goes on after its connection broke, for its client to come back; 60,000. */
  readonly resumeMs?: number | undefined;
  readonly composition?: Composition | undefined;
}

export interface ServedHttp {
  /** The MCP endpoint, as `http://127.0.0.1:7420/mcp`. */
  readonly url: string;
  readonly port: number;
  /** Ends open streams and aborts calls; settles within a second. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens. Errors: `port-taken` naming the holder where it can be found, `invalid-setting` for an address that is not
 * this machine's, `issuer-unavailable` and `invalid-usage` for the OAuth issuer.
 */
export async function serveHttp(host: Host, options: HttpOptions): Promise<ServedHttp> {
  options.signal?.throwIfAborted();
  checkAudience(options.oauth, options.host);
  const toolbox = toolboxOf(host, options.narrowing, options.composition?.nameTool);
  let close: (() => Promise<void>) | undefined;
  try {
    await readTable(toolbox);
    const gateway = createGateway(host, toolbox, await hostVersion(host), options);
    const times = { ...TIMES, ...options.times };
    const server = createServer({
      ...times,
      connectionsCheckingInterval: Math.min(TIMES_CHECKED_MS, times.headersTimeout),
    });
    const connections = boundConnections(server, options.mostConnections ?? MOST_CONNECTIONS, times.keepAliveTimeout);
    const started = Promise.withResolvers<Serving>();
    // Whoever connects while the issuer's keys are being read waits for them.
    server.on('request', (request, response) => {
      started.promise.then(
        (serving) => answer(request, response, serving, options),
        () => response.destroy(),
      );
    });
    await listen(server, options);
    const served = running(server, gateway, toolbox, options);
    close = served.close;
    const access = await createAccess(options, served.url);
    const answers = watchAnswers();
    server.once('close', () => {
      answers.close();
      void access.close();
    });
    const names = namesOf(options, access);
    const requests = createShares({
      most: options.mostConnections ?? MOST_CONNECTIONS,
      ofOne: MOST_REQUESTS_OF_ONE,
      what: 'requests are under way',
    });
    const streams = createShares({
      most: MOST_SUBSCRIPTIONS,
      ofOne: MOST_SUBSCRIPTIONS_OF_ONE,
      what: 'subscriptions are open',
    });
    started.resolve({ gateway, access, connections, answers, bodies: createBodyReader(), names, requests, streams });
    return served;
  } catch (error) {
    await close?.();
    toolbox.release();
    throw error;
  }
}

/** What a request passes through. */
interface Serving {
  readonly gateway: Gateway;
  readonly access: Access;
  readonly connections: Connections;
  readonly answers: Answers;
  readonly bodies: BodyReader;
  /** Further names for `Host`. */
  readonly names: readonly string[];
  /** Requests under way, and those of them that are subscriptions. */
  readonly requests: Shares;
  readonly streams: Shares;
}

/** The owner's, and the name by which tokens call this server. */
function namesOf({ allowedHosts = [], oauth }: HttpOptions, { resource }: Access): readonly string[] {
  return oauth?.audience === undefined || !resource
    ? allowedHosts
    : [...allowedHosts, new URL(resource.audience).hostname];
}

interface Gateway {
  fetch(request: Request, body: unknown, client: HttpClient, onClose: OnClose): Promise<Response>;
  /** The session that a request is of, where the client has it. */
  sessionOf(request: IncomingMessage, client: HttpClient): string | undefined;
  /** Errors: `profile-not-found`. */
  checkProfile(profile: string | undefined): Promise<void>;
  close(): Promise<void>;
}

function createGateway(host: Host, toolbox: Toolbox, version: string, options: HttpOptions): Gateway {
  const { composition } = options;
  const boxes = profileBoxes(host, toolbox);
  let parked = createParkedCalls(MOST_PARKED_OF_ONE);
  const sessions: HttpSessions = createSessions({
    most: options.mostSessions ?? MOST_SESSIONS,
    mostOfOne: MOST_SESSIONS_OF_ONE,
    idleMs: options.sessionIdleMs ?? IDLE_MS,
    now: () => performance.now(),
    async connect(onCancelled, dropped, { key, subject }, profile) {
      const box = boxes.of(profile);
      await readTable(box);
      const client = subject === undefined ? undefined : key;
      const shared = { host, toolbox: box, version, subject, client, parked, composition };
      return createConnection({ ...shared, sessions: true, onCancelled, dropped }).server;
    },
    resumeMs: options.resumeMs ?? RESUME_MS,
  });
  const createModern = (): McpHttpHandler =>
    createMcpHandler(
      async ({ authInfo, requestInfo }) => {
        const box = boxes.of(profileOf(requestInfo));
        await readTable(box);
        // Of this header the SDK has seen that it names the method of the body.
        const method = requestInfo?.headers.get('mcp-method') ?? undefined;
        const { subject, client } = (authInfo?.extra ?? {}) as { subject?: string; client?: string };
        const shared = { host, toolbox: box, version, subject, client, parked, composition };
        return createConnection({ ...shared, sessions: false, method }).server;
      },
      { legacy: 'reject', maxSubscriptions: MOST_SUBSCRIPTIONS },
    );
  let modern = createModern();
  const stopListening = toolbox.onChange(() => {
    modern.notify.toolsChanged();
    if (composition?.capabilities?.prompts) modern.notify.promptsChanged();
  });
  const stopWatching = watchServing(toolbox, {
    resources: () => modern.notify.resourcesChanged(),
    prompts: () => modern.notify.promptsChanged(),
  });
  const sweepMs = Math.min(SWEEP_MS, Math.ceil((options.sessionIdleMs ?? IDLE_MS) / 4));
  const sweeper = setInterval(() => sessions.sweep(), sweepMs).unref();
  const endAll = async (): Promise<void> => {
    parked.close();
    await Promise.allSettled([modern.close(), sessions.closeAll()]);
  };
  const rotated = (): void => {
    // Whoever knew only the old token must not keep a stream that was opened with it.
    void endAll();
    modern = createModern();
    parked = createParkedCalls(MOST_PARKED_OF_ONE);
  };
  const unsubscribe = host.subscribe((event) => event.type === 'token.rotated' && rotated(), ['token.rotated']);
  return {
    checkProfile: (profile) => boxes.check(profile),
    sessionOf(request, client) {
      const id = request.headers['mcp-session-id'];
      return typeof id === 'string' && sessions.has(id, client) ? id : undefined;
    },
    async fetch(request, body, client, onClose) {
      if (request.method === 'POST' && !(await isLegacyRequest(request, body))) {
        const { key, subject } = client;
        // Only who it is goes on: nothing behind this point ever sees a token.
        const extra = { subject, client: shareOf(client, undefined) };
        return modern.fetch(request, { parsedBody: body, authInfo: { token: '', clientId: key, scopes: [], extra } });
      }
      const opens = request.method === 'POST' && isInitializeRequest(body);
      const response = await sessions.serve(request, body, opens, client, onClose);
      return response ?? rpcResponse(503, -32000, 'Too many sessions; end one, or try again later');
    },
    async close() {
      clearInterval(sweeper);
      stopListening();
      stopWatching();
      unsubscribe();
      await endAll();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
  options: HttpOptions,
): Promise<void> {
  const { resource } = serving.access;
  // A socket that breaks in the middle of an answer is the client's business.
  response.on('error', () => {});
  try {
    checkHost(request.headers.host, options.host, serving.names);
    checkOrigin(request.headers.origin);
    allowPages(request, response);
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    if (path === '/mcp') await answerMcp(request, response, serving);
    else if (resource?.paths.includes(path)) answerMetadata(request, response, resource);
    else answerPage(path, request, response);
  } catch (error) {
    refuse(response, error, resource);
  }
}

async function answerMcp(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { gateway, access, connections, answers, bodies, requests, streams } = serving;
  const method = request.method ?? '';
  if (method === 'OPTIONS') {
    response.writeHead(204).end();
    return;
  }
  if (!['GET', 'POST', 'DELETE'].includes(method)) {
    response.setHeader('Allow', 'GET, POST, DELETE, OPTIONS');
    send(response, rpcError(405, -32000, 'Method not allowed'));
    return;
  }
  const client = await access.admit(request);
  connections.serve(request.socket, response);
  const session = gateway.sessionOf(request, client);
  access.spend(client, session);
  const onClose: OnClose = (done) => {
    if (response.closed) done();
    else response.once('close', done);
  };
  onClose(requests.enter(shareOf(client, session)));
  const url = `/mcp${profileQuery(request.url)}`;
  await gateway.checkProfile(profileOf({ url }));
  const body = method === 'POST' ? await bodies.readJson(request) : undefined;
  if (method === 'POST') checkEnvelope(body);
  if (Array.isArray(body) && body.length > 1) access.spend(client, session, body.length - 1);
  if (subscribes(body)) onClose(streams.enter(shareOf(client, session)));
  answers.watch(response, lasts(method, body) ? client.expiresAt : undefined);
  // The body is read and parsed already: the adapter gets a request without one, and writes the answer.
  const head = { method, url, headers: request.headers, async *[Symbol.asyncIterator]() {} };
  const handler = toNodeHandler(
    {
      async fetch(webRequest) {
        const answered = await gateway.fetch(webRequest, body, client, onClose);
        // The adapter sends the head with the first event, which on a standing stream may be long in coming.
        if (method === 'GET') setImmediate(() => response.headersSent && response.flushHeaders());
        return answered;
      },
    },
    { maxRequestBodySize: LARGEST_BODY },
  );
  await handler(head, response);
}

/** Streams that stay open: they end with the token. A call that began in time may finish. */
function lasts(method: string, body: unknown): boolean {
  return method === 'GET' || subscribes(body);
}

function subscribes(body: unknown): boolean {
  return isRecord(body) && body['method'] === 'subscriptions/listen';
}

/** What no handler could make sense of: JSON-RPC's invalid request, whatever the revision. */
function checkEnvelope(body: unknown): void {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (messages.length > 0 && messages.length <= MOST_IN_BATCH && messages.every(isMessage)) return;
  throw new RpcError(RPC.request, 'Invalid Request');
}

function running(server: HttpServer, gateway: Gateway, toolbox: Toolbox, options: HttpOptions): ServedHttp {
  const { port } = server.address() as AddressInfo;
  const name = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : hostName(options.host);
  const closeNow = async (): Promise<void> => {
    options.signal?.removeEventListener('abort', onAbort);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    server.closeIdleConnections();
    const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    await gateway.close();
    server.closeIdleConnections();
    await promise;
    clearTimeout(grace);
    toolbox.release();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeNow());
  const onAbort = (): void => void close();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  return { url: `http://${name}:${port}/mcp`, port, close };
}
