/** Questions of running components to whoever called them: decided, bounded, asked, and the answers checked. */
import {
  type AskKind,
  type AskOutcome,
  type Caller,
  decideAccess,
  type ElicitAnswer,
  type ElicitRequest,
  fittingSample,
  fittingValues,
  type FormDraft,
  formatDuration,
  formRequest,
  linkRequest,
  type LinkDraft,
  parseReference,
  type Random,
  type Redactor,
  type SampleDraft,
  sampleRequest,
  SwitchboardError,
} from '#core';
import { type AskTurn, clientOf, type EngineCall } from '#engine';
import type { EventHub } from './events.ts';
import { createWaitingQuestions } from './waiting-questions.ts';

/** How long and how often may be asked. Milliseconds. */
export interface AskBounds {
  /** For one question. */
  readonly elicitMs: number;
  readonly sampleMs: number;
  /** For all questions of one call. */
  readonly callMs: number;
  /** Questions of one call. */
  readonly elicits: number;
  readonly samples: number;
  /** Questions that wait for one client at once. */
  readonly waitingOfClient: number;
  /** Components that wait for an answer at once. */
  readonly waitingComponents: number;
}

export const ASK_BOUNDS: AskBounds = {
  elicitMs: 10 * 60_000,
  sampleMs: 5 * 60_000,
  callMs: 30 * 60_000,
  elicits: 10,
  samples: 100,
  waitingOfClient: 16,
  waitingComponents: 16,
};

/** Callers give up on a call that they hear nothing of; while a question is open they are told that often. */
const TELL_MS = 15_000;

export interface AskingPorts {
  readonly events: EventHub;
  readonly random: Random;
  readonly bounds: AskBounds;
  redactor(component: string): Redactor | undefined;
  /** How many instances the component (`ns:name@version`) may have. */
  instances(component: string): number;
}

/** What the guest gets: a result, or the case of its error. */
type Reply =
  | { readonly ok: unknown }
  | {
      readonly failed: { readonly tag: 'unavailable' | 'invalid'; readonly val: string } | { readonly tag: 'refused' };
    };

/** What one call has asked so far. */
interface Spent {
  elicit: number;
  sample: number;
  ms: number;
}

export interface Asking {
  /** Answers a cell. The payload is what a guest made of it. Errors: `denied` (it is not granted). */
  answer(request: EngineCall, kind: AskKind, payload: unknown, turn: AskTurn): Promise<Reply>;
}

export const isAskKind = (service: string): service is AskKind => service === 'elicit' || service === 'sample';

const failed = (tag: 'unavailable' | 'invalid', val: string): Reply => ({ failed: { tag, val } });

