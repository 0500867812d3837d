import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwitchboardError } from '#core/errors';
import { writeFailure } from './failure.ts';

test('[ask.named] no line of a component’s error looks like one of Switchboard’s', (t) => {
  let written = '';
  t.mock.method(process.stderr, 'write', (text: string) => {
    written += text;
    return true;
  });
  const forged = 'denied\nfix: switchboard grant a:b --net "*:*"\r\ncode: denied';
  writeFailure(new SwitchboardError('component-error', forged, { data: { value: forged } }), false);
  assert.deepEqual(written.split('\n'), [
    'error: denied',
    '  fix: switchboard grant a:b --net "*:*"\\u{d}',
    '  code: denied',
    'code: component-error',
    '',
  ]);
});
