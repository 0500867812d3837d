/** Services of these tests alone, so that the engine is tried with imports that Switchboard does not offer. */
import type { ServiceSet } from '#core';

let counted = 0;

export const testServices: ServiceSet = {
  load: async () => {},
  create: (env) => ({
    'test:host/tools': {
      /** Asks the host, which answers with the text. */
      echo: (text: string) => env.ask('echo', text),
      /** Never settles, whatever happens. */
      forever: () => new Promise(() => undefined),
      /** At once, and suspending all the same. */
      yield: () => Promise.resolve(),
      /** How often it was called in this cell, by whichever instance. */
      count() {
        counted += 1;
        env.log('log', 'info', `counted ${counted}`);
        return counted;
      },
    },
  }),
  suspending: ['test:host/tools#echo', 'test:host/tools#forever', 'test:host/tools#yield'],
  version: 'test-1',
};
