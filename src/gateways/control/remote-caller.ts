/** The caller at the other end of a control connection, as the host sees it. */
import type { Caller, ElicitAnswer, SampleAnswer } from '#core';
import { SwitchboardError } from '#core/errors';
import { asInteger, asObject, type Loose } from './check.ts';
import type { AskedMessage, CallerOffer } from './protocol.ts';

export interface RemoteCallers {
  /** The caller of a request that offers this. */
  of(request: number, offer: CallerOffer): Caller;
  /** The client's answer to a question; one to a question that is over is passed by. */
  answer(message: Loose): void;
}

/** What comes back is not checked here but by the host, as any caller's. */
export function createRemoteCallers(send: (message: AskedMessage) => void): RemoteCallers {
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let asked = 0;

  const put = (id: number, kind: 'elicit' | 'sample', request: object, signal: AbortSignal): Promise<unknown> => {
    asked += 1;
    const ask = asked;
    return new Promise((resolve, reject) => {
      const over = (): void => {
        if (!waiting.delete(ask)) return;
        send({ t: 'ask-over', id, ask });
        reject(new SwitchboardError('cancelled', 'nobody waits for the answer'));
      };
      waiting.set(ask, { resolve, reject });
      signal.addEventListener('abort', over, { once: true });
      send({ t: 'ask', id, ask, kind, request });
    });
  };

  return {
    of(id, { progress, elicit, sample }) {
      return {
        ...(progress ? { progress: (report) => send({ t: 'progress', id, report }) } : {}),
        ...(elicit === undefined
          ? {}
          : {
              elicit: {
                modes: elicit,
                ask: (request, signal) => put(id, 'elicit', request, signal) as Promise<ElicitAnswer>,
              },
            }),
        ...(sample
          ? { sample: (request, signal) => put(id, 'sample', request, signal) as Promise<SampleAnswer | undefined> }
          : {}),
      };
    },
    answer(message) {
      const ask = asInteger(message['ask'], 'ask', 0, Number.MAX_SAFE_INTEGER);
      const asker = waiting.get(ask);
      waiting.delete(ask);
      if (message['failed'] === true) asker?.reject(new SwitchboardError('cancelled', 'the caller could not ask'));
      else asker?.resolve(message['value']);
    },
  };
}

/** What a client says that its caller can. Errors: `invalid-usage`. */
export function asOffer(value: unknown): CallerOffer {
  const { progress, elicit, sample } = asObject(value, 'caller');
  if (elicit !== undefined && !(Array.isArray(elicit) && elicit.every((mode) => mode === 'form' || mode === 'url'))) {
    throw new SwitchboardError('invalid-usage', 'caller.elicit must be an array of form, url');
  }
  return {
    ...(progress === true ? { progress } : {}),
    ...(elicit === undefined ? {} : { elicit: elicit as readonly ('form' | 'url')[] }),
    ...(sample === true ? { sample } : {}),
  };
}
