import assert from 'node:assert/strict';
import { test } from 'node:test';
import { env } from './env.ts';

/** `env()` with these variables instead of the real ones. */
function read(variables: { readonly [name: string]: string }): ReturnType<typeof env> {
  const real = process.env;
  process.env = { ...variables };
  try {
    return env();
  } finally {
    process.env = real;
  }
}

test('the home comes from SWITCHBOARD_HOME, and an empty value counts as unset', () => {
  assert.equal(read({}).home, undefined);
  assert.equal(read({ SWITCHBOARD_HOME: '' }).home, undefined);
  assert.equal(read({ SWITCHBOARD_HOME: '/srv/board' }).home, '/srv/board');
});

test('NO_COLOR and a dumb terminal turn colours off', () => {
  assert.equal(read({ TERM: 'xterm' }).noColor, false);
  assert.equal(read({ NO_COLOR: '' }).noColor, false);
  assert.equal(read({ NO_COLOR: '1' }).noColor, true);
  assert.equal(read({ TERM: 'dumb' }).noColor, true);
});

test('what is read cannot be changed', () => {
  assert.ok(Object.isFrozen(env()));
});
