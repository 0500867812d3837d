import { formatSize } from '#core/limits';
import type { Installation } from '#host/api';
import { componentId, grantCommand, limitLines, namedLimits, requestLines } from './describe-text.ts';
import { permissionText } from './permission-flags.ts';
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
          outcome: installed.outcome,
          digest,
          size,
          installedAt: installed.installedAt,
          source: installed.source,
          functions: functions.map((f) => f.name),
          refused: denied,
          requests,
          limits: namedLimits(limits),
          ...(installed.manifestChange === undefined ? {} : { manifestChange: installed.manifestChange }),
        };
        context.print(document, () =>
          [
            ...outcomeLines(component, installed),
            ...denied.map((r) => `${r.access}: ${safeLine(r.import)}: ${safeLine(r.reason)}`),
            ...(requests.length === 0
              ? []
              : [
                  installed.outcome === 'installed' ? 'it requests, and was granted nothing:' : 'it requests',
                  ...requestLines(installed.description),
                  `to grant it: ${grantCommand(installed.name, installed.description)}`,
                ]),
            ...(named.length === 0 ? [] : ['its manifest names limits:', ...named]),
          ].join('\n'),
        );
      }),
    );
};

function outcomeLines(component: string, { outcome, manifestChange, name, description }: Installation): string[] {
  const { size, functions, manifest } = description;
  if (outcome === 'installed') return [`installed ${component} (${formatSize(size)}, ${functions.length} functions)`];
  if (outcome === 'same') return [`${component} was installed already; nothing changed`];
  if (!manifestChange) return [`${component} was installed already; its documentation is now this`];
  const { lost, regained } = manifestChange;
  return [
    `${component} was installed already; ${manifest ? 'its manifest is now this one' : 'it has no manifest any more'}`,
    ...lost.map(({ id, permission }) => `no longer counts for it: ${id}: ${permissionText(permission)}`),
    ...regained.map(({ id, permission }) => `counts for it again: ${id}: ${permissionText(permission)}`),
    ...(lost.length + regained.length === 0 ? [] : [`to see all: switchboard policy show ${name}`]),
  ];
}
