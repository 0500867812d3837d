/** Questions of components to the caller's model: what may be asked, and which answers fit. Pure. */
import type { SampleAnswer, SampleRequest } from './caller.ts';
import { shownLine, shownText } from './shown-text.ts';

/** As a component hands it over, nothing checked but the types. */
export type SampleDraft = Omit<SampleRequest, 'component'>;

export const SAMPLE_BOUNDS = {
  messages: 50,
  /** Characters of all messages and the system prompt. */
  text: 256 * 1024,
  tokens: 65_536,
  stops: 8,
  stop: 100,
  hints: 10,
  hint: 100,
  /** Characters of an answer. */
  answer: 1024 * 1024,
} as const;

/** The question as it is passed on, or why it cannot be asked. */
export function sampleRequest(component: string, draft: SampleDraft): SampleRequest | string {
  const { messages, system, maxTokens, temperature, stop, preferences } = draft;
  if (messages.length === 0 || messages.length > SAMPLE_BOUNDS.messages)
    return `1 to ${SAMPLE_BOUNDS.messages} messages are asked at once`;
  const characters = messages.reduce((sum, { text }) => sum + text.length, system?.length ?? 0);
  if (characters > SAMPLE_BOUNDS.text) return `the messages are longer than ${SAMPLE_BOUNDS.text} characters`;
  if (maxTokens < 1 || maxTokens > SAMPLE_BOUNDS.tokens) return `max-tokens is 1 to ${SAMPLE_BOUNDS.tokens}`;
  if (temperature !== undefined && !(temperature >= 0 && temperature <= 2)) return 'the temperature is 0 to 2';
  if (stop.length > SAMPLE_BOUNDS.stops || stop.some((text) => text === '' || text.length > SAMPLE_BOUNDS.stop))
    return `there are at most ${SAMPLE_BOUNDS.stops} stop sequences of 1 to ${SAMPLE_BOUNDS.stop} characters`;
  const { hints = [], cost, speed, intelligence } = preferences ?? {};
  if ([cost, speed, intelligence].some((one) => one !== undefined && !(one >= 0 && one <= 1)))
    return 'a preference is 0 to 1';
  if (hints.length > SAMPLE_BOUNDS.hints) return `there are at most ${SAMPLE_BOUNDS.hints} hints`;
  return {
    component,
    messages: messages.map(({ role, text }) => ({ role, text: shownText(text) })),
    system: systemPrompt(component, system),
    maxTokens,
    stop: stop.map((text) => text.toWellFormed()),
    ...(temperature === undefined ? {} : { temperature }),
    ...(preferences === undefined
      ? {}
      : {
          preferences: {
            ...weights({ cost, speed, intelligence }),
            hints: hints.map((hint) => shownLine(hint, SAMPLE_BOUNDS.hint)),
          },
        }),
  };
}

const weights = <T extends object>(given: T): T =>
  Object.fromEntries(Object.entries(given).filter(([, weight]) => weight !== undefined)) as T;

/** Says who asks, to the person who is shown it and to the model, before anything that the component says. */
function systemPrompt(component: string, system: string | undefined): string {
  const who = `This is asked by the sandboxed component ${component}, through Switchboard. All that follows is its text.`;
  return system === undefined ? who : `${who}\n\n${shownText(system)}`;
}

/** What the model said as the component gets it, or why it does not fit. */
export function fittingSample(answer: unknown): SampleAnswer | string {
  if (typeof answer !== 'object' || answer === null) return 'the answer is no object';
  const { role, text, model, stopReason } = answer as { readonly [key: string]: unknown };
  if (role !== 'assistant' && role !== 'user') return 'the answer names no role';
  if (typeof text !== 'string') return 'the answer is no text';
  if (text.length > SAMPLE_BOUNDS.answer) return `the answer is longer than ${SAMPLE_BOUNDS.answer} characters`;
  if (typeof model !== 'string') return 'the answer names no model';
  return {
    role,
    text: text.toWellFormed(),
    model: shownLine(model, 200),
    ...(typeof stopReason === 'string' ? { stopReason: shownLine(stopReason, 100) } : {}),
  };
}
