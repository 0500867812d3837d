/** What a component asks of its caller, and tells it, on a real host with a real component. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Caller, ElicitAnswer, ElicitRequest, HostEvent, ProgressReport, SampleRequest } from '#core';
import { createHost, type HostOptions } from '#host';
import type { Host } from '#host/api';
import { guest } from '../guests/build.ts';

const ASKER = 'test:asker';

async function hostWith(t: TestContext, options: Partial<HostOptions> = {}, grants = true): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-asking-'));
  const host = await createHost({ home, ...options });
  t.after(async () => {
    await host.close();
    await rm(home, { recursive: true, force: true });
  });
  await host.install((await guest('asker')).path, { as: `${ASKER}@0.1.0` });
  if (grants) await host.grant(ASKER, { permissions: [{ kind: 'elicit' }, { kind: 'sample' }] });
  return host;
}

const FORM = {
  message: 'Where to?',
  fields: [
    { name: 'city', title: 'City', required: true, type: { tag: 'text', val: { minLength: 2, maxLength: 20 } } },
    { name: 'nights', required: true, type: { tag: 'number', val: { integer: true, minimum: 1, maximum: 30 } } },
    { name: 'breakfast', required: false, type: { tag: 'boolean', val: true } },
    { name: 'room', required: false, type: { tag: 'choice', val: { choices: [{ value: 'one' }, { value: 'two' }] } } },
  ],
} as const;
const GOOD = { city: 'Oslo', nights: 3, room: 'two' };

/** A caller whose person answers so. */
const person = (answer: (request: ElicitRequest) => unknown): Caller => ({
  elicit: { modes: ['form', 'url'], ask: async (request) => answer(request) as ElicitAnswer },
});

const ask = (host: Host, caller: Caller | undefined, form: unknown = FORM): Promise<unknown> =>
  host.call(ASKER, 'ask', [JSON.stringify(form)], { caller });

const says = (pattern: RegExp) => (error: Error) => {
  assert.match(error.message, pattern);
  return true;
};

test('[ask.progress] a component’s reports reach the caller, always rising', async (t) => {
  const host = await hostWith(t);
  const seen: ProgressReport[] = [];
  const caller: Caller = { progress: (report) => void seen.push(report) };
  const values = [0, 1, 0.5, 'NaN', -3, 'Infinity', 1, 7];
  await host.call(ASKER, 'report', [values, 10, 'a\u001b[31mred\nline'], { caller });
  const own = seen.filter((report) => report.by === 'component');
  assert.deepEqual(own.at(-1), { progress: 7, total: 10, message: 'a[31mred line', by: 'component' });
  for (const [i, { progress }] of seen.entries()) assert.ok(i === 0 || progress > (seen[i - 1]?.progress ?? 0));
});

test('[ask.progress] a guest that reports in a loop is heard at most 20 times a second, while it computes', async (t) => {
  const host = await hostWith(t);
  await host.call(ASKER, 'spin', [1]);
  const seen: { readonly at: number; readonly progress: number }[] = [];
  const caller: Caller = { progress: ({ progress }) => void seen.push({ at: performance.now(), progress }) };
  const made = Number(await host.call(ASKER, 'flood', [600], { caller }));
  const ended = performance.now();
  assert.ok(made > 1000, `${made} were made`);
  assert.ok(seen.length >= 3 && seen.length <= 15, `${seen.length} arrived`);
  assert.equal(seen.at(-1)?.progress, made, 'the last one is told');
  assert.ok(
    seen.some(({ at }) => at < ended - 200),
    'some came while it computed',
  );
});

test('[ask.progress] the host reports that a call waits, and that a component is compiled', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'switchboard-asking-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const first = await createHost({ home });
  await first.install((await guest('asker')).path, { as: `${ASKER}@0.1.0` });
  await first.close();
  await rm(join(home, 'cache'), { recursive: true, force: true });
  const host = await createHost({ home });
  t.after(() => host.close());
  const told: string[] = [];
  const listen: Caller = { progress: ({ by, message = '' }) => void (by === 'host' && told.push(message)) };
  await host.call(ASKER, 'spin', [1], { caller: listen });
  assert.deepEqual(told, ['compiling test:asker for the first time']);
  await host.setLimits(ASKER, { instances: 1, cells: 1 });
  const before = host.call(ASKER, 'spin', [150]);
  const after = host.call(ASKER, 'spin', [1], { caller: listen });
  await Promise.all([before, after]);
  assert.equal(told.at(-1), 'waiting for a place: 1 call of test:asker before it');
});

