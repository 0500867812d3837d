import { statSync } from 'node:fs';
import { descriptionDocument, descriptionText } from './describe-text.ts';
import type { Define } from './verbs.ts';

/** `inspect <file.wasm>`: no host is needed, and nothing of the component is run. */
export const define: Define = (command, act) => {
  command
    .argument('<file>', 'a WebAssembly component, or the folder of a project, as .')
    .addHelpText(
      'after',
      '\nA WIT file of the same name beside the component supplies documentation.\n\nExamples:\n  $ switchboard inspect ./text.wasm\n  $ switchboard inspect .',
    )
    .action(
      act(async (context, named: string) => {
        const isFolder = statSync(named, { throwIfNoEntry: false })?.isDirectory() ?? false;
        const file = isFolder ? (await (await import('./dev-install.ts')).builtProject(context, named)).out : named;
        const { describeSource } = await import('#host/source');
        const { description } = await context.progress('reading', describeSource(file, context.signal));
        context.print(descriptionDocument(description), () => descriptionText(description));
      }),
    );
};
