/** Questions of a component to the person at the terminal. They go to stderr, and say who asks. */
import { createInterface, type Interface } from 'node:readline';
import type { ElicitAnswer, ElicitRequest, FormField, FormFieldType } from '#core/caller';
import { valueProblem } from '#core/elicitation';
import { safeLine } from './safe.ts';

/** The lines that are typed, one after another. */
class Lines {
  private readonly lines: Interface;
  private readonly typed: string[] = [];
  private waiting: ((line: string | undefined) => void) | undefined;
  private ended = false;

  constructor() {
    this.lines = createInterface({ input: process.stdin, output: process.stderr });
    this.lines.on('line', (line) => {
      if (this.waiting) this.settle(line);
      else this.typed.push(line);
    });
    // At a terminal it is a key to readline: the verb's own way to end on Ctrl-C is through the signal.
    this.lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    this.lines.once('close', () => {
      this.ended = true;
      this.settle(undefined);
    });
  }

  /** Undefined at the end of the input. */
  next(prompt: string): Promise<string | undefined> {
    process.stderr.write(prompt);
    const line = this.typed.shift();
    if (line !== undefined || this.ended) return Promise.resolve(line);
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  close(): void {
    this.lines.close();
  }

  private settle(line: string | undefined): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(line);
  }
}

/** Asks, and waits until it is answered or the signal fires. */
export async function askPerson(request: ElicitRequest, signal: AbortSignal): Promise<ElicitAnswer> {
  const lines = new Lines();
  const stop = (): void => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    process.stderr.write(`${safeLine(request.message, 2_000)}\n`);
    const answer = request.mode === 'url' ? await askLink(lines, request.url) : await askForm(lines, request);
    // What is left of the line on which the question was put away.
    if (answer.action === 'cancel') process.stderr.write('\n');
    return answer;
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
  }
}

async function askLink(lines: Lines, url: string): Promise<ElicitAnswer> {
  process.stderr.write(`  ${safeLine(url, 2_000)}\nOpen it in your browser if you want to.\n`);
  return confirmed(await lines.next('Say that you did? [y/N] '), {});
}

async function askForm(lines: Lines, { component, fields }: ElicitRequest & { mode: 'form' }): Promise<ElicitAnswer> {
  const values: { [field: string]: unknown } = {};
  if (fields.length > 0) process.stderr.write('Empty skips what is optional; Ctrl-D answers nothing.\n');
  for (const field of fields) {
    const value = await askField(lines, field);
    if (value === CANCELLED) return { action: 'cancel' };
    if (value !== undefined) values[field.name] = value;
  }
  const question = fields.length === 0 ? 'Yes? [y/N] ' : `Tell this to ${safeLine(component)}? [y/N] `;
  return confirmed(await lines.next(question), values);
}

function confirmed(line: string | undefined, values: { readonly [field: string]: unknown }): ElicitAnswer {
  if (line === undefined) return { action: 'cancel' };
  return /^y(es)?$/i.test(line.trim()) ? { action: 'accept', values } : { action: 'decline' };
}

const CANCELLED = Symbol('cancelled');

/** Asks until what is typed fits; undefined where an optional field is skipped. */
async function askField(lines: Lines, { name, title, description, required, type }: FormField): Promise<unknown> {
  if (description !== undefined) process.stderr.write(`  ${safeLine(description, 400)}\n`);
  if (type.kind === 'choice') {
    for (const [i, choice] of type.choices.entries()) {
      const label = choice.title === undefined || choice.title === choice.value ? '' : ` (${safeLine(choice.title)})`;
      process.stderr.write(`  ${i + 1}. ${safeLine(choice.value)}${label}\n`);
    }
  }
  const hint = [expected(type), ...(required ? [] : ['optional'])].filter((part) => part !== '').join(', ');
  const preset = type.default === undefined ? '' : ` [${safeLine(presetText(type.default))}]`;
  const prompt = `  ${safeLine(title ?? name)}${hint === '' ? '' : ` (${hint})`}${preset}: `;
  for (;;) {
    const line = await lines.next(prompt);
    if (line === undefined) return CANCELLED;
    if (line === '' && type.default !== undefined) return type.default;
    if (line === '' && !required) return undefined;
    const value = line === '' && type.kind !== 'text' ? undefined : valueOf(type, line);
    const problem = valueProblem(type, value);
    if (problem === undefined) return value;
    process.stderr.write(`  ${problem}\n`);
  }
}

const presetText = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);

function expected(type: FormFieldType): string {
  if (type.kind === 'boolean') return 'yes or no';
  if (type.kind === 'choice') return 'one of them';
  if (type.kind === 'text') return type.format ?? '';
  const { minimum, maximum } = type;
  const bounds = [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
  ];
  return [type.integer ? 'whole number' : 'number', ...bounds].join(' ');
}

function valueOf(type: FormFieldType, line: string): unknown {
  const word = line.trim();
  if (type.kind === 'number') return word === '' ? undefined : Number(word);
  if (type.kind === 'boolean')
    return /^(y|yes|true)$/i.test(word) ? true : /^(n|no|false)$/i.test(word) ? false : undefined;
  if (type.kind === 'text') return line;
  if (type.choices.some((choice) => choice.value === word)) return word;
  return /^\d{1,3}$/.test(word) ? type.choices[Number(word) - 1]?.value : undefined;
}
