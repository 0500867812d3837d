import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import type { Installation } from '#host/api';
import { componentId, grantCommand, limitLines, namedLimits, requestLines } from './describe-text.ts';
import type { Context } from './context.ts';
import { permissionText } from './permission-flags.ts';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { isInRegistry } from './registry/words.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends ClientFlags {
  readonly as?: string | undefined;
  readonly locked?: true;
  readonly save?: true;
  readonly lock?: string | undefined;
}

/** `install <file.wasm>`, or a component of a registry: checks, prepares and keeps it. Grants nothing and runs nothing. */
export const define: Define = (command, act) => {
  command.argument(
    '[component]',
    'a WebAssembly component: a file, oci://host/namespace/name:version, or namespace:name[@range]',
  );
  clientFlags(command)
    .option('--as <reference>', 'its name and version, as namespace:name@1.0.0; else what the component says')
    .option('--save', 'write what the name was resolved to into switchboard.lock; done anyway where that is here')
    .option('--locked', 'install what switchboard.lock holds, and nothing else')
    .option('--lock <file>', 'another lock file')
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchboard install ./text.wasm --as demo:text@1.0.0\n  $ switchboard install acme:clip@^1.2 --save\n  $ switchboard install --locked',
    )
    .action(
      act(async (context, word: string | undefined, flags: Flags) => {
        if (flags.locked) return installAllLocked(context, word, flags);
        if (word === undefined) {
          throw new SwitchboardError('invalid-usage', 'name a component, or give --locked', {
            fix: 'switchboard install --help',
          });
        }
        const installed = isInRegistry(word)
          ? await (await import('./registry/install-word.ts')).installWord(context, word, flags)
          : await installFile(context, word, flags);
        await show(context, installed);
      }),
    );
};

async function installFile(context: Context, file: string, { as }: Flags): Promise<Installation> {
  const host = await context.attach();
  const work = host.install(file, { as, signal: context.signal });
  return context.progress(`installing ${safeLine(file)}`, work);
}

async function installAllLocked(context: Context, word: string | undefined, flags: Flags): Promise<void> {
  if (word !== undefined || flags.as !== undefined || flags.save) {
    throw new SwitchboardError('invalid-usage', '--locked takes no component, no --as and no --save');
  }
  const { installLockFile } = await import('./registry/install-word.ts');
  const { file, installed } = await installLockFile(context, flags);
  context.print({ lock: file, installed }, () =>
    installed
      .map(({ component, outcome }) =>
        outcome === 'same' ? `${component} was installed already` : `installed ${component}`,
      )
      .join('\n'),
  );
}

async function show(context: Context, installed: Installation): Promise<void> {
  const host = await context.attach();
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
}

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
