import { descriptionDocument, descriptionText } from './describe-text.ts';
import type { Define } from './verbs.ts';

/** `inspect <file.wasm>`: no host is needed, and nothing of the component is run. */
export const define: Define = (command, act) => {
  command
    .argument('<file>', 'a WebAssembly component; a WIT file of the same name beside it supplies documentation')
    .addHelpText('after', '\nExample:\n  $ switchboard inspect ./text.wasm')
    .action(
      act(async (context, file: string) => {
        const { describeSource } = await import('#host/source');
        const { description } = await context.progress('reading', describeSource(file, context.signal));
        context.print(descriptionDocument(description), () => descriptionText(description));
      }),
    );
};
