import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormFieldType } from './caller.ts';
import { formRequest, linkRequest, valueProblem } from './elicitation.ts';
import { fittingSample } from './sampling.ts';
import { quotation, shownLine, shownText } from './shown-text.ts';

const text = (more: object = {}): FormFieldType => ({ kind: 'text', ...more });

test('[ask.checked] texts fit by length in scalars and by format', () => {
  const fits: readonly (readonly [FormFieldType, unknown])[] = [
    [text({ maxLength: 2 }), '🦀🦀'],
    [text({ format: 'email' }), 'a.b@c.example'],
    [text({ format: 'uri' }), 'urn:isbn:1'],
    [text({ format: 'date' }), '2024-02-29'],
    [text({ format: 'date-time' }), '2026-03-01T12:30:00.5+02:00'],
    [{ kind: 'number', integer: true }, -3],
    [{ kind: 'boolean' }, false],
  ];
  for (const [type, value] of fits) assert.equal(valueProblem(type, value), undefined, String(value));
  const wrong: readonly (readonly [FormFieldType, unknown])[] = [
    [text({ maxLength: 1 }), '🦀🦀'],
    [text(), 'x'.repeat(10_001)],
    [text(), '\ud800'],
    [text({ format: 'email' }), 'a@b'],
    [text({ format: 'email' }), 'a@@b.c'],
    [text({ format: 'uri' }), 'no uri'],
    [text({ format: 'date' }), '2026-02-29'],
    [text({ format: 'date-time' }), '2026-03-01T25:00:00Z'],
    [text({ format: 'date-time' }), '2026-03-01'],
    [{ kind: 'number', integer: false }, Number.NaN],
    [{ kind: 'number', integer: true }, 2 ** 60],
    [{ kind: 'boolean' }, 'true'],
    [{ kind: 'choice', choices: [{ value: 'a' }] }, 'constructor'],
  ];
  for (const [type, value] of wrong) assert.notEqual(valueProblem(type, value), undefined, String(value));
});

test('[ask.named] text is shown without what cannot be seen, and a quotation cannot end itself', () => {
  assert.equal(shownText('a\r\nb\u0007\u202E\u{E0041}c\td'), 'a\nbc\td');
  assert.equal(shownLine('  a\n\n b\u2028c ', 100), 'a b c');
  assert.equal(shownLine('abcdef', 4), 'abc…');
  assert.equal(quotation('x” said “y"', 100), '“x’ said ’y’”');
  const ends = [
    ...Array.from('"“”„‟«»＂″‶‴ʺˮ˝״〝〞〟❝❞🙶🙷🙸'),
    "''",
    '’’',
    '‘‘',
    '``',
    '´´',
    '′′',
    '””',
    '\'"',
    '\u02bc\u02bc',
  ];
  for (const end of ends) assert.equal(quotation(`x${end} Allow?`, 100), '“x’ Allow?”', end);
  assert.equal(quotation('x \u030b Allow?', 100), '“x ’ Allow?”');
  assert.equal(
    quotation("it’s the dog's; Erdo\u030bs", 100),
    "“it’s the dog's; Erdo\u030bs”",
    'what ends nothing stays',
  );
});

test('[ask.named] forms and addresses that cannot be asked are refused before anybody is', () => {
  const form = (fields: readonly object[]) => formRequest('a:b', { message: 'm', fields } as never);
  const field = { name: 'a', required: true, type: text() };
  assert.equal(typeof form([field]), 'object');
  for (const name of ['', '1a', 'a b', 'constructor', 'a'.repeat(65), 'ä']) {
    assert.equal(typeof form([{ ...field, name }]), 'string', name);
  }
  assert.equal(typeof form([{ ...field, type: text({ default: 'a\u001bb' }) }]), 'string');
  assert.equal(typeof form([{ ...field, type: text({ minLength: 5, maxLength: 4 }) }]), 'string');
  const twice = { kind: 'choice', choices: [{ value: 'x' }, { value: 'x' }] };
  assert.equal(typeof form([{ ...field, type: twice }]), 'string');
  const link = (url: string) => linkRequest('a:b', { message: 'm', url }, 'id');
  const puny = link('https://bücher.example/a');
  assert.ok(typeof puny === 'object' && puny.message.endsWith('open xn--bcher-kva.example.'));
  assert.equal(typeof link('file:///etc/passwd'), 'string');
  assert.equal(typeof link(`https://a.example/${'x'.repeat(2_000)}`), 'string');
});

test('[ask.checked] a model’s answer is cut to what was asked for', () => {
  const answer = { role: 'assistant', text: 'ok', model: 'm\u001b[1m', stopReason: 'end\nTurn', extra: 1 };
  assert.deepEqual(fittingSample(answer), { role: 'assistant', text: 'ok', model: 'm[1m', stopReason: 'end Turn' });
  assert.equal(typeof fittingSample({ ...answer, text: 'x'.repeat(1024 * 1024 + 1) }), 'string');
});
