import { basename, relative, resolve } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import type { Wrapped } from '#wrap';
import type { Context } from './context.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags {
  readonly export?: string;
  readonly as?: string;
  readonly from?: string;
  readonly dir?: string;
  readonly offline?: boolean;
  readonly install: boolean;
}

/** `wrap <package>`: a library of npm as an installed component, by way of a project that can be edited. */
export const define: Define = (command, act) => {
  command
    .argument('[package]', 'of npm, with version and subpath if wanted: marked, marked@15, @noble/hashes/sha2.js')
    .option('--from <path>', "a file or folder of one's own TypeScript instead of a package")
    .option('--export <names>', 'only these functions and classes, with commas between them')
    .option('--as <name>', 'what the component is called: ns:name, or ns:name@1.2.3')
    .option(
      '--dir <folder>',
      'where the project is written; otherwise a folder called after the library, with --from and -component',
    )
    .option('--offline', "only what is in npm's cache")
    .option('--no-install', 'build and try it, but do not install it')
    .addHelpText(
      'after',
      '\nNo script of any package runs, and each function is called once in a sandbox without permissions.\nWhat cannot cross is listed with file, line and reason in the README of the project.\n\nExample:\n  $ switchboard wrap slugify\n  $ switchboard call npm:slugify slugify "Hello, World!"\n  $ switchboard wrap marked --export parse --as docs:markdown',
    )
    .action(
      act(async (context, name: string | undefined, flags: Flags) => {
        if ((name === undefined) === (flags.from === undefined)) {
          throw new SwitchboardError(
            'invalid-usage',
            'name either a package of npm or, with --from, files of your own',
          );
        }
        const { ownName, wrapLibrary } = await import('#wrap');
        const { wrapPorts } = await import('./wrap-ports.ts');
        const ports = await wrapPorts(context, (line) => context.note(line));
        const only = flags.export
          ?.split(',')
          .map((one) => one.trim())
          .filter((one) => one !== '');
        const asks = process.stdin.isTTY && process.stderr.isTTY && !context.json && only === undefined;
        const work = wrapLibrary(
          {
            dir: resolve(
              flags.dir ??
                (flags.from === undefined ? folderOf(name ?? 'library') : `${ownName(flags.from)}-component`),
            ),
            package: name,
            from: flags.from,
            as: flags.as,
            only,
            offline: flags.offline,
            signal: context.signal,
            ...(asks
              ? {
                  choose: async (titles) => {
                    const { chooseFunctions } = await import('./choose.ts');
                    return context.interrupted(() => chooseFunctions(titles, context.signal));
                  },
                }
              : {}),
          },
          ports,
        );
        const wrapped = await context.progress(`wrapping ${safeLine(name ?? flags.from ?? '')}`, work);
        if (flags.install) {
          const host = await context.attach();
          await host.install(wrapped.bytes, { as: wrapped.reference, origin: wrapped.dir });
        }
        report(context, wrapped, flags.install);
      }),
    );
};

const folderOf = (name: string): string =>
  basename(
    name
      .replace(/(.)@[^/]*$/, '$1')
      .replace(/^@/, '')
      .replaceAll('/', '-'),
  ) || 'library';

/** What was made and what was not, as a document and as lines. */
export function documentOf(wrapped: Wrapped, installed: boolean): object {
  const { reference, library, dir, out, bytes, functions, exported, crossing, refusals, proofs, ms } = wrapped;
  const untried = proofs.filter(({ outcome }) => outcome === 'untried').map(({ id }) => id);
  return {
    component: reference,
    library,
    dir,
    file: out,
    size: bytes.length,
    installed,
    functions,
    exported,
    crossing,
    refusals,
    untried,
    ms,
  };
}

function report(context: Context, wrapped: Wrapped, installed: boolean): void {
  context.print(documentOf(wrapped, installed), () => {
    const { reference, dir, bytes, functions, exported, crossing, refusals, ms } = wrapped;
    const lost = refusals.filter(({ loss }) => loss === 'function');
    const seconds = (Object.values(ms).reduce((sum, one) => sum + one, 0) / 1000).toFixed(1);
    const shown = lost
      .slice(0, 10)
      .map(
        ({ what, reason, place }) =>
          `  not ${safeLine(what)}: ${safeLine(reason, 300)} (${safeLine(place.file)}:${place.line})`,
      );
    return [
      `${installed ? 'installed' : 'built'} ${safeLine(reference)} (${formatSize(bytes.length)}, ${functions.length} functions) in ${seconds} s`,
      `${crossing} of ${exported} exported functions cross`,
      ...shown,
      ...(lost.length > shown.length ? [`  and ${lost.length - shown.length} more`] : []),
      `all of it, and what is left out of each: ${safeLine(relative(process.cwd(), dir) || '.', 1_000)}/README.md`,
    ].join('\n');
  });
}