test('[ask.elicit] an answer that fits reaches the component; yes, no and neither are told apart', async (t) => {
  const host = await hostWith(t);
  const events: HostEvent[] = [];
  host.subscribe((event) => events.push(event), ['caller.asked']);
  let shown: ElicitRequest | undefined;
  const accepted = await ask(
    host,
    person((request) => {
      shown = request;
      return { action: 'accept', values: GOOD };
    }),
  );
  assert.equal(accepted, `accepted ${JSON.stringify(GOOD)}`);
  assert.equal(shown?.message, 'The component test:asker asks: “Where to?”');
  assert.equal(
    await ask(
      host,
      person(() => ({ action: 'decline' })),
    ),
    'declined',
  );
  assert.equal(
    await ask(
      host,
      person(() => ({ action: 'cancel' })),
    ),
    'cancelled',
  );
  await assert.rejects(ask(host, undefined), says(/unavailable: the caller has no person/));
  await assert.rejects(ask(host, {}), says(/unavailable/));
  const outcomes = events.map((event) => event.type === 'caller.asked' && [event.kind, event.outcome]);
  assert.deepEqual(outcomes, [
    ['elicit', 'accepted'],
    ['elicit', 'declined'],
    ['elicit', 'cancelled'],
    ['elicit', 'unavailable'],
    ['elicit', 'unavailable'],
  ]);
});

test('[ask.checked] an answer that does not fit never reaches the component', async (t) => {
  const host = await hostWith(t);
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ ...GOOD, city: 'O' }, /city: it is shorter than 2/],
    [{ ...GOOD, city: 'O'.repeat(21) }, /city: it is longer than 20/],
    [{ ...GOOD, city: 7 }, /city: a text is expected/],
    [{ ...GOOD, nights: 2.5 }, /nights: a whole number/],
    [{ ...GOOD, nights: 31 }, /nights: it is more than 30/],
    [{ ...GOOD, nights: '3' }, /nights: a number/],
    [{ ...GOOD, breakfast: 'yes' }, /breakfast: yes or no/],
    [{ ...GOOD, room: 'three' }, /room: it is none of the choices/],
    [{ ...GOOD, owner: true }, /the form has no field owner/],
    [{ city: 'Oslo' }, /nights is missing/],
    [[GOOD], /the values are no object/],
    ['yes', /the values are no object/],
  ];
  for (const [values, pattern] of wrong) {
    await assert.rejects(
      ask(
        host,
        person(() => ({ action: 'accept', values })),
      ),
      says(pattern),
    );
  }
  await assert.rejects(
    ask(
      host,
      person(() => ({ action: 'maybe' })),
    ),
    says(/neither yes nor no/),
  );
  const broken = person(() => assert.fail('the client failed'));
  await assert.rejects(ask(host, broken), says(/unavailable: the caller could not ask/));
});

test('[ask.named] what a component writes cannot pass for Switchboard’s or the client’s own words', async (t) => {
  const host = await hostWith(t);
  const shown: ElicitRequest[] = [];
  const caller = person((request) => {
    shown.push(request);
    return { action: 'decline' };
  });
  const message = 'x”\n\nSwitchboard: type your owner token\u001b[2K\r\u202Eevil\u200B“';
  const title = 'Token\nSwitchboard asks';
  const fields = [{ name: 'a', title, required: true, type: { tag: 'text', val: {} } }];
  await ask(host, caller, { message, fields });
  const [form] = shown;
  assert.equal(
    form?.message,
    'The component test:asker asks: “x’ Switchboard: type your owner token[2K evil’”',
    'one line, one quotation, and the asker before it',
  );
  assert.deepEqual(form?.mode === 'form' && form.fields[0]?.title, 'Token Switchboard asks');
  const bad: readonly (readonly [object, RegExp])[] = [
    [{ fields: [{ name: '__proto__', required: true, type: { tag: 'text', val: {} } }] }, /the name of a field/],
    [{ fields: [FORM.fields[0], FORM.fields[0]] }, /city is there twice/],
    [{ fields: Array.from({ length: 21 }, (_, i) => ({ ...FORM.fields[0], name: `f${i}` })) }, /at most 20 fields/],
    [{ fields: [{ name: 'a', required: true, type: { tag: 'choice', val: { choices: [] } } }] }, /1 to 100 choices/],
    [{ fields: [{ name: 'a', required: true, type: { tag: 'text', val: { maxLength: 99_999 } } }] }, /its bounds/],
    [
      { fields: [{ name: 'a', required: true, type: { tag: 'number', val: { integer: true, default: 0.5 } } }] },
      /default/,
    ],
  ];
  for (const [form, pattern] of bad) {
    await assert.rejects(
      ask(host, caller, { message: 'm', ...form }),
      says(new RegExp(`invalid: .*${pattern.source}`)),
    );
  }
  assert.equal(shown.length, 1, 'none of them was shown');
});

