/** The embedded registry: an HTTP server of the OCI distribution specification 1.1 over a directory. */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { errnoOf, SwitchboardError } from '#core/errors';
import { type Access, CHALLENGE, createAccess } from './access.ts';
import type { Asked, RegistryEnv } from './asked.ts';
import {
  appendChunk,
  beginUpload,
  cancelUpload,
  deleteBlob,
  endUpload,
  sendBlob,
  uploadStatus,
} from './blob-routes.ts';
import { REGISTRY_LIMITS, type RegistryLimits } from './limits.ts';
import {
  dropManifest,
  sendCatalog,
  sendManifest,
  sendReferrers,
  sendSearch,
  sendTags,
  takeManifest,
} from './manifest-routes.ts';
import { Refusal, sendJson, sendRefusal } from './refusal.ts';
import { type Route, routeOf } from './routes.ts';
import { openStore } from './store.ts';
import { createUploads } from './uploads.ts';
import type { Rights } from './users.ts';

export interface RegistryOptions {
  /** Where everything is kept; made if it is not there. */
  readonly directory: string;
  readonly host?: string | undefined;
  /** 0 for any that is free. */
  readonly port?: number | undefined;
  /** PEM. Without it the registry speaks HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** What those may do who give no credentials. To pull everything, unless given. */
  readonly anonymous?: Rights | undefined;
  /** Tags that may be moved; none unless given. */
  readonly mutableTags?: ((tag: string) => boolean) | undefined;
  readonly limits?: Partial<RegistryLimits> | undefined;
  /** Called after each answer. */
  readonly onAnswer?: ((line: AnsweredLine) => void) | undefined;
  /** Called with what went wrong here and is no fault of a client. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

export interface AnsweredLine {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly account: string;
}

export interface RunningRegistry {
  readonly url: string;
  /** `host:port`, as in references. */
  readonly address: string;
  close(): Promise<void>;
}

/** How often uploads that were left are looked for. */
const SWEEP_MS = 10 * 60_000;

/** Opens the directory and the port. Errors: `port-taken`, `invalid-setting`, `disk-full`, `home-unusable`. */
export async function serveRegistry(options: RegistryOptions): Promise<RunningRegistry> {
  const { host = '127.0.0.1', port = 0, directory } = options;
  const limits = { ...REGISTRY_LIMITS, ...options.limits };
  const store = open(directory);
  const report = options.onFailure ?? (() => undefined);
  const env: RegistryEnv = {
    store,
    limits,
    uploads: createUploads(store, limits),
    rules: { limits, mayMove: options.mutableTags ?? (() => false) },
    report,
  };
  const access = createAccess(directory, options.anonymous ?? { '*': ['pull'] });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void handle(env, access, request, response, options.onAnswer);
  };
  const settings = { headersTimeout: 15_000, requestTimeout: 0, maxHeaderSize: 16_384, keepAliveTimeout: 15_000 };
  const server: Server = options.tls
    ? createHttpsServer({ ...settings, ...options.tls }, answer)
    : createHttpServer(settings, answer);
  server.maxConnections = limits.connections;
  boundPeers(server, limits.connectionsOfOne);
  // Both directions: neither a body that does not come nor an answer that is not read holds a connection.
  server.timeout = limits.idleMs;
  await listen(server, host, port).catch((error: unknown) => {
    store.close();
    throw error;
  });
  env.uploads.expire();
  const sweep = setInterval(() => env.uploads.expire(), SWEEP_MS).unref();
  const at = server.address() as AddressInfo;
  const address = `${host.includes(':') ? `[${host}]` : host}:${at.port}`;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    clearInterval(sweep);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    server.closeAllConnections();
    await promise;
    store.close();
  };
  return {
    url: `${options.tls ? 'https' : 'http'}://${address}`,
    address,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Ends connections of an address that has too many; this machine may be a proxy for many. */
function boundPeers(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const { remoteAddress = '' } = socket;
    if (/^(?:127\.|::1$|::ffff:127\.)/.test(remoteAddress)) return;
    const count = (open.get(remoteAddress) ?? 0) + 1;
    if (count > most) {
      socket.destroy();
      return;
    }
    open.set(remoteAddress, count);
    socket.once('close', () => {
      const left = (open.get(remoteAddress) ?? 1) - 1;
      if (left === 0) open.delete(remoteAddress);
      else open.set(remoteAddress, left);
    });
  });
}

