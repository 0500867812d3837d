import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShares } from './shares.ts';

test('[mcp.fair] a client has its share and no more, all together have the whole', () => {
  const { enter } = createShares({ most: 5, ofOne: 2, what: 'streams are open' });
  const one = [enter('a'), enter('a')];
  assert.throws(() => enter('a'), { code: 'busy', message: /^2 streams are open for this client/ });
  enter('b');
  enter('b');
  enter('c');
  assert.throws(() => enter('d'), { code: 'busy', message: /^5 streams are open, / });
  one[0]?.();
  one[0]?.();
  enter('d');
  assert.throws(() => enter('d'), { code: 'busy' }, 'what was given back twice counts once');
});