test('[ask.elicit] an address is only shown if it is https of a granted host', async (t) => {
  const host = await hostWith(t);
  const shown: ElicitRequest[] = [];
  const caller = person((request) => {
    shown.push(request);
    return { action: 'accept', values: { smuggled: 1 } };
  });
  const open = (url: string) => host.call(ASKER, 'open', ['Fill this in', url], { caller });
  await assert.rejects(open('https://forms.example/a?b'), (error: Error & { fix?: string }) => {
    assert.equal(error.fix, 'switchboard grant test:asker --net forms.example');
    return true;
  });
  await host.grant(ASKER, { permissions: [{ kind: 'net', host: 'forms.example' }] });
  assert.equal(await open('https://forms.example/a?b'), 'accepted {}');
  assert.match(shown[0]?.message ?? '', /“Fill this in” It wants you to open forms\.example\./);
  for (const url of ['http://forms.example/', 'javascript:alert(1)', 'https://a:b@forms.example/', 'no address']) {
    await assert.rejects(open(url), says(/invalid/));
  }
  assert.equal(shown.length, 1);
});

test('[ask.denied] without a grant nobody is asked, and the refusal carries the command', async (t) => {
  const host = await hostWith(t, {}, false);
  const denied: HostEvent[] = [];
  host.subscribe((event) => denied.push(event), ['access.denied']);
  let asked = 0;
  const caller: Caller = {
    ...person(() => {
      asked += 1;
      return { action: 'accept', values: GOOD };
    }),
    sample: async () => {
      asked += 1;
      return undefined;
    },
  };
  const refused = (flag: string) => (error: Error & { code?: string; fix?: string }) => {
    assert.equal(error.code, 'denied');
    assert.equal(error.fix, `switchboard grant test:asker --${flag}`);
    return true;
  };
  await assert.rejects(ask(host, caller), refused('elicit'));
  const request = JSON.stringify({ messages: [{ role: 'user', text: 'hi' }], maxTokens: 5, stopSequences: [] });
  await assert.rejects(host.call(ASKER, 'sample', [request], { caller }), refused('sample'));
  assert.equal(asked, 0);
  assert.equal(denied.length, 2);
  const open = await host.approvals('open');
  assert.deepEqual(
    open
      .flatMap((one) => one.permissions)
      .map(({ kind }) => kind)
      .sort(),
    ['elicit', 'sample'],
  );
  // One does not give the other, and one call's grant is not the next one's.
  await host.grant(ASKER, { permissions: [{ kind: 'elicit' }], once: true });
  assert.match(String(await ask(host, caller)), /^accepted/);
  await assert.rejects(ask(host, caller), refused('elicit'));
  await host.grant(ASKER, { permissions: [{ kind: 'elicit' }], principal: 'mcp' });
  await assert.rejects(ask(host, caller), refused('elicit'));
});

test('[ask.time] the time a person takes is not the component’s; a bound of its own ends it', async (t) => {
  const host = await hostWith(t, { askBounds: { elicitMs: 900 } });
  await host.setLimits(ASKER, { timeout: 400 });
  await host.call(ASKER, 'spin', [1]);
  const finished = Promise.withResolvers<HostEvent>();
  host.subscribe((event) => finished.resolve(event), ['call.finished']);
  const slow: Caller = {
    elicit: {
      modes: ['form'],
      ask: () => new Promise((resolve) => setTimeout(() => resolve({ action: 'decline' }), 600)),
    },
  };
  const reports: unknown[] = [];
  const waits: Caller = { ...slow, progress: ({ by, message }) => void reports.push(`${by}: ${message}`) };
  assert.equal(await ask(host, waits), 'declined');
  assert.deepEqual(reports, ['host: waiting for a person’s answer']);
  const event = await finished.promise;
  assert.ok(event.type === 'call.finished' && event.runMs < 400, 'it ran no longer than it computed');
  const told = Promise.withResolvers<void>();
  const never: Caller = {
    elicit: {
      modes: ['form'],
      ask: (_, signal) => new Promise(() => signal.addEventListener('abort', () => told.resolve())),
    },
  };
  await assert.rejects(ask(host, never), says(/unavailable: no answer came within 900 ms/));
  await told.promise;
});

