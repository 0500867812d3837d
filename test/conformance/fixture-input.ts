/** Tools that ask the client for something: its person, its model, its roots. */
import { randomBytes } from 'node:crypto';
import {
  createRequestStateCodec,
  type InputRequest,
  inputRequired,
  inputResponse,
  MissingRequiredClientCapabilityError,
  type Result,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import type { ComposedTool } from '#gateways/mcp/composition';

type Properties = { readonly [name: string]: object };
type Asked = { readonly [key: string]: InputRequest };

const states = createRequestStateCodec<number>({ key: randomBytes(32) });

const form = (message: string, properties: Properties, required = Object.keys(properties)): InputRequest =>
  inputRequired.elicit({ message, requestedSchema: { type: 'object', properties, required } as never });
const question = (text: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens });

export const userName: Asked = { user_name: form('What is your name?', { name: { type: 'string' } }) };
const roots: Asked = { client_roots: inputRequired.listRoots() };

export function toolOf(name: string, properties: Properties = {}): Tool {
  const inputSchema = { type: 'object', properties } as Tool['inputSchema'];
  return { name, description: `Fixture ${name}.`, inputSchema };
}

export function text(said: string): Result {
  return { content: [{ type: 'text', text: said }] };
}

export const inputTools: readonly ComposedTool[] = [
  eliciting('test_elicitation_sep1330_enums', {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled('value', ['First Option', 'Second Option', 'Third Option']) },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: {
      type: 'array',
      items: { anyOf: titled('value', ['First Choice', 'Second Choice', 'Third Choice']) },
    },
  }),
  {
    tool: toolOf('test_missing_capability'),
    call() {
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
    },
  },
  asking('test_input_required_result_elicitation', userName),
  asking('test_input_required_result_list_roots', roots),
  asking(
    'test_input_required_result_multiple_inputs',
    { ...userName, greeting: question('Generate a greeting', 50), ...roots },
    'all there',
  ),
];

/** Asks once with a schema, over the connection of the call, and says what came back. */
function eliciting(name: string, properties: Properties): ComposedTool {
  return {
    tool: toolOf(name, { message: { type: 'string' } }),
    async call({ arguments: args }, { mcpReq }) {
      const message = typeof args?.['message'] === 'string' ? args['message'] : 'Please answer';
      const requestedSchema = { type: 'object' as const, properties, required: Object.keys(properties) };
      const { action, content } = await mcpReq.elicitInput({ mode: 'form', message, requestedSchema } as never);
      return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`);
    },
  };
}

/** Returns what it needs until it is there; with `withState`, only for a state it has given out. */
function asking(name: string, inputRequests: Asked, withState?: string): ComposedTool {
  return {
    tool: toolOf(name),
    async call(_, ctx) {
      const state = await stateOf(ctx);
      const there = Object.keys(inputRequests).every((key) => answered(ctx, key));
      if (there && (withState === undefined || state !== undefined)) return text(withState ?? 'Thank you.');
      const requestState = withState === undefined ? {} : { requestState: await states.mint(1) };
      return inputRequired({ inputRequests, ...requestState });
    },
  };
}

/** The state that came back, verified; -32602 for one that is not ours. */
async function stateOf(ctx: ServerContext): Promise<number | undefined> {
  const state = ctx.mcpReq.requestState<string>();
  if (state === undefined) return undefined;
  try {
    return await states.verify(state, ctx);
  } catch {
    throw Object.assign(new Error('the requestState is not of this server'), { code: -32602 });
  }
}

export function answered({ mcpReq }: ServerContext, key: string): boolean {
  return inputResponse(mcpReq.inputResponses, key).kind !== 'missing';
}

function titled(value: string, titles: readonly string[]): { const: string; title: string }[] {
  return titles.map((title, i) => ({ const: `${value}${i + 1}`, title }));
}