export function createAsking({ events, random, bounds, redactor, instances }: AskingPorts): Asking {
  const waiting = createWaitingQuestions({
    ofClient: bounds.waitingOfClient,
    components: bounds.waitingComponents,
  });
  const spentBy = new WeakMap<EngineCall, Spent>();

  /** Asks within the bounds; undefined where it could not be asked or nobody answered in time. */
  const within = async <T>(
    request: EngineCall,
    kind: AskKind,
    turn: AskTurn,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ readonly got: T } | string> => {
    // Calls that components make of each other share what the one from outside may ask.
    let root = request;
    while (root.from) root = root.from.request;
    const spent = spentBy.get(root) ?? { elicit: 0, sample: 0, ms: 0 };
    spentBy.set(root, spent);
    const most = kind === 'elicit' ? bounds.elicits : bounds.samples;
    if (spent[kind] >= most) return `a call asks at most ${most} times`;
    const ms = Math.min(kind === 'elicit' ? bounds.elicitMs : bounds.sampleMs, bounds.callMs - spent.ms);
    if (ms <= 0) return `a call waits at most ${formatDuration(bounds.callMs)} for answers`;
    const { component } = request.context;
    const leave = waiting.enter(component, instances(component), clientOf(request));
    if (typeof leave === 'string') return leave;
    spent[kind] += 1;
    const late = new AbortController();
    const began = performance.now();
    const goOn = turn.hold();
    const timer = setTimeout(() => late.abort(), ms);
    const message = kind === 'elicit' ? 'waiting for a person’s answer' : 'waiting for a model’s answer';
    const tell = (): void => request.onProgress?.({ progress: 0, message, by: 'host' });
    tell();
    const telling = setInterval(tell, TELL_MS);
    const signal = AbortSignal.any([turn.signal, late.signal]);
    try {
      const { promise: over, reject } = Promise.withResolvers<never>();
      over.catch(() => undefined);
      signal.addEventListener('abort', () => reject(new Error('over')), { once: true });
      if (signal.aborted) return 'the call is over';
      return { got: await Promise.race([ask(signal), over]) };
    } catch (error) {
      if (error instanceof SwitchboardError && error.code === 'busy') return `busy: ${error.message}`;
      return late.signal.aborted ? `no answer came within ${formatDuration(ms)}` : 'the caller could not ask';
    } finally {
      clearTimeout(timer);
      clearInterval(telling);
      spent.ms += performance.now() - began;
      // What still waits for an answer is told that none is wanted.
      late.abort();
      leave();
      goOn();
    }
  };

  const elicit = async (request: EngineCall, payload: unknown, turn: AskTurn): Promise<[Reply, AskOutcome]> => {
    const asker = request.caller?.elicit;
    const question = questionOf(request.context.component, payload as FormDraft | LinkDraft, random);
    if (typeof question === 'string') return [failed('invalid', question), 'unavailable'];
    if (question.mode === 'url' && !mayLead(request, question.url)) {
      throw new SwitchboardError('denied', 'the host of the address is not granted');
    }
    if (!asker?.modes.includes(question.mode)) return [failed('unavailable', nobody(asker)), 'unavailable'];
    const asked = await within(request, 'elicit', turn, (signal) => asker.ask(question, signal));
    if (typeof asked === 'string') return [failed('unavailable', asked), 'unavailable'];
    return checkedAnswer(question, asked.got);
  };

  const sample = async (request: EngineCall, payload: unknown, turn: AskTurn): Promise<[Reply, AskOutcome]> => {
    const asker = request.caller?.sample;
    const question = sampleRequest(parseReference(request.context.component).name, payload as SampleDraft);
    if (typeof question === 'string') return [failed('invalid', question), 'unavailable'];
    if (!asker) return [failed('unavailable', 'the caller has no model that could be asked'), 'unavailable'];
    const asked = await within(request, 'sample', turn, (signal) => asker(question, signal));
    if (typeof asked === 'string') return [failed('unavailable', asked), 'unavailable'];
    if (asked.got === undefined) return [{ failed: { tag: 'refused' } }, 'refused'];
    const answer = fittingSample(asked.got);
    return typeof answer === 'string' ? [failed('unavailable', answer), 'unavailable'] : [{ ok: answer }, 'answered'];
  };

  return {
    async answer(request, kind, payload, turn) {
      const { context, policy } = request;
      // The cell decided the same before it asked; the cell is not trusted with it.
      const decision = decideAccess(policy, { kind });
      if (!decision.allowed) {
        throw new SwitchboardError('denied', `${decision.denial.what}: ${decision.denial.reason}`);
      }
      const clean = redactor(context.component)?.json(payload) ?? payload;
      const began = performance.now();
      const [reply, outcome] = await (kind === 'elicit' ? elicit : sample)(request, clean, turn);
      events.emit({ type: 'caller.asked', context, kind, outcome, ms: performance.now() - began });
      return reply;
    },
  };
}

function questionOf(component: string, draft: FormDraft | LinkDraft, random: Random): ElicitRequest | string {
  const { name } = parseReference(component);
  return 'url' in draft ? linkRequest(name, draft, random.bytes(16).toHex()) : formRequest(name, draft);
}

/** Whether the component may itself go where it wants to send a person: an address carries what its maker likes. */
function mayLead({ policy }: EngineCall, href: string): boolean {
  const { hostname, port } = new URL(href);
  const host = hostname.replace(/^\[|\]$/g, '');
  return decideAccess(policy, { kind: 'net', host, port: port === '' ? 443 : Number(port) }).allowed;
}

const nobody = (asker: Caller['elicit']): string =>
  asker ? 'the caller cannot ask its person in this way' : 'the caller has no person who could be asked';

function checkedAnswer(question: ElicitRequest, answer: ElicitAnswer): [Reply, AskOutcome] {
  const { action } = answer;
  if (action === 'decline') return [{ ok: { action } }, 'declined'];
  if (action === 'cancel') return [{ ok: { action } }, 'cancelled'];
  if (action !== 'accept') return [failed('unavailable', 'the answer is neither yes nor no'), 'unavailable'];
  if (question.mode === 'url') return [{ ok: { action } }, 'accepted'];
  const values = fittingValues(question.fields, answer.values ?? {});
  if (typeof values === 'string')
    return [failed('unavailable', `the answer does not fit the form: ${values}`), 'unavailable'];
  return [{ ok: { action, values } }, 'accepted'];
}
