import { relative } from 'node:path';
import { formatSize } from '#core/limits';
import type { Built } from '#devkit/build';
import { writeFailure } from './failure.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

/** `build [folder]`: a component from a project; with `--watch` at every save, swapped in a running host. */
export const define: Define = (command, act) => {
  command
    .argument('[folder]', 'of the project', '.')
    .option('--watch', 'build at every save, and swap the component in the host; Ctrl-C ends it')
    .option(
      '--include <folder>',
      'outside the project, whose files the component may take; can be repeated',
      (folder: string, before: string[]) => [...before, folder],
      [],
    )
    .addHelpText(
      'after',
      '\nCompilers and build scripts of the project run with your rights, outside the sandbox.\n\nExample:\n  $ switchboard build\n  $ switchboard build --watch',
    )
    .action(
      act(async (context, folder: string, { watch = false, include }: { watch?: boolean; include: string[] }) => {
        const { buildProject, openProject, watchProject } = await import('#devkit');
        const { devkitPorts } = await import('./devkit-ports.ts');
        const ports = await devkitPorts(context.home, (line) => context.note(line));
        const project = await openProject(folder, ports);
        if (!watch) {
          const work = buildProject(folder, ports, { signal: context.signal, include });
          const built = await context.progress(`building ${safeLine(project.name)}`, work);
          context.print(documentOf(built), () => lineOf(built));
          return;
        }
        const { installBuild, shadowing } = await import('./dev-install.ts');
        const host = await context.attach();
        if (!context.json) context.note(`watching ${safeLine(project.dir, 1_000)}; Ctrl-C ends it`);
        context.finished();
        await watchProject(project.dir, ports, {
          signal: context.signal,
          include,
          onFailed(error) {
            if (context.json) context.printLine({ error: error.toJSON() });
            else writeFailure(error, false);
          },
          async onBuilt(built) {
            const { reference, same } = await installBuild(host, built);
            const hidden = await shadowing(host, reference);
            if (context.json) context.printLine({ ...documentOf(built), installed: reference, same });
            else {
              context.note(`${lineOf(built)}${same ? ', nothing changed' : `; now ${safeLine(reference)}`}`);
              if (hidden !== undefined) context.note(`the name alone still means ${safeLine(hidden)}, which is newer`);
            }
          },
        });
      }),
    );
};

const documentOf = ({ project, out, bytes, ms }: Built): object => ({
  component: `${project.name}@${project.version}`,
  language: project.language,
  file: out,
  size: bytes.length,
  ms: Math.round(ms),
});

const lineOf = ({ out, bytes, ms }: Built): string =>
  `built ${safeLine(relative(process.cwd(), out), 1_000)} (${formatSize(bytes.length)}) in ${(ms / 1000).toFixed(1)} s`;
