/** A project's build in a host: each under a version of its own, so that calls of the one before come to their end. */
import type { InstalledComponent } from '#core';
import { SwitchboardError } from '#core/errors';
import { formatReference, parseReference } from '#core/reference';
import type { Built } from '#devkit/build';
import type { Host } from '#host/api';
import type { Context } from './context.ts';
import { safeLine } from './safe.ts';

export interface DevInstall {
  /** `ns:name@0.1.0-dev.3`. */
  readonly reference: string;
  /** Whether it was there already. */
  readonly same: boolean;
}

/**
 * Installs a build as the next development version of its name: 0.1.0 becomes 0.1.0-dev.1, -dev.2, … The newest of a
 * name is what the name alone means, so callers go over between two of their calls; none fails. The version before stays
 * for whoever has just named it, older ones are removed. The same bytes again are no new version.
 */
export async function installBuild(
  host: Pick<Host, 'list' | 'install' | 'uninstall'>,
  built: Built,
): Promise<DevInstall> {
  const { name, version } = built.project;
  const versions = await devVersions(host, name, version);
  const [newest] = versions;
  const { createHash } = await import('node:crypto');
  const digest = `sha256:${createHash('sha256').update(built.bytes).digest('hex')}`;
  const next = (newest?.number ?? 0) + 1;
  const same = newest?.installed.description.digest === digest;
  const reference = same ? formatReference(newest.installed) : `${name}@${prefixOf(version)}${next}`;
  // The same bytes too: what lies beside them may have changed.
  await host.install(built.bytes, { as: reference, origin: built.project.dir });
  for (const old of versions.slice(1)) await host.uninstall(formatReference(old.installed));
  return { reference, same };
}

interface DevVersion {
  readonly number: number;
  readonly installed: InstalledComponent;
}

const prefixOf = (version: string): string => {
  const plain = version.replace(/\+.*$/, '');
  return `${plain}${plain.includes('-') ? '.' : '-'}dev.`;
};

/** Newest first. */
async function devVersions(host: Pick<Host, 'list'>, name: string, version: string): Promise<DevVersion[]> {
  const prefix = prefixOf(version);
  return (await host.list())
    .filter((one) => one.name === name && one.version.startsWith(prefix))
    .map((installed) => ({ installed, number: Number(installed.version.slice(prefix.length)) }))
    .filter(({ number }) => Number.isInteger(number))
    .sort((a, b) => b.number - a.number);
}

/** The version that stands in the way: with it the name alone does not mean what was just built. */
export async function shadowing(host: Pick<Host, 'info'>, reference: string): Promise<string | undefined> {
  const { name, version } = parseReference(reference);
  const found = await host.info(name);
  return found.version === version ? undefined : formatReference(found);
}

/** Builds a project where something changed. */
export async function builtProject(context: Context, folder: string): Promise<Built> {
  const { buildProject, isCurrent, openProject } = await import('#devkit');
  const { devkitPorts } = await import('./devkit-ports.ts');
  const { readFile } = await import('node:fs/promises');
  const ports = await devkitPorts(context.home, (line) => context.note(line));
  const project = await openProject(folder, ports);
  if (await isCurrent(project, ports.version)) {
    return { project, out: project.out, bytes: await readFile(project.out), ms: 0 };
  }
  const work = buildProject(folder, ports, { signal: context.signal });
  return context.progress(`building ${safeLine(project.name)}`, work);
}

/** What a project was last built to; nothing is built, run or written. */
export interface LastBuild {
  readonly file: string;
  /** Whether it was made of the sources that are there now, by this version of Switchboard. */
  readonly current: boolean;
}

/** Errors: those of opening a project; `invalid-project` where it was never built. */
export async function lastBuild(context: Context, folder: string): Promise<LastBuild> {
  const { isCurrent, openProject } = await import('#devkit');
  const { devkitPorts } = await import('./devkit-ports.ts');
  const { existsSync } = await import('node:fs');
  const ports = await devkitPorts(context.home, (line) => context.note(line));
  const project = await openProject(folder, ports, { write: false });
  if (!existsSync(project.out)) {
    throw new SwitchboardError('invalid-project', `${safeLine(project.name)} was not built yet`, {
      fix: `switchboard build ${safeLine(folder, 1_000)}`,
    });
  }
  return { file: project.out, current: await isCurrent(project, ports.version) };
}
