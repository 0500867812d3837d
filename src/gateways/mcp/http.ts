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
import { allowPages, answerPage, refuse, rpcError, send } from './http-answers.ts';
import { LARGEST_BODY, readJson } from './http-body.ts';
import { checkHost, checkOrigin, checkToken, hostName } from './http-guard.ts';
import { listen } from './http-listen.ts';
import { profileOf, profileBoxes, profileQuery } from './http-profiles.ts';
import { createSessions, type HttpSessions, type OnClose, rpcResponse } from './http-sessions.ts';
import { createParkedCalls } from './parked-calls.ts';
import { watchServing } from './serving-changes.ts';
import { readTable, type Toolbox, toolboxOf } from './toolbox.ts';
import { hostVersion } from './version.ts';

const MOST_CONNECTIONS = 512;
const MOST_SESSIONS = 128;
const MOST_SUBSCRIPTIONS = 128;
const IDLE_MS = 30 * 60_000;
const SWEEP_MS = 60_000;
const RESUME_MS = 60_000;
/** How long `close` lets answers under way finish. */
const GRACE_MS = 300;

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
  /** What clients are offered; everything, listed, unless given. `/mcp?profile=NAME` narrows further. */
  readonly narrowing?: Narrowing | undefined;
  /** Sessions at once; 128 unless said otherwise. */
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

/** Listens. Errors: `port-taken` naming the holder where it can be found, `invalid-setting` for an address that is not this machine's. */
export async function serveHttp(host: Host, options: HttpOptions): Promise<ServedHttp> {
  options.signal?.throwIfAborted();
  const toolbox = toolboxOf(host, options.narrowing, options.composition?.nameTool);
  try {
    await readTable(toolbox);
    const gateway = createGateway(host, toolbox, await hostVersion(host), options);
    const server = createServer({ headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 30_000 });
    server.maxConnections = MOST_CONNECTIONS;
    server.on('request', (request, response) => void answer(request, response, gateway, options));
    await listen(server, options);
    return running(server, gateway, toolbox, options);
  } catch (error) {
    toolbox.release();
    throw error;
  }
}

interface Gateway {
  fetch(request: Request, body: unknown, onClose: OnClose): Promise<Response>;
  /** Errors: `profile-not-found`. */
  checkProfile(profile: string | undefined): Promise<void>;
  close(): Promise<void>;
}

function createGateway(host: Host, toolbox: Toolbox, version: string, options: HttpOptions): Gateway {
  const { composition } = options;
  const boxes = profileBoxes(host, toolbox);
  let parked = createParkedCalls();
  const sessions: HttpSessions = createSessions({
    most: options.mostSessions ?? MOST_SESSIONS,
    idleMs: options.sessionIdleMs ?? IDLE_MS,
    now: () => performance.now(),
    async connect(onCancelled, dropped, profile) {
      const box = boxes.of(profile);
      await readTable(box);
      const shared = { host, toolbox: box, version, parked, composition };
      return createConnection({ ...shared, sessions: true, onCancelled, dropped }).server;
    },
    resumeMs: options.resumeMs ?? RESUME_MS,
  });
  const createModern = (): McpHttpHandler =>
    createMcpHandler(
      async ({ requestInfo }) => {
        const box = boxes.of(profileOf(requestInfo));
        await readTable(box);
        // Of this header the SDK has seen that it names the method of the body.
        const method = requestInfo?.headers.get('mcp-method') ?? undefined;
        return createConnection({ host, toolbox: box, version, sessions: false, parked, composition, method }).server;
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
  const sweeper = setInterval(() => sessions.sweep(), Math.min(SWEEP_MS, options.sessionIdleMs ?? SWEEP_MS)).unref();
  const endAll = async (): Promise<void> => {
    parked.close();
    await Promise.allSettled([modern.close(), sessions.closeAll()]);
  };
  const rotated = (): void => {
    // Whoever knew only the old token must not keep a stream that was opened with it.
    void endAll();
    modern = createModern();
    parked = createParkedCalls();
  };
  const unsubscribe = host.subscribe((event) => event.type === 'token.rotated' && rotated(), ['token.rotated']);
  return {
    checkProfile: (profile) => boxes.check(profile),
    async fetch(request, body, onClose) {
      if (request.method === 'POST' && !(await isLegacyRequest(request, body))) {
        return modern.fetch(request, { parsedBody: body });
      }
      const opens = request.method === 'POST' && isInitializeRequest(body);
      const response = await sessions.serve(request, body, opens, onClose);
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
  gateway: Gateway,
  options: HttpOptions,
): Promise<void> {
  // A socket that breaks in the middle of an answer is the client's business.
  response.on('error', () => {});
  try {
    checkHost(request.headers.host, options.host, options.allowedHosts ?? []);
    checkOrigin(request.headers.origin);
    allowPages(request, response);
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    if (path === '/mcp') await answerMcp(request, response, gateway, options);
    else answerPage(path, request, response);
  } catch (error) {
    refuse(response, error);
  }
}

async function answerMcp(
  request: IncomingMessage,
  response: ServerResponse,
  gateway: Gateway,
  options: HttpOptions,
): Promise<void> {
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
  if (options.token) checkToken(request.headers, await options.token());
  const url = `/mcp${profileQuery(request.url)}`;
  await gateway.checkProfile(profileOf({ url }));
  const body = method === 'POST' ? await readJson(request) : undefined;
  // The body is read and parsed already: the adapter gets a request without one, and writes the answer.
  const head = { method, url, headers: request.headers, async *[Symbol.asyncIterator]() {} };
  const onClose: OnClose = (done) => {
    if (response.closed) done();
    else response.once('close', done);
  };
  const handler = toNodeHandler(
    {
      async fetch(webRequest) {
        const answered = await gateway.fetch(webRequest, body, onClose);
        // The adapter sends the head with the first event, which on a standing stream may be long in coming.
        if (method === 'GET') setImmediate(() => response.headersSent && response.flushHeaders());
        return answered;
      },
    },
    { maxRequestBodySize: LARGEST_BODY },
  );
  await handler(head, response);
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
