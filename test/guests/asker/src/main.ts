import { type Answer, ask as askForm, open as openLink } from 'switchboard:host/elicitation@0.1.0';
import { report as tell } from 'switchboard:host/progress@0.1.0';
import { create } from 'switchboard:host/sampling@0.1.0';

export function report(values: Float64Array | number[], total?: number, message?: string): number {
  for (const value of values) tell(value, total, message);
  return values.length;
}

export function flood(ms: number): number {
  const until = Date.now() + ms;
  let count = 0;
  while (Date.now() < until) {
    count += 1;
    tell(count, undefined, `step ${count}`);
  }
  return count;
}

export function spin(ms: number): void {
  const until = Date.now() + ms;
  while (Date.now() < until);
}

export function ask(form: string): string {
  return settle(() => answerText(askForm(JSON.parse(form))));
}

export function askTwice(form: string): string {
  return `${ask(form)} ${ask(form)}`;
}

export function open(message: string, url: string): string {
  return settle(() => answerText(openLink({ message, url })));
}

export function sample(request: string): string {
  return settle(() => JSON.stringify(create(JSON.parse(request))));
}

function answerText({ tag, val }: Answer): string {
  return val === undefined ? tag : `${tag} ${val}`;
}

function settle(work: () => string): string {
  try {
    return work();
  } catch (thrown) {
    const { payload = thrown } = thrown as { payload?: unknown };
    const { tag, val } = payload as { tag?: string; val?: string };
    if (tag === undefined) throw thrown;
    throw new Error(val === undefined ? tag : `${tag}: ${val}`);
  }
}