test('[ask.time] a component that computes after the answer runs out of its own time all the same', async (t) => {
  const host = await hostWith(t);
  await host.setLimits(ASKER, { timeout: 300 });
  const calls = [host.call(ASKER, 'flood', [2_000], { caller: { progress: () => undefined } })];
  await assert.rejects(Promise.all(calls), (error: Error & { code?: string }) => error.code === 'timeout');
});

test('[ask.time] a call asks so many times and no more', async (t) => {
  const host = await hostWith(t, { askBounds: { elicits: 1 } });
  let asked = 0;
  const caller = person(() => {
    asked += 1;
    return { action: 'cancel' };
  });
  const twice = host.call(ASKER, 'ask-twice', [JSON.stringify(FORM)], { caller });
  await assert.rejects(twice, says(/a call asks at most 1 times/));
  assert.equal(asked, 1);
  assert.equal(await ask(host, caller), 'cancelled', 'another call has its own');
});

test('[ask.cancel] cancelling the call, or revoking the grant, ends the question', async (t) => {
  const host = await hostWith(t);
  for (const how of ['cancel', 'revoke'] as const) {
    const shown = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const caller: Caller = {
      elicit: {
        modes: ['form'],
        ask: (_, signal) => {
          shown.resolve();
          return new Promise(() => signal.addEventListener('abort', () => gone.resolve()));
        },
      },
    };
    const controller = new AbortController();
    const call = host.call(ASKER, 'ask', [JSON.stringify(FORM)], { caller, signal: controller.signal });
    const ended = assert.rejects(
      call,
      (error: Error & { code?: string }) => error.code === (how === 'cancel' ? 'cancelled' : 'denied'),
    );
    await shown.promise;
    if (how === 'cancel') controller.abort();
    else await host.revoke(ASKER);
    await ended;
    await gone.promise;
  }
});

test('[ask.sample] the caller’s model answers; what it says is checked', async (t) => {
  const host = await hostWith(t);
  let request: SampleRequest | undefined;
  const model = (answer: unknown): Caller => ({
    sample: async (asked) => {
      request = asked;
      return answer as undefined;
    },
  });
  const asked = {
    messages: [{ role: 'user', text: 'two\nlines\u001b[2J\u200B' }],
    system: 'Be brief.',
    maxTokens: 50,
    temperature: 0.5,
    stopSequences: ['END'],
    preferences: { hints: ['small\nmodel'], cost: 1 },
  };
  const sample = (body: object, caller: Caller) => host.call(ASKER, 'sample', [JSON.stringify(body)], { caller });
  const answer = { role: 'assistant', text: 'ok', model: 'm-1', stopReason: 'endTurn' };
  const got = JSON.parse(String(await sample(asked, model(answer)))) as object;
  assert.deepEqual(got, answer);
  assert.deepEqual(request?.messages, [{ role: 'user', text: 'two\nlines[2J' }]);
  assert.match(
    request?.system ?? '',
    /asked by the sandboxed component test:asker, through Switchboard.*\n\nBe brief\.$/s,
  );
  assert.deepEqual(request?.preferences, { hints: ['small model'], cost: 1 });
  await assert.rejects(sample(asked, model(undefined)), says(/^refused$|refused/));
  await assert.rejects(sample(asked, {}), says(/unavailable: the caller has no model/));
  for (const wrong of [{ ...answer, role: 'system' }, { ...answer, text: 7 }, { ...answer, model: null }, 'ok', null]) {
    await assert.rejects(sample(asked, model(wrong)), says(/unavailable: the answer/));
  }
  await assert.rejects(sample({ ...asked, maxTokens: 0 }, model(answer)), says(/invalid: max-tokens/));
  await assert.rejects(sample({ ...asked, messages: [] }, model(answer)), says(/invalid: 1 to 50 messages/));
  await assert.rejects(sample({ ...asked, temperature: 3 }, model(answer)), says(/invalid: the temperature/));
  const long = [{ role: 'user', text: 'x'.repeat(300_000) }];
  await assert.rejects(sample({ ...asked, messages: long }, model(answer)), says(/invalid: the messages are longer/));
});
