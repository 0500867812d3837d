import { relative } from 'node:path';
import { SwitchboardError } from '#core/errors';
import type { Language } from '#devkit/project';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

/** `init <name>`: a small, complete project. Needs no host and no compiler. */
export const define: Define = (command, act) => {
  command
    .argument('<name>', 'in lower-case letters, digits and dashes; with a namespace of yours as acme:weather')
    .option('--lang <language>', 'ts, js, rust, python, go or c', 'ts')
    .addHelpText(
      'after',
      '\nExample:\n  $ switchboard init word-counter --lang ts\n  $ cd word-counter && switchboard test',
    )
    .action(
      act(async (context, name: string, { lang }: { lang: string }) => {
        const { createProject, LANGUAGES, openProject, writeDeclarations } = await import('#devkit');
        const { devkitPorts } = await import('./devkit-ports.ts');
        const language = LANGUAGES.find((one): one is Language => one === lang);
        if (language === undefined) {
          throw new SwitchboardError(
            'invalid-usage',
            `there is no language ${safeLine(lang)}; there are ${LANGUAGES.join(', ')}`,
          );
        }
        const made = await createProject(process.cwd(), name, language);
        const ports = await devkitPorts(context.home, (line) => context.note(line));
        await writeDeclarations(await openProject(made.dir, ports), ports);
        const folder = relative(process.cwd(), made.dir);
        context.print({ ...made }, () =>
          [
            `made ${made.name} in ${safeLine(folder)}/: ${made.files.toSorted().join(', ')}`,
            '',
            'next:',
            `  cd ${safeLine(folder)}`,
            '  switchboard test',
            '  switchboard call . greet Ada',
          ].join('\n'),
        );
      }),
    );
};
