/** The module `switchboard:test`. Each project's generated/test.d.ts has its types. */
import { plainSandbox } from './current.ts';
import type { Sandbox } from './sandbox.ts';

export { newSandbox as sandbox } from './current.ts';

/** The component's functions by their names in camelCase, in one sandbox without options, opened at the first call. */
export const component: Sandbox['component'] = new Proxy(
  {},
  {
    get: (_, name) =>
      typeof name === 'symbol' || name === 'then'
        ? undefined
        : async (...args: unknown[]) => {
            const fn = (await plainSandbox()).component[name];
            if (fn === undefined) throw new TypeError(`the component has no function ${name}`);
            return fn(...args);
          },
  },
);
