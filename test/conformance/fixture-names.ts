/**
 * The suite asks for `test://static-text` and `test_simple_prompt`; the gateway puts what a component serves below the
 * component's name. Here the names are exchanged at the edge of the same handlers.
 */
import {
  inputRequired,
  type Request,
  type Result,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { answered, userName } from './fixture-input.ts';

type Handler = (request: Request, ctx: ServerContext) => Promise<Result> | Result;

const URIS = 'switchboard://test.conformance/';
const PROMPTS = 'test_conformance_';

const RENAMED: readonly string[] = [
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'completion/complete',
];

/** Before the gateway registers its handlers. */
export function exchangeNames(server: Server): void {
  // No component is told of subscriptions, and none is told by them.
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
  const register = server.setRequestHandler.bind(server) as (method: string, handler: Handler) => void;
  const renaming = (method: string, handler: Handler): void => {
    if (!RENAMED.includes(method)) register(method, handler);
    else register(method, (request, ctx) => renamed(handler, request, ctx));
  };
  server.setRequestHandler = renaming as typeof server.setRequestHandler;
}

async function renamed(handler: Handler, request: Request, ctx: ServerContext): Promise<Result> {
  const { params = {} } = request;
  // A question while a prompt is made is nothing that a component can ask: `elicitation` is for calls of tools.
  if (params['name'] === 'test_input_required_result_prompt') {
    if (!answered(ctx, 'user_name')) return inputRequired({ inputRequests: userName });
    return { messages: [{ role: 'user', content: { type: 'text', text: 'Thank you.' } }] };
  }
  try {
    return outward(await handler({ ...request, params: inward(params) }, ctx));
  } catch (error) {
    const { code, message, data } = error as { code: number; message: string; data?: object };
    throw Object.assign(new Error(message), { code, ...(data ? { data: outward(data) } : {}) });
  }
}

function inward(params: { readonly [key: string]: unknown }): { [key: string]: unknown } {
  const { uri, name, ref } = params;
  return {
    ...params,
    ...(typeof uri === 'string' ? { uri: `${URIS}${uri}` } : {}),
    ...(typeof name === 'string' ? { name: name.replace(/^test_/, PROMPTS) } : {}),
    ...(ref === undefined ? {} : { ref: inward(ref as { [key: string]: unknown }) }),
  };
}

function outward<T extends object>(result: T): T {
  return JSON.parse(JSON.stringify(result).replaceAll(URIS, '').replaceAll(PROMPTS, 'test_')) as T;
}
