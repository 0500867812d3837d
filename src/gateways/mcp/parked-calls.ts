/**
 * Calls that wait for their client, as revision 2026-07-28 has it (multi round-trip requests): there a server asks by
 * ending the request with `input_required`, and the client sends the request again with the answers. The component is
 * suspended meanwhile, and its call kept here under the `requestState` that the client returns.
 *
 * The state is 256 random bits, good for one answer, for the same tool, arguments and client: what is taken from one
 * client is of no use to another, and nothing in it can be forged, because there is nothing in it.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Result } from '@modelcontextprotocol/server';
import type { Caller, ProgressReport } from '#core/caller';
import type { LogRecord } from '#core/events';
import type { CallOptions } from '#host/api';
import type { Abilities, AskMessage } from './ask-messages.ts';
import { callerBy } from './caller.ts';
import { RPC, RpcError } from './results.ts';
import { createShares } from './shares.ts';

/** One request of the client's, of the several that make a call. */
export interface Leg {
  /** Tool, arguments and client; legs of one call have the same. */
  readonly call: readonly unknown[];
  /** Whose share of the places it takes. */
  readonly client: string;
  /** Ends the call while this leg waits for it. */
  readonly signal: AbortSignal;
  readonly responses: { readonly [key: string]: unknown } | undefined;
  readonly progress: Caller['progress'];
  readonly log: ((record: LogRecord) => void) | undefined;
}

export interface ParkedCalls {
  /** A call's first leg; `work` makes the call. Settles with its result, or with what the client is asked. */
  begin(leg: Leg, abilities: Abilities, work: (options: CallOptions) => Promise<Result>): Promise<Result>;
  /** A later leg. Errors: `RpcError` for a state that is none, not this call's, or answered already. */
  resume(state: string, leg: Leg): Promise<Result>;
  /** Cancels what is kept. */
  close(): void;
}

/** Calls kept; of one more the component is told that its client cannot be asked now. */
const MOST = 256;
const KEY = 'question';

interface Question {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

class ParkedCall {
  readonly id: string;
  readonly stop = new AbortController();
  leg: Leg | undefined;
  question: Question | undefined;
  private waiting: { resolve(result: Result): void; reject(error: unknown): void } | undefined;
  private readonly onAbort = (): void => this.stop.abort();

  constructor(id: string) {
    this.id = id;
  }

  /** From now on this leg waits for the call. */
  attach(leg: Leg): Promise<Result> {
    this.leg = leg;
    leg.signal.addEventListener('abort', this.onAbort, { once: true });
    if (leg.signal.aborted) this.stop.abort();
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  /** The leg's answer is there. Without a leg nobody is told. */
  answer(settle: (waiting: { resolve(result: Result): void; reject(error: unknown): void }) => void): void {
    const { waiting } = this;
    this.leg?.signal.removeEventListener('abort', this.onAbort);
    this.leg = undefined;
    this.waiting = undefined;
    if (waiting) settle(waiting);
  }
}

/** `mostOfOne` is the share of a client, where there may be others. */
export function createParkedCalls(mostOfOne = MOST): ParkedCalls {
  /** Those that wait for an answer, by the state that brings it. */
  const parked = new Map<string, ParkedCall>();
  const shares = createShares({ most: MOST, ofOne: mostOfOne, what: 'calls wait for answers' });
  let closed = false;

  const ask = (call: ParkedCall, message: AskMessage, signal: AbortSignal): Promise<unknown> => {
    if (closed || !call.leg) return Promise.reject(new Error('the client cannot be asked'));
    let leave: () => void;
    try {
      leave = shares.enter(call.leg.client);
    } catch (error) {
      return Promise.reject(error);
    }
    const state = randomBytes(32).toString('base64url');
    return new Promise((resolve, reject) => {
      const end = (): void => {
        leave();
        parked.delete(state);
        call.question = undefined;
        reject(new Error('nobody waits for the answer'));
      };
      call.question = {
        resolve(answer) {
          leave();
          signal.removeEventListener('abort', end);
          resolve(answer);
        },
        reject(error) {
          leave();
          signal.removeEventListener('abort', end);
          reject(error);
        },
      };
      signal.addEventListener('abort', end, { once: true });
      parked.set(state, call);
      const asked = { resultType: 'input_required', inputRequests: { [KEY]: message }, requestState: state };
      call.answer((waiting) => waiting.resolve(asked));
    });
  };

  return {
    begin(leg, abilities, work) {
      const call = new ParkedCall(idOf(leg));
      const answered = call.attach(leg);
      const tell = (report: ProgressReport): void => call.leg?.progress?.(report);
      work({
        signal: call.stop.signal,
        onLog: (record) => call.leg?.log?.(record),
        caller: callerBy(abilities, (message, signal) => ask(call, message, signal), tell),
      }).then(
        (result) => call.answer((waiting) => waiting.resolve(result)),
        (error: unknown) => call.answer((waiting) => waiting.reject(error)),
      );
      return answered;
    },
    async resume(state, leg) {
      const call = parked.get(state);
      const { question } = call ?? {};
      if (!call || !question || call.id !== idOf(leg)) {
        const data = { reason: 'invalid_request_state' };
        throw new RpcError(RPC.params, 'Invalid or expired requestState', data);
      }
      parked.delete(state);
      call.question = undefined;
      const answered = call.attach(leg);
      const response = leg.responses?.[KEY];
      if (response === undefined) question.reject(new Error('the client did not answer'));
      else question.resolve(response);
      return answered;
    },
    close() {
      closed = true;
      for (const call of parked.values()) call.stop.abort();
      parked.clear();
    },
  };
}

function idOf({ call }: Leg): string {
  return createHash('sha256').update(JSON.stringify(call)).digest('base64');
}
