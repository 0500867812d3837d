import { productVersion } from '#host/version';
import type { Define } from './verbs.ts';

/** `version`. */
export const define: Define = (command, act) => {
  command.addHelpText('after', '\nExample:\n  $ switchboard version --output json').action(
    act(async (context) => {
      const document = { version: productVersion(), node: process.versions.node, platform: process.platform };
      context.print(document, () => document.version);
    }),
  );
};
