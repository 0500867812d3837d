/** Tools that ask the client for something: its person, its model, its roots. */
import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  type InputRequest,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  MissingRequiredClientCapabilityError,
  type Result,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { ComposedTool } from '#gateways/mcp/composition';
import { toolOf } from './fixture-content.ts';

type Properties = { readonly [name: string]: object };
type Asked = { readonly [key: string]: InputRequest };

const states = createRequestStateCodec<number>({ key: randomBytes(32) });
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

const form = (message: string, properties: Properties, required = Object.keys(properties)): InputRequest =>
  inputRequired.elicit({ message, requestedSchema: { type: 'object', properties, required } as never });
const question = (text: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens });

export const userName: Asked = { user_name: form('What is your name?', { name: { type: 'string' } }) };
const confirm: Asked = { confirm: form('Please confirm', { ok: { type: 'boolean' } }) };
const roots: Asked = { client_roots: inputRequired.listRoots() };

export function text(said: string): Result {
  return { content: [{ type: 'text', text: said }] };
}

export const inputTools: readonly ComposedTool[] = [
  {
    tool: toolOf('test_sampling', { prompt: { type: 'string' } }),
    async call({ arguments: args }, { mcpReq }) {
      const content = { type: 'text' as const, text: String(args?.['prompt']) };
      const said = await mcpReq.requestSampling({ messages: [{ role: 'user', content }], maxTokens: 100 });
      return text(`LLM response: ${JSON.stringify(said.content)}`);
    },
  },
  eliciting('test_elicitation', {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  }),
  eliciting('test_elicitation_sep1034_defaults', {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  }),
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
    tool: toolOf('test_streaming_elicitation'),
    async call() {
      await pause();
      return inputRequired({ inputRequests: confirm });
    },
  },
  {
    tool: toolOf('test_missing_capability'),
    call() {
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
    },
  },
  asking('test_input_required_result_elicitation', userName),
  asking('test_input_required_result_sampling', { capital_question: question('What is the capital of France?', 100) }),
  asking('test_input_required_result_list_roots', roots),
  asking('test_input_required_result_request_state', confirm, 'state-ok'),
  asking('test_input_required_result_tampered_state', confirm, 'state-ok'),
  asking(
    'test_input_required_result_multiple_inputs',
    { ...userName, greeting: question('Generate a greeting', 50), ...roots },
    'all there',
  ),
  {
    tool: toolOf('test_input_required_result_multi_round'),
    async call(_, ctx) {
      const round = (await stateOf(ctx)) ?? 0;
      if (round === 2 && accepted(ctx, 'step2')) return text('Both steps done.');
      if (round === 1 && accepted(ctx, 'step1')) return ask('step2', 'favorite color', 'color', 2);
      return ask('step1', 'name', 'name', 1);
    },
  },
  {
    tool: toolOf('test_input_required_result_capabilities'),
    call(_, ctx) {
      const envelope: { readonly [key: string]: unknown } = ctx.mcpReq.envelope ?? {};
      const able = (envelope[CLIENT_CAPABILITIES_META_KEY] ?? {}) as ClientCapabilities;
      return inputRequired({
        inputRequests: {
          ...(able.sampling ? { sampled: question('Say something.', 50) } : {}),
          ...(able.elicitation ? userName : {}),
        },
      });
    },
  },
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

async function ask(key: string, what: string, field: string, round: number): Promise<InputRequiredResult> {
  return inputRequired({
    inputRequests: { [key]: form(`What is your ${what}?`, { [field]: { type: 'string' } }) },
    requestState: await states.mint(round),
  });
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

function accepted({ mcpReq }: ServerContext, key: string): boolean {
  return acceptedContent(mcpReq.inputResponses, key) !== undefined;
}

function titled(value: string, titles: readonly string[]): { const: string; title: string }[] {
  return titles.map((title, i) => ({ const: `${value}${i + 1}`, title }));
}
