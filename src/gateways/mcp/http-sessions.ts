/** The MCP sessions of the HTTP gateway (protocol revisions 2025-*): one SDK transport and server each. */
import { randomUUID } from 'node:crypto';
import { type Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';

export interface SessionOptions {
  /** Sessions alive at once. */
  readonly most: number;
  /** Milliseconds without a request or an open stream after which a session ends. */
  readonly idleMs: number;
  /** Milliseconds from an arbitrary origin. */
  readonly now: () => number;
  readonly connect: (onCancelled: (requestId: string | number) => void) => Promise<Server>;
}

interface HttpSession {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: Server;
  /** Responses not finished yet, the standing event stream included. */
  open: number;
  lastUsed: number;
}

export interface HttpSessions {
  /**
   * Serves a request of a session, or one that opens a session. `undefined` when there are as many
   * sessions as may be and none is idle.
   */
  serve(request: Request, body: unknown, opens: boolean): Promise<Response | undefined>;
  readonly size: number;
  /** Ends sessions that were idle too long. */
  sweep(): void;
  /** Ends all: aborts their calls, ends their streams. */
  closeAll(): Promise<void>;
}

/** `serve` counts a response as finished when its request's signal aborts or its body ends. */
export function createSessions(options: SessionOptions): HttpSessions {
  const sessions = new Map<string, HttpSession>();
  /** Sessions whose `initialize` is being answered: they count, or many at once would pass the bound. */
  let opening = 0;

  const end = async (id: string, session: HttpSession): Promise<void> => {
    sessions.delete(id);
    await session.server.close();
  };
  /** Makes room for one more: the session idle longest goes, one that is in use never. */
  const makeRoom = (): boolean => {
    if (sessions.size + opening < options.most) return true;
    let oldest: [string, HttpSession] | undefined;
    for (const pair of sessions) {
      if (pair[1].open === 0 && (oldest === undefined || pair[1].lastUsed < oldest[1].lastUsed)) oldest = pair;
    }
    if (!oldest) return false;
    void end(...oldest);
    return true;
  };
  const open = async (): Promise<HttpSession> => {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, session),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    // A cancelled request is never answered: without this its stream would stay open for ever.
    const server = await options.connect((requestId) => transport.closeSSEStream(requestId));
    const session: HttpSession = { transport, server, open: 0, lastUsed: options.now() };
    await server.connect(transport);
    return session;
  };

  const answer = async (session: HttpSession, request: Request, body: unknown): Promise<Response> => {
    session.open++;
    session.lastUsed = options.now();
    const done = (): void => {
      session.open--;
      session.lastUsed = options.now();
    };
    try {
      const response = await session.transport.handleRequest(request, body === undefined ? {} : { parsedBody: body });
      const id = session.transport.sessionId;
      // Never initialized, or ended by this very request.
      if (id === undefined || !sessions.has(id)) await session.server.close();
      return onceEnded(response, request.signal, done);
    } catch (error) {
      done();
      throw error;
    }
  };

  return {
    get size() {
      return sessions.size;
    },
    async serve(request, body, opens) {
      const id = request.headers.get('mcp-session-id');
      const session = id === null ? undefined : sessions.get(id);
      if (!session) {
        // Without a session and not opening one: the SDK's transport knows the answers.
        if (id !== null && !opens) return notFound();
        if (!opens) return missing();
        if (!makeRoom()) return undefined;
        opening++;
        try {
          return await answer(await open(), request, body);
        } finally {
          opening--;
        }
      }
      return answer(session, request, body);
    },
    sweep() {
      const before = options.now() - options.idleMs;
      for (const [id, session] of sessions) if (session.open === 0 && session.lastUsed < before) void end(id, session);
    },
    async closeAll() {
      await Promise.all([...sessions].map(([id, session]) => end(id, session)));
    },
  };
}

/** The response, with `done` called once: when its body ended or was cancelled, or its client went away. */
function onceEnded(response: Response, signal: AbortSignal, done: () => void): Response {
  let called = false;
  const once = (): void => {
    if (called) return;
    called = true;
    signal.removeEventListener('abort', once);
    done();
  };
  if (response.body === null || signal.aborted) {
    once();
    return response;
  }
  signal.addEventListener('abort', once);
  const watch = { flush: once, cancel: once };
  const watched = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(watch));
  return new Response(watched, { status: response.status, statusText: response.statusText, headers: response.headers });
}

function notFound(): Response {
  return rpcResponse(404, -32001, 'Session not found');
}

function missing(): Response {
  return rpcResponse(400, -32000, 'Bad Request: Mcp-Session-Id header is required');
}

/** A JSON-RPC error without a request id, as an HTTP response. */
export function rpcResponse(status: number, code: number, message: string, data?: unknown): Response {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status });
}
