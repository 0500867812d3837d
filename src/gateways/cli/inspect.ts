import { statSync } from 'node:fs';
import { descriptionDocument, descriptionText } from './describe-text.ts';
import type { Define } from './verbs.ts';

/** `inspect <file.wasm>`: no host is needed, and nothing of the component is run. */
export const define: Define = (command, act) => {
  command
    .argument('<file>', 'a WebAssembly component, or the folder of a project, as .')
    .addHelpText(
      'after',
      '\nA WIT file of the same name beside the component supplies documentation. Of a project the last build is shown; nothing is built.\n\nExamples:\n  $ switchboard inspect ./text.wasm\n  $ switchboard inspect .',
    )
    .action(
      act(async (context, named: string) => {
        const isFolder = statSync(named, { throwIfNoEntry: false })?.isDirectory() ?? false;
        const last = isFolder ? await (await import('./dev-install.ts')).lastBuild(context, named) : undefined;
        const { describeSource } = await import('#host/source');
        const { description } = await context.progress('reading', describeSource(last?.file ?? named, context.signal));
        if (last?.current === false && !context.json) {
          context.note('this is the last build; sources changed since, and switchboard build makes a new one');
        }
        const document = descriptionDocument(description);
        context.print(last === undefined ? document : { ...document, build: last }, () => descriptionText(description));
      }),
    );
};
