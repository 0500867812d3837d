import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Result } from '@modelcontextprotocol/server';
import type { CallOptions } from '#host/api';
import { createParkedCalls, type Leg, type ParkedCalls } from './parked-calls.ts';

const ABLE = { form: true, url: false, sample: false };
const QUESTION = { mode: 'form', component: 'a:b', message: 'Well?', fields: [] } as const;

function leg(more: Partial<Leg> = {}): Leg {
  return {
    call: ['tool', { a: 1 }, 'client'],
    client: 'client',
    signal: new AbortController().signal,
    responses: undefined,
    progress: undefined,
    log: undefined,
    ...more,
  };
}

const never = new AbortController().signal;

/** A component that asks once and returns what the person did. */
const asksOnce =
  (signal = never) =>
  async ({ caller }: CallOptions): Promise<Result> => {
    const answer = await caller?.elicit?.ask(QUESTION, signal);
    return { action: answer?.action ?? 'none' };
  };

async function asked(parked: ParkedCalls, first = leg(), work = asksOnce()): Promise<string> {
  const result = await parked.begin(first, ABLE, work);
  assert.equal(result['resultType'], 'input_required');
  return String(result['requestState']);
}

const yes = { question: { action: 'accept' } };

test('[ask.mcp] the answer comes with a later request, and a state is good for one', async () => {
  const parked = createParkedCalls();
  const state = await asked(parked);
  assert.match(state, /^[\w-]{43}$/);
  assert.deepEqual(await parked.resume(state, leg({ responses: yes })), { action: 'accept' });
  await assert.rejects(parked.resume(state, leg({ responses: yes })), { code: -32602 });
});

test('[ask.mcp] a state is of no use with other arguments, for another tool or to another client', async () => {
  const parked = createParkedCalls();
  const state = await asked(parked);
  for (const call of [
    ['tool', { a: 2 }, 'client'],
    ['other', { a: 1 }, 'client'],
    ['tool', { a: 1 }, 'thief'],
  ]) {
    await assert.rejects(parked.resume(state, leg({ call, responses: yes })), {
      code: -32602,
      message: 'Invalid or expired requestState',
    });
  }
  await assert.rejects(parked.resume('x'.repeat(43), leg({ responses: yes })), { code: -32602 });
  assert.deepEqual(await parked.resume(state, leg({ responses: yes })), { action: 'accept' }, 'it was left as it was');
});

test('[ask.mcp] an answer that is missing is none; a question that is over takes none', async () => {
  const parked = createParkedCalls();
  const state = await asked(parked);
  await assert.rejects(parked.resume(state, leg({ responses: {} })), /did not answer/);
  const over = new AbortController();
  const late = await asked(parked, leg(), asksOnce(over.signal));
  over.abort();
  await assert.rejects(parked.resume(late, leg({ responses: yes })), { code: -32602 });
});

test('[ask.mcp] a client that leaves ends its call while a request waits, not after that was answered', async () => {
  const parked = createParkedCalls();
  const [first, second] = [new AbortController(), new AbortController()];
  let stopped = false;
  const work = async ({ caller, signal }: CallOptions): Promise<Result> => {
    signal?.addEventListener('abort', () => {
      stopped = true;
    });
    await caller?.elicit?.ask(QUESTION, never);
    return new Promise(() => {});
  };
  const state = await asked(parked, leg({ signal: first.signal }), work);
  first.abort();
  assert.equal(stopped, false);
  void parked.resume(state, leg({ signal: second.signal, responses: yes }));
  second.abort();
  assert.equal(stopped, true);
});

test('[ask.mcp] so many are kept and no more; closing cancels them', async () => {
  const parked = createParkedCalls();
  let stopped = 0;
  const work = async (options: CallOptions): Promise<Result> => {
    options.signal?.addEventListener('abort', () => {
      stopped += 1;
    });
    return asksOnce()(options);
  };
  for (let i = 0; i < 256; i += 1) await asked(parked, leg(), work);
  await assert.rejects(parked.begin(leg(), ABLE, work), { code: 'busy' });
  parked.close();
  assert.equal(stopped, 256);
});

test('[mcp.fair] a client has a share of the calls that may wait; past it the component hears that the client is busy', async () => {
  const parked = createParkedCalls(2);
  const state = await asked(parked);
  await asked(parked);
  await assert.rejects(parked.begin(leg(), ABLE, asksOnce()), { code: 'busy' });
  await asked(parked, leg({ client: 'other' }));
  assert.deepEqual(await parked.resume(state, leg({ responses: yes })), { action: 'accept' });
  const again = await asked(parked);
  await assert.rejects(parked.begin(leg(), ABLE, asksOnce()), { code: 'busy' });
  await assert.rejects(parked.resume(again, leg({ responses: {} })), /did not answer/);
  await asked(parked);
});
