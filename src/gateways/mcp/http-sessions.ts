/** The MCP sessions of the HTTP gateway (protocol revisions 2025-*): one SDK transport and server each. */
import { randomUUID } from 'node:crypto';
import { type Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { createDroppedCalls, type DroppedCalls } from './dropped-calls.ts';
import { createEventStore, type SessionEvents } from './event-store.ts';
import { profileOf } from './http-profiles.ts';
import type { HttpClient } from './http-access.ts';
import { requestIds } from './messages.ts';
import { RPC } from './results.ts';

export interface SessionOptions {
  /** Sessions alive at once. */
  readonly most: number;
  /** Of one OAuth client, where others may be. */
  readonly mostOfOne: number;
  /** Milliseconds without a request or an open stream after which a session ends. */
  readonly idleMs: number;
  /** Milliseconds from an arbitrary origin. */
  readonly now: () => number;
  /** `profile` is the one that the request which opens the session names. */
  readonly connect: (
    onCancelled: (requestId: string | number) => void,
    resumes: DroppedCalls,
    client: HttpClient,
    profile: string | undefined,
  ) => Promise<Server>;
  /** Milliseconds a call goes on after its connection broke, for its client to come back. */
  readonly resumeMs: number;
}

/** How the ids of the events on a session's standing stream begin; the SDK's name for it. */
const STANDING = '_GET_stream~';
/** Milliseconds until a client may ask again for a stream that ended early. */
const RETRY_MS = 1_000;

interface HttpSession {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: Server;
  readonly events: SessionEvents;
  readonly dropped: DroppedCalls;
  /** `key` of the client that opened it: for anybody else it does not exist. */
  readonly owner: string;
  /** Ids of requests under way: a second of the same id would take the answer of the first. */
  readonly underWay: Set<string | number>;
  /** Requests served. */
  uses: number;
  /** Every request of the session names it: an id is good at one endpoint only. */
  readonly profile: string | undefined;
  /** Responses not finished yet, the standing event stream included. */
  open: number;
  lastUsed: number;
}

/** Calls back once, when the response was sent whole or its client has gone. */
export type OnClose = (done: () => void) => void;

export interface HttpSessions {
  /**
   * Serves a request of a session, or one that opens a session. `undefined` when there are as many
   * sessions as may be and none is idle.
   */
  serve(
    request: Request,
    body: unknown,
    opens: boolean,
    client: HttpClient,
    onClose: OnClose,
  ): Promise<Response | undefined>;
  /** Whether the client has a session of that id. */
  has(id: string, client: HttpClient): boolean;
  readonly size: number;
  /** Ends sessions that were idle too long. */
  sweep(): void;
  /** Ends all: aborts their calls, ends their streams. */
  closeAll(): Promise<void>;
}

export function createSessions(options: SessionOptions): HttpSessions {
  const sessions = new Map<string, HttpSession>();
  /** Sessions whose `initialize` is being answered: they count, or many at once would pass the bound. */
  let opening = 0;

  const end = async (id: string, session: HttpSession): Promise<void> => {
    sessions.delete(id);
    await session.server.close();
  };
  /**
   * Makes room for one more; a session in use never goes. First goes what was hardly used: whoever opens sessions
   * without end takes the place of their own, not of those that others work in. A client past its share makes room
   * among its own.
   */
  const makeRoom = (client: HttpClient): boolean => {
    const own =
      client.subject === undefined ? 0 : [...sessions.values()].filter((one) => one.owner === client.key).length;
    const pastShare = own >= options.mostOfOne;
    if (sessions.size + opening < options.most && !pastShare) return true;
    let victim: [string, HttpSession] | undefined;
    for (const pair of sessions) {
      const [, session] = pair;
      if (session.open > 0 || (pastShare && session.owner !== client.key)) continue;
      if (victim === undefined || goesBefore(session, victim[1])) victim = pair;
    }
    if (!victim) return false;
    void end(...victim);
    return true;
  };
  const open = async (client: HttpClient, profile: string | undefined): Promise<HttpSession> => {
    const events = createEventStore();
    const dropped = createDroppedCalls(options.resumeMs);
    const transport = new WebStandardStreamableHTTPServerTransport({
      eventStore: events,
      retryInterval: RETRY_MS,
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, session),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    // A cancelled request is never answered: without this its stream would stay open for ever.
    const server = await options.connect((requestId) => transport.closeSSEStream(requestId), dropped, client, profile);
    const session: HttpSession = {
      transport,
      server,
      events,
      dropped,
      owner: client.key,
      profile,
      underWay: new Set(),
      uses: 0,
      open: 0,
      lastUsed: options.now(),
    };
    await server.connect(transport);
    return session;
  };

  const answer = async (session: HttpSession, request: Request, body: unknown, onClose: OnClose): Promise<Response> => {
    const ids = requestIds(body);
    const taken = ids.find((id, i) => session.underWay.has(id) || ids.indexOf(id) < i);
    if (taken !== undefined)
      return rpcResponse(400, RPC.request, `Invalid Request: id ${JSON.stringify(taken)} is under way`);
    for (const id of ids) session.underWay.add(id);
    session.uses++;
    session.open++;
    session.lastUsed = options.now();
    onClose(() => {
      for (const id of ids) session.underWay.delete(id);
      session.dropped.closed(request.signal);
      session.open--;
      session.lastUsed = options.now();
    });
    const response = await session.transport.handleRequest(request, body === undefined ? {} : { parsedBody: body });
    const id = session.transport.sessionId;
    // Never initialized, or ended by this very request.
    if (id === undefined || !sessions.has(id)) await session.server.close();
    return response;
  };

  return {
    get size() {
      return sessions.size;
    },
    has: (id, client) => sessions.get(id)?.owner === client.key,
    async serve(request, body, opens, client, onClose) {
      const id = request.headers.get('mcp-session-id');
      const profile = profileOf(request);
      const found = id === null ? undefined : sessions.get(id);
      const session = found?.owner === client.key && found.profile === profile ? found : undefined;
      if (!session) {
        // Without a session and not opening one: the SDK's transport knows the answers.
        if (id !== null && !opens) return notFound();
        if (!opens) return missing();
        if (!makeRoom(client)) return undefined;
        opening++;
        try {
          return await answer(await open(client, profile), request, body, onClose);
        } finally {
          opening--;
        }
      }
      const last = request.method === 'GET' ? request.headers.get('last-event-id') : null;
      if (last !== null) {
        if (!session.events.resumable(last)) return gone();
        // On the standing stream comes no answer of a call: who takes that up waits for none.
        if (!last.startsWith(STANDING)) onClose(session.dropped.resumed());
      }
      return answer(session, request, body, onClose);
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

/** A handshake and a call or two: no work that a client would miss. */
const HARDLY_USED = 4;

function goesBefore(one: HttpSession, other: HttpSession): boolean {
  const hardly = one.uses < HARDLY_USED;
  return hardly === other.uses < HARDLY_USED ? one.lastUsed < other.lastUsed : hardly;
}

function notFound(): Response {
  return rpcResponse(404, -32001, 'Session not found');
}

function gone(): Response {
  return rpcResponse(400, -32000, 'Bad Request: what followed this Last-Event-ID is not kept any more');
}

function missing(): Response {
  return rpcResponse(400, -32000, 'Bad Request: Mcp-Session-Id header is required');
}

/** A JSON-RPC error without a request id, as an HTTP response. */
export function rpcResponse(status: number, code: number, message: string, data?: unknown): Response {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status });
}
