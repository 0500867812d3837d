import { formatSize } from '#core/limits';
import { componentId, grantCommand, limitLines, namedLimits, requestLines } from './describe-text.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

/** `install <file.wasm>`: checks, prepares and keeps a component. Grants nothing and runs nothing. */
export const define: Define = (command, act) => {
  command
    .argument('<file>', 'a WebAssembly component')
    .option('--as <reference>', 'its name and version, as namespace:name@1.0.0; else what the component says')
    .addHelpText('after', '\nExample:\n  $ switchboard install ./text.wasm --as demo:text@1.0.0')
    .action(
      act(async (context, file: string, { as }: { as?: string }) => {
        const host = await context.attach();
        const work = host.install(file, { as, signal: context.signal });
        const installed = await context.progress(`installing ${safeLine(file)}`, work);
        const { digest, size, functions, requirements } = installed.description;
        const component = componentId(installed);
        const denied = requirements.filter((r) => r.access === 'denied');
        const limits = await host.limits(component);
        const named = limitLines(installed.name, limits);
        const requests = installed.description.manifest?.permissions ?? [];
        const document = {
          component,
          digest,
          size,
          installedAt: installed.installedAt,
          source: installed.source,
          functions: functions.map((f) => f.name),
          refused: denied,
          requests,
          limits: namedLimits(limits),
        };
        context.print(document, () =>
          [
            `installed ${component} (${formatSize(size)}, ${functions.length} functions)`,
            ...denied.map((r) => `${r.access}: ${safeLine(r.import)}: ${safeLine(r.reason)}`),
            ...(requests.length === 0
              ? []
              : [
                  'it requests, and was granted nothing:',
                  ...requestLines(installed.description),
                  `to grant it: ${grantCommand(installed.name, installed.description)}`,
                ]),
            ...(named.length === 0 ? [] : ['its manifest names limits:', ...named]),
          ].join('\n'),
        );
      }),
    );
};
