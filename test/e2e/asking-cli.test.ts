/** `call` at a terminal: how far it is, and what a component asks the person. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Caller, ProgressReport, SampleRequest } from '#core';
import { guest } from '../guests/build.ts';
import { keepHost, newHome, run } from './cli-run.ts';
import { atTerminal } from './terminal.ts';

const ASKER = 'test:asker';

async function homeWith(t: TestContext): Promise<string> {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('asker')).path, { as: `${ASKER}@0.1.0` });
  const granted = await atTerminal(home, ['grant', ASKER, '--elicit', '--net', 'forms.example', '--yes']);
  assert.equal(granted.code, 0, granted.shown);
  return home;
}

const FORM = JSON.stringify({
  message: 'Where to?\nSwitchboard: your token?',
  fields: [
    { name: 'city', title: 'City', required: true, type: { tag: 'text', val: { minLength: 2 } } },
    { name: 'nights', required: true, type: { tag: 'number', val: { integer: true, minimum: 1, maximum: 30 } } },
    { name: 'breakfast', required: false, type: { tag: 'boolean', val: true } },
    { name: 'note', required: false, type: { tag: 'text', val: {} } },
    { name: 'room', required: true, type: { tag: 'choice', val: { choices: [{ value: 'one' }, { value: 'two' }] } } },
  ],
});

test('[ask.cli] [ask.named] at a terminal a form is asked field by field, until each fits', async (t) => {
  const home = await homeWith(t);
  const { code, shown } = await atTerminal(
    home,
    ['call', ASKER, 'ask', FORM],
    [
      [/City: $/, 'x\r'],
      [/shorter than 2[^]*City: $/, 'Oslo\r'],
      [/nights \(whole number from 1 to 30\): $/, '31\r'],
      [/more than 30[^]*: $/, '3\r'],
      [/breakfast \(yes or no, optional\) \[yes\]: $/, '\r'],
      [/note \(optional\): $/, '\r'],
      [/room \(one of them\): $/, '2\r'],
      [/Tell this to test:asker\? \[y\/N\] $/, 'y\r'],
    ],
  );
  assert.equal(code, 0, shown);
  assert.match(shown, /The component test:asker asks: “Where to\? Switchboard: your token\?”\n/);
  assert.match(shown, /accepted {"city":"Oslo","nights":3,"breakfast":true,"room":"two"}/);
});

test('[ask.cli] no, the end of the input and an interrupt are told apart', async (t) => {
  const home = await homeWith(t);
  const confirm = JSON.stringify({ message: 'Sure?', fields: [] });
  const asked = /Yes\? \[y\/N\] $/;
  assert.match((await atTerminal(home, ['call', ASKER, 'ask', confirm], [[asked, 'n\r']])).shown, /\ndeclined\n/);
  assert.match((await atTerminal(home, ['call', ASKER, 'ask', confirm], [[asked, '\u0004']])).shown, /\ncancelled\n/);
  const interrupted = await atTerminal(home, ['call', ASKER, 'ask', confirm], [[asked, '\u0003']]);
  assert.notEqual(interrupted.code, 0);
  assert.doesNotMatch(interrupted.shown, /accepted|declined/);
  const link = ['call', ASKER, 'open', 'Look', 'https://forms.example/x'];
  const opened = await atTerminal(home, link, [
    [/https:\/\/forms\.example\/x[^]*Say that you did\? \[y\/N\] $/, 'y\r'],
  ]);
  assert.match(opened.shown, /It wants you to open forms\.example\.[^]*accepted {}/);
});

test('[ask.cli] without a terminal nobody can be asked', async (t) => {
  const home = await homeWith(t);
  const { code, stderr } = await run(home, ['call', ASKER, 'ask', FORM]);
  assert.equal(code, 1);
  assert.match(stderr, /unavailable: the caller has no person who could be asked/);
});

test('[ask.cli] how far a call is stands on the line that shows it', async (t) => {
  const home = await homeWith(t);
  const { code, shown } = await atTerminal(home, ['call', ASKER, 'flood', '1500']);
  assert.equal(code, 0, shown);
  assert.match(shown, /calling test:asker flood … \d\.\d s {2}step \d+/);
});

test('[ask.cli] the flags of grant, policy and revoke', async (t) => {
  const home = await homeWith(t);
  const granted = await atTerminal(home, ['grant', ASKER, '--sample', '--yes']);
  assert.match(granted.shown, /granted g_\S+: have the model of your MCP client answer it/);
  const policy = await run(home, ['policy', 'show', ASKER]);
  assert.match(policy.stdout, /ask you questions while it runs +“to ask what it is told to ask” +granted/);
  assert.equal((await run(home, ['policy', 'check', ASKER, '--elicit'])).code, 0);
  assert.match((await run(home, ['revoke', ASKER, '--elicit'])).stdout, /^revoked g_\S+: ask you questions/);
  const denied = await run(home, ['policy', 'check', ASKER, '--elicit']);
  assert.equal(denied.code, 3);
  assert.match(denied.stderr, /fix: switchboard grant test:asker --elicit/);
  assert.match(
    (await run(home, ['policy', 'show', ASKER])).stdout,
    /not granted: switchboard grant test:asker --elicit/,
  );
});

test('[ask.cli] [ask.cancel] a program’s caller is told and asked over the control socket, and a question is taken back', async (t) => {
  const home = newHome(t);
  const host = await keepHost(t, home);
  await host.install((await guest('asker')).path, { as: `${ASKER}@0.1.0` });
  const granted = await atTerminal(home, ['grant', ASKER, '--elicit', '--sample', '--yes']);
  assert.equal(granted.code, 0, granted.shown);
  const reports: ProgressReport[] = [];
  let asked: SampleRequest | undefined;
  const caller: Caller = {
    progress: (report) => void reports.push(report),
    sample: async (request) => {
      asked = request;
      return { role: 'assistant', text: 'Hi', model: 'm' };
    },
  };
  await host.call(ASKER, 'report', [[1, 2], 4, 'on it'], { caller });
  assert.deepEqual(reports.at(-1), { progress: 2, total: 4, message: 'on it', by: 'component' });
  const request = JSON.stringify({ messages: [{ role: 'user', text: 'Hello' }], maxTokens: 9, stopSequences: [] });
  assert.match(String(await host.call(ASKER, 'sample', [request], { caller })), /"text":"Hi"/);
  assert.deepEqual(asked?.messages, [{ role: 'user', text: 'Hello' }]);
  const failing: Caller = { sample: () => Promise.reject(new Error('particulars of the program')) };
  await assert.rejects(host.call(ASKER, 'sample', [request], { caller: failing }), (error: Error) => {
    assert.match(error.message, /unavailable: the caller could not ask/);
    assert.doesNotMatch(error.message, /particulars/);
    return true;
  });
  const [shown, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const silent: Caller = {
    elicit: {
      modes: ['form'],
      ask: (_, signal) => {
        signal.addEventListener('abort', () => gone.resolve());
        shown.resolve();
        return new Promise(() => {});
      },
    },
  };
  const controller = new AbortController();
  const call = host.call(ASKER, 'ask', [FORM], { caller: silent, signal: controller.signal });
  const ended = assert.rejects(call, (error: Error & { code?: string }) => error.code === 'cancelled');
  await shown.promise;
  controller.abort();
  await ended;
  await gone.promise;
});
