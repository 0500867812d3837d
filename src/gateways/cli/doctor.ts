import { table } from './describe-text.ts';
import type { Define } from './verbs.ts';

/** `doctor`: what works on this machine and in this home. Starts no host and changes nothing. */
export const define: Define = (command, act) => {
  command.addHelpText('after', '\nExits with 1 where something is wrong.\n\nExample:\n  $ switchboard doctor').action(
    act(async (context) => {
      const { examine } = await import('./doctor-checks.ts');
      const checks = await context.progress('checking', examine(context.home, context.signal));
      const ok = checks.every((check) => check.status !== 'fail');
      context.code = ok ? 0 : 1;
      context.print({ ok, checks }, () =>
        checks
          .flatMap(({ name, status, detail, fix }) => [
            ...table([[status.padEnd(4), name.padEnd(10), detail]]).map((line) => line.slice(2)),
            ...(fix === undefined ? [] : [`      fix: ${fix}`]),
          ])
          .join('\n'),
      );
    }),
  );
};
