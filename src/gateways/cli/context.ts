import type { LogRecord, ProgressReport } from '#core';
import type { RemoteHost } from '../control/client.ts';
import type { Proof } from '../control/permission-client.ts';
import { type Progress, progressLine } from './progress.ts';
import { safeJson, safeLine, safeText } from './safe.ts';

/** What a verb works with: where it writes, how it reaches the host, when it must stop. */
export class Context {
  readonly home: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** The exit code of a verb that did not throw. */
  code = 0;
  /** Set by a verb whose stdout belongs to somebody else's protocol. */
  bareStdout = false;
  /** Set by a verb whose standard streams may be served by the host itself, before it attaches. */
  lend = false;
  /** What shows that a person asks; sent with what gives something. */
  proof: Proof;
  #finished = false;
  #attaching: Promise<RemoteHost> | undefined;
  #host: RemoteHost | undefined;
  #progress: Progress | undefined;

  constructor(home: string, json: boolean, signal: AbortSignal) {
    this.home = home;
    this.json = json;
    this.signal = signal;
  }

  /** The host of the home, started where none runs; the same one each time. Its errors are the host's own, as `home-newer`. */
  async attach(): Promise<RemoteHost> {
    await this.begin();
    return this.progress('starting the host', this.#attaching as Promise<RemoteHost>);
  }

  /** Resolves once attaching has begun: where no host runs its process has been started. What fails is thrown by `attach`. */
  async begin(): Promise<void> {
    if (this.#attaching) return;
    const { attach } = await import('../control/attach.ts');
    this.#attaching = attach(this.home, { signal: this.signal, lend: this.lend, proof: () => this.proof }).then(
      (host) => (this.#host = host),
    );
    this.#attaching.catch(() => undefined);
  }

  /** The one document of `--output json`, or text for people; either ends with a line end. */
  print(document: object, text: () => string): void {
    this.settle();
    const out = this.json ? safeJson(document) : text();
    if (out !== '') process.stdout.write(out.endsWith('\n') ? out : `${out}\n`);
  }

  /** One line of JSON, for verbs that print many documents. */
  printLine(document: object): void {
    process.stdout.write(`${safeJson(document, 0)}\n`);
  }

  /** A line of ours on stderr. */
  note(line: string): void {
    this.#progress?.clear();
    process.stderr.write(`${safeText(line)}\n`);
  }

  /** What a component wrote, on stderr. */
  showRecord(record: LogRecord): void {
    this.#progress?.clear();
    process.stderr.write(recordText(record));
  }

  /** How far a call is, on the line that shows what is under way. */
  showProgress({ progress, total, message }: Pick<ProgressReport, 'progress' | 'total' | 'message'>): void {
    const far = total === undefined ? '' : `${Math.floor((100 * Math.min(progress, total)) / total)} %`;
    this.#progress?.tell([far, message === undefined ? '' : safeLine(message)].filter((part) => part !== '').join(' '));
  }

  /** Keeps that line off the terminal while something else is there. */
  async interrupted<T>(work: () => Promise<T>): Promise<T> {
    const line = this.#progress;
    line?.pause(true);
    try {
      return await work();
    } finally {
      line?.pause(false);
    }
  }

  /** Shows on a terminal what is under way when `work` takes longer than 0.3 s. */
  async progress<T>(label: string, work: Promise<T>): Promise<T> {
    this.settle();
    const line = progressLine(label);
    this.#progress = line;
    try {
      return await work;
    } finally {
      line.done();
    }
  }

  /** Says that an interrupt was the normal end of this verb: its exit code is 0. */
  finished(): void {
    this.#finished = true;
  }

  get isFinished(): boolean {
    return this.#finished;
  }

  /** Takes the progress line off the terminal. */
  settle(): void {
    this.#progress?.done();
    this.#progress = undefined;
  }

  async end(): Promise<void> {
    this.settle();
    await this.#host?.close();
  }
}

/** A record as lines: output as the component wrote it, log records with their level and fields. */
export function recordText(record: LogRecord, prefix = ''): string {
  const fields = Object.entries(record.fields ?? {}).map(([name, value]) => ` ${safeLine(name)}=${safeLine(value)}`);
  const lines = record.message.replace(/\n$/, '').split('\n');
  const level = record.stream === 'log' ? `${record.level}: ` : '';
  return lines.map((line, i) => `${prefix}${level}${safeText(line)}${i === 0 ? fields.join('') : ''}\n`).join('');
}
