import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { guest } from '#test/guests/build';
import { transpile } from './transpile.ts';

test('[engine.suspend] an import that may wait is made direct, however jco indents the code of the component', async () => {
  for (const [name, suspending, exports] of [
    ['caller', 'switchboard:host/reflect#call', ['relay', 'relay-often', 'count']],
    ['reflector', 'switchboard:host/schedule#cancel', ['cancel']],
  ] as const) {
    const { code } = await transpile((await guest(name)).bytes, { suspending: [suspending], exports });
    ok(code.includes('.direct = true;'), name);
  }
});