function open(directory: string): ReturnType<typeof openStore> {
  try {
    return openStore(directory);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SwitchboardError('home-unusable', `the registry's directory ${directory} cannot be used: ${why}`, {
      cause,
    });
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (cause) {
    if (errnoOf(cause) === 'EADDRINUSE') {
      throw new SwitchboardError('port-taken', `port ${port} on ${host} is taken`, {
        fix: 'switchboard registry serve --port 0',
        cause,
      });
    }
    throw new SwitchboardError('invalid-setting', `the registry cannot listen on ${host}, port ${port}`, { cause });
  } finally {
    server.off('error', reject);
  }
}

async function handle(
  env: RegistryEnv,
  access: Access,
  request: IncomingMessage,
  response: ServerResponse,
  onAnswer: RegistryOptions['onAnswer'],
): Promise<void> {
  let account = 'anonymous';
  const { method = 'GET', url = '/' } = request;
  const [path = '/', query = ''] = url.split('?', 2);
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  response.setHeader('x-content-type-options', 'nosniff');
  try {
    const asker = await access.accountOf(request);
    account = asker.name;
    const route = routeOf(path);
    if (!route) throw new Refusal('UNSUPPORTED', 'there is nothing at this path', { status: 404 });
    const asked: Asked = {
      env,
      request,
      response,
      query: new URLSearchParams(query),
      account: asker,
      need: (right, repository) => access.need(asker, right, repository),
    };
    await dispatch(asked, route);
  } catch (error) {
    fail(env, request, response, error);
  } finally {
    onAnswer?.({ method, path, status: response.statusCode, account });
  }
}

function fail(env: RegistryEnv, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // A client that goes in the middle is no failure.
  if (!(error instanceof Refusal) && !request.socket.destroyed) env.report(error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const full = isFull(error);
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal('UNKNOWN', full ? 'the disk is full' : 'the registry failed', full ? { status: 507 } : {});
  sendRefusal(response, refusal, !request.complete);
}

/** Of the file system, or of SQLite, whose `SQLITE_FULL` is 13. */
function isFull(error: unknown): boolean {
  return errnoOf(error) === 'ENOSPC' || (error instanceof Error && 'errcode' in error && error.errcode === 13);
}

type Handler<R extends Route> = (asked: Asked, route: R) => Promise<void> | void;
type Methods<R extends Route> = { readonly [method: string]: Handler<R> };
type RouteOf<K extends Route['kind']> = Extract<Route, { readonly kind: K }>;

const HANDLERS: { readonly [K in Route['kind']]: Methods<RouteOf<K>> } = {
  base: { GET: sendBase, HEAD: sendBase },
  catalog: { GET: sendCatalog },
  search: { GET: sendSearch },
  tags: { GET: (asked, { repository }) => sendTags(asked, repository) },
  referrers: { GET: (asked, { repository, reference }) => sendReferrers(asked, repository, reference) },
  blob: {
    GET: (asked, { repository, reference }) => sendBlob(asked, repository, reference),
    HEAD: (asked, { repository, reference }) => sendBlob(asked, repository, reference),
    DELETE: (asked, { repository, reference }) => deleteBlob(asked, repository, reference),
  },
  manifest: {
    GET: (asked, { repository, reference }) => sendManifest(asked, repository, reference),
    HEAD: (asked, { repository, reference }) => sendManifest(asked, repository, reference),
    PUT: (asked, { repository, reference }) => takeManifest(asked, repository, reference),
    DELETE: (asked, { repository, reference }) => dropManifest(asked, repository, reference),
  },
  uploads: { POST: (asked, { repository }) => beginUpload(asked, repository) },
  upload: {
    GET: (asked, { repository, id }) => uploadStatus(asked, repository, id),
    PATCH: (asked, { repository, id }) => appendChunk(asked, repository, id),
    PUT: (asked, { repository, id }) => endUpload(asked, repository, id),
    DELETE: (asked, { repository, id }) => cancelUpload(asked, repository, id),
  },
};

async function dispatch(asked: Asked, route: Route): Promise<void> {
  const methods = HANDLERS[route.kind] as Methods<Route>;
  const method = asked.request.method ?? 'GET';
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!handler) {
    throw new Refusal('UNSUPPORTED', 'this method means nothing here', {
      headers: { allow: Object.keys(methods).join(', ') },
    });
  }
  await handler(asked, route);
}

/** Says that this is a registry. One who may do nothing without credentials is asked for them. */
function sendBase({ account, response }: Asked): void {
  if (!account.able && account.name === 'anonymous') {
    throw new Refusal('UNAUTHORIZED', 'credentials are needed', { headers: { 'www-authenticate': CHALLENGE } });
  }
  sendJson(response, 200, {}, { 'www-authenticate': CHALLENGE });
}
