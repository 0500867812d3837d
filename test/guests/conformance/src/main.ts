import { ask, type Field, type FieldType } from 'switchboard:host/elicitation@0.1.0';
import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.6';
import { write } from 'switchboard:host/log@0.1.0';
import { report } from 'switchboard:host/progress@0.1.0';
import { create } from 'switchboard:host/sampling@0.1.0';

export * from './content.ts';

export const simpleText = (): string => 'This is a simple text response for testing.';

export function errorHandling(): string {
  throw 'This tool intentionally returns an error for testing';
}

export function toolWithLogging(): string {
  write('info', 'Tool execution started', []);
  pause(50);
  write('info', 'Tool processing data', []);
  pause(50);
  write('info', 'Tool execution completed', []);
  return 'Logged three times.';
}

export function loggingTool(): string {
  write('info', 'Logged once', []);
  return 'Logged once.';
}

export function toolWithProgress(): string {
  for (const progress of [1, 50, 100]) {
    report(progress, 100, undefined);
    pause(100);
  }
  return 'Reported three times.';
}

export const sampling = (prompt: string): string => `LLM response: ${sample(prompt)}`;

export function elicitation(message: string): string {
  return elicit(message, {
    username: { tag: 'text', val: {} },
    email: { tag: 'text', val: {} },
  });
}

export function elicitationSep1034Defaults(): string {
  const choices = [{ value: 'active' }, { value: 'inactive' }, { value: 'pending' }];
  return elicit('Please answer', {
    name: { tag: 'text', val: { default: 'John Doe' } },
    age: { tag: 'number', val: { integer: true, default: 30 } },
    score: { tag: 'number', val: { integer: false, default: 95.5 } },
    status: { tag: 'choice', val: { choices, default: 'active' } },
    verified: { tag: 'boolean', val: true },
  });
}

export function streamingElicitation(): string {
  pause(50);
  return confirm();
}

export const inputRequiredResultSampling = (): string => sample('What is the capital of France?');

export const inputRequiredResultRequestState = (): string => `state-ok: ${confirm()}`;

export const inputRequiredResultTamperedState = (): string => confirm();

export function inputRequiredResultMultiRound(): string {
  const first = elicit('Step 1: What is your name?', { name: { tag: 'text', val: {} } });
  return `${first} ${elicit('Step 2: What is your favorite color?', { color: { tag: 'text', val: {} } })}`;
}

export function inputRequiredResultCapabilities(): string {
  try {
    return confirm();
  } catch {
    return sample('Say something.');
  }
}

const confirm = (): string => elicit('Please confirm', { ok: { tag: 'boolean', val: undefined } });

function elicit(message: string, types: { readonly [name: string]: FieldType }): string {
  const fields = Object.entries(types).map(([name, type]): Field => ({ name, required: true, type }));
  const { tag, val } = ask({ message, fields });
  return `${tag} ${val ?? ''}`;
}

const sample = (text: string): string =>
  create({ messages: [{ role: 'user', text }], maxTokens: 100, stopSequences: [] }).text;

function pause(ms: number): void {
  subscribeDuration(ms * 1_000_000).block();
}
