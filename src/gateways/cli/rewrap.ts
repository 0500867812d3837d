import { resolve } from 'node:path';
import { formatSize } from '#core/limits';
import type { Change, Rewrapped } from '#wrap';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';
import { documentOf } from './wrap.ts';

/** `rewrap [folder]`: what was wrapped there, at a new version, and what is different. */
export const define: Define = (command, act) => {
  command
    .argument('[folder]', 'that wrap made', '.')
    .option('--to <version>', 'a version, range or tag of npm', 'latest')
    .option('--offline', "only what is in npm's cache")
    .option('--no-install', 'build and try it, but do not install it')
    .addHelpText(
      'after',
      '\nsrc/main.ts, wit/ and README.md are made anew; component.toml stays as it is.\n\nExample:\n  $ switchboard rewrap slugify\n  $ switchboard rewrap marked --to 18 --no-install',
    )
    .action(
      act(async (context, folder: string, flags: { to: string; offline?: boolean; install: boolean }) => {
        const { rewrapLibrary } = await import('#wrap');
        const { wrapPorts } = await import('./wrap-ports.ts');
        const ports = await wrapPorts(context, (line) => context.note(line));
        const options = { dir: resolve(folder), version: flags.to, offline: flags.offline, signal: context.signal };
        const made = await context.progress('wrapping again', rewrapLibrary(options, ports));
        if (flags.install) {
          const host = await context.attach();
          await host.install(made.bytes, { as: made.reference, origin: made.dir });
        }
        const { versionBefore, changes, sizeBefore } = made;
        context.print({ ...documentOf(made, flags.install), versionBefore, changes, sizeBefore }, () =>
          text(made, flags.install),
        );
      }),
    );
};

function text(made: Rewrapped, installed: boolean): string {
  const { functions, types, packages, permissions } = made.changes;
  const size = made.sizeBefore === undefined ? '' : `${formatSize(made.sizeBefore)} -> `;
  return [
    `${installed ? 'installed' : 'built'} ${safeLine(made.reference)}, before ${safeLine(made.versionBefore || 'without a version')}`,
    ...section('functions', functions),
    ...section('types', types),
    ...section('packages', packages),
    ...section('permissions', permissions),
    `size: ${size}${formatSize(made.bytes.length)}`,
  ].join('\n');
}

function section(title: string, changes: readonly Change[]): string[] {
  if (changes.length === 0) return [`${title}: the same`];
  const line = ({ name, before, after }: Change): string => {
    const shown = safeLine(name, 300);
    if (before === undefined)
      return `  + ${shown}${after === undefined || after === 'yes' ? '' : ` ${safeLine(after, 300)}`}`;
    return after === undefined ? `  - ${shown}` : `  ~ ${shown} ${safeLine(before, 300)} -> ${safeLine(after, 300)}`;
  };
  return [`${title}:`, ...changes.map(line)];
}
