/** A program's caller at the client's end of a control connection: takes reports and questions, sends answers. */
import type { Caller, ElicitRequest, ProgressReport, SampleRequest } from '#core';
import type { CallerOffer, ClientMessage } from './protocol.ts';

/** What to tell the host that the caller can; undefined where it can nothing. */
export function offerOf(caller: Caller | undefined): CallerOffer | undefined {
  if (!caller) return undefined;
  const { progress, elicit, sample } = caller;
  return {
    ...(progress ? { progress: true } : {}),
    ...(elicit ? { elicit: [...elicit.modes] } : {}),
    ...(sample ? { sample: true } : {}),
  };
}

/** The questions of one request. */
export class LocalCaller {
  readonly #caller: Caller;
  readonly #id: number;
  readonly #send: (message: ClientMessage) => void;
  readonly #open = new Map<number, AbortController>();

  constructor(caller: Caller, id: number, send: (message: ClientMessage) => void) {
    this.#caller = caller;
    this.#id = id;
    this.#send = send;
  }

  /** A `progress`, `ask` or `ask-over` of the request. */
  message(message: { readonly [key: string]: unknown }): void {
    if (message['t'] === 'progress') return this.#caller.progress?.(message['report'] as ProgressReport);
    const ask = message['ask'] as number;
    if (message['t'] === 'ask-over') return this.#open.get(ask)?.abort();
    const controller = new AbortController();
    this.#open.set(ask, controller);
    this.#ask(message['kind'], message['request'], controller.signal)
      .then(
        (value) => this.#send({ t: 'answer', id: this.#id, ask, value }),
        () => this.#send({ t: 'answer', id: this.#id, ask, failed: true }),
      )
      .finally(() => this.#open.delete(ask));
  }

  /** The request has settled: what is still asked is asked in vain. */
  end(): void {
    for (const controller of this.#open.values()) controller.abort();
  }

  async #ask(kind: unknown, request: unknown, signal: AbortSignal): Promise<unknown> {
    const { elicit, sample } = this.#caller;
    if (kind === 'elicit' && elicit) return elicit.ask(request as ElicitRequest, signal);
    if (kind === 'sample' && sample) return sample(request as SampleRequest, signal);
    throw new Error('the caller cannot be asked this');
  }
}
