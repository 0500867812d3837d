/** Questions of components as MCP's messages, and what clients answer. Shapes of 2025-06-18 to 2026-07-28. */
import type { ElicitAnswer, ElicitRequest, FormField, SampleAnswer, SampleRequest } from '#core/caller';

/** What a client has said that it can be asked. */
export interface Abilities {
  readonly form: boolean;
  readonly url: boolean;
  readonly sample: boolean;
}

/** Of the capabilities that a client declared. One that says `elicitation: {}` can do forms, as before there were modes. */
export function abilitiesOf(capabilities: unknown): Abilities {
  const { elicitation, sampling } = record(capabilities) ?? {};
  const modes = record(elicitation);
  return {
    form: modes !== undefined && (record(modes['form']) !== undefined || record(modes['url']) === undefined),
    url: record(modes?.['url']) !== undefined,
    sample: record(sampling) !== undefined,
  };
}

export const canBeAsked = ({ form, url, sample }: Abilities): boolean => form || url || sample;

/** A request as MCP embeds or sends it. */
export interface AskMessage {
  readonly method: 'elicitation/create' | 'sampling/createMessage';
  readonly params: { [key: string]: unknown };
}

/** `titles`: whether the client's revision knows choices with titles (`oneOf`), from 2025-11-25 on. */
export function elicitMessage(request: ElicitRequest, titles = true): AskMessage {
  const { message, mode } = request;
  const method = 'elicitation/create';
  if (request.mode === 'url') return { method, params: { mode, message, url: request.url, elicitationId: request.id } };
  const properties = Object.fromEntries(request.fields.map((field) => [field.name, fieldSchema(field, titles)]));
  const required = request.fields.filter((field) => field.required).map((field) => field.name);
  return { method, params: { mode, message, requestedSchema: { type: 'object', properties, required } } };
}

function fieldSchema({ title, description, type }: FormField, titles: boolean): object {
  const texts = { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
  const preset = type.default === undefined ? {} : { default: type.default };
  switch (type.kind) {
    case 'boolean':
      return { type: 'boolean', ...texts, ...preset };
    case 'number': {
      const { integer, minimum, maximum } = type;
      return { type: integer ? 'integer' : 'number', ...texts, ...given({ minimum, maximum }), ...preset };
    }
    case 'text': {
      const { minLength, maxLength, format } = type;
      return { type: 'string', ...texts, ...given({ minLength, maxLength, format }), ...preset };
    }
    case 'choice': {
      const plain = !titles || type.choices.every((choice) => choice.title === undefined);
      const choices = plain
        ? { enum: type.choices.map(({ value }) => value) }
        : { oneOf: type.choices.map((choice) => ({ const: choice.value, title: choice.title ?? choice.value })) };
      return { type: 'string', ...texts, ...choices, ...preset };
    }
  }
}

export function sampleMessage(request: SampleRequest): AskMessage {
  const { messages, system, maxTokens, temperature, stop, preferences, component } = request;
  const { hints = [], cost, speed, intelligence } = preferences ?? {};
  const weights = given({ costPriority: cost, speedPriority: speed, intelligencePriority: intelligence });
  return {
    method: 'sampling/createMessage',
    params: {
      messages: messages.map(({ role, text }) => ({ role, content: { type: 'text', text } })),
      maxTokens,
      metadata: { component },
      ...given({ systemPrompt: system, temperature }),
      ...(stop.length === 0 ? {} : { stopSequences: [...stop] }),
      ...(preferences ? { modelPreferences: { hints: hints.map((name) => ({ name })), ...weights } } : {}),
    },
  };
}

/** Whatever the client sent; the host checks what is in it. */
export function elicitAnswer(result: unknown): ElicitAnswer {
  const { action, content } = record(result) ?? {};
  if (action === 'accept') return { action, values: (content ?? {}) as { readonly [field: string]: unknown } };
  if (action === 'decline' || action === 'cancel') return { action };
  throw new Error('the answer is none');
}

/** The text of an answer, all parts of it; the host checks the rest. */
export function sampleAnswer(result: unknown): SampleAnswer {
  const { role, content, model, stopReason } = record(result) ?? {};
  const parts = (Array.isArray(content) ? content : [content]).map(record);
  const texts = parts.map((part) => (part?.['type'] === 'text' ? part['text'] : undefined));
  if (!texts.every((text) => typeof text === 'string')) throw new Error('the answer is no text');
  const answer = { role, text: texts.join(''), model, ...(stopReason === undefined ? {} : { stopReason }) };
  return answer as SampleAnswer;
}

function given<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function record(value: unknown): { readonly [key: string]: unknown } | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: unknown })
    : undefined;
}
