/** What an MCP client offers to the components that run its calls: its progress token, its person, its model. */
import type { RequestOptions, Server, ServerContext } from '@modelcontextprotocol/server';
import type { Caller } from '#core/caller';
import {
  type Abilities,
  type AskMessage,
  elicitAnswer,
  elicitMessage,
  sampleAnswer,
  sampleMessage,
} from './ask-messages.ts';

/** Asks the client and waits for its answer; rejects with its error. */
export type Ask = (message: AskMessage, signal: AbortSignal) => Promise<unknown>;

/** JSON-RPC's code where a person refused that a model be asked. MCP 2025-11-25, client/sampling. */
const REFUSED = -1;
/** The host's own bounds end a question; the SDK's would be a minute. */
const NO_TIMEOUT: RequestOptions = { timeout: 2 ** 31 - 1 };

/** On the stream of the request. */
export function askInRequest({ mcpReq }: ServerContext): Ask {
  return ({ method, params }, signal) => mcpReq.send({ method, params }, { ...NO_TIMEOUT, signal });
}

/** On a connection that is one stream. */
export function askOn(server: Server): Ask {
  return ({ method, params }, signal) => server.request({ method, params }, { ...NO_TIMEOUT, signal });
}

/** What the client can be asked, by its capabilities. */
export function callerBy(abilities: Abilities, ask: Ask, progress?: Caller['progress'], titles?: boolean): Caller {
  const { form, url, sample } = abilities;
  const modes = [...(form ? (['form'] as const) : []), ...(url ? (['url'] as const) : [])];
  return {
    progress,
    ...(modes.length === 0
      ? {}
      : {
          elicit: {
            modes,
            ask: async (request, signal) => elicitAnswer(await ask(elicitMessage(request, titles), signal)),
          },
        }),
    ...(sample
      ? {
          async sample(request, signal) {
            try {
              return sampleAnswer(await ask(sampleMessage(request), signal));
            } catch (thrown) {
              if ((thrown as { readonly code?: unknown } | undefined)?.code === REFUSED) return undefined;
              throw thrown;
            }
          },
        }
      : {}),
  };
}

/** Tells the client how far its request is, if it gave a token for that. */
export function progressOf({ mcpReq }: ServerContext): Caller['progress'] {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return ({ progress, total, message }) => {
    const params = {
      progressToken,
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    };
    // Fails only when the connection is gone; the call is then being cancelled.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
  };
}
