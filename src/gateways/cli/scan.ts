import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { parseReference } from '#core/reference';
import type { ScanInput } from '#scan';
import type { Context } from './context.ts';
import { type ClientFlags, clientFlags } from './registry/client-of.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends ClientFlags {
  readonly offline?: true;
  readonly sbom?: string | undefined;
  readonly readme?: string | undefined;
}

/** What is scanned, and which file, component or artifact that was. */
interface Subject extends ScanInput {
  readonly subject: string;
  /** What belongs to it and could not be read, or was not. */
  readonly unread?: readonly string[];
}

/** `scan <what>`: reads a component and runs nothing of it. Exit code 1 where something of high severity was found. */
export const define: Define = (command, act) => {
  command.argument(
    '<what>',
    'a file, the folder of a project, an installed component, namespace:name[@range] or oci://… of a registry',
  );
  clientFlags(command)
    .option('--offline', 'do not ask npm’s registry about bundled packages')
    .option('--sbom <file>', 'the bill of materials; else the one in the project, or of the registry')
    .option('--readme <file>', 'the README; else the one in the project, or of the registry')
    .addHelpText(
      'after',
      '\nOf a project the last build is scanned; nothing is built. The exit code is 1 where something of high severity was found.\n\nExamples:\n  $ switchboard scan ./clip.wasm\n  $ switchboard scan acme:clip@^1.2 --output json',
    )
    .action(
      act(async (context, what: string, flags: Flags) => {
        const { scanComponent } = await import('#scan');
        const { scanPorts } = await import('./scan-ports.ts');
        const found = await subjectOf(context, what, flags);
        const sbom = flags.sbom === undefined ? found.sbom : bytesOf(flags.sbom);
        const readme = flags.readme === undefined ? found.readme : bytesOf(flags.readme);
        const ports = scanPorts({ offline: flags.offline });
        const work = scanComponent({ source: found.source, sbom, readme }, ports, context.signal);
        const result = await context.progress(`scanning ${safeLine(what)}`, work);
        const { countText, findingLines, incompleteLines } = await import('./scan-text.ts');
        const { findings } = result;
        const incomplete = [...(found.unread ?? []), ...result.incomplete];
        context.print({ subject: found.subject, findings, incomplete }, () =>
          [
            ...findingLines(result),
            ...incompleteLines({ findings, incomplete }),
            `${safeLine(found.subject)}: ${countText(result)}`,
          ].join('\n'),
        );
        if (findings.some(({ severity }) => severity === 'high')) context.code = 1;
      }),
    );
};

async function subjectOf(context: Context, what: string, flags: Flags): Promise<Subject> {
  const { meansRegistry } = await import('#registry/client/reference');
  if (meansRegistry(what)) return (await installed(context, what)) ?? fromRegistry(context, what, flags);
  if (statSync(what, { throwIfNoEntry: false })?.isDirectory()) {
    const { lastBuild } = await import('./dev-install.ts');
    const last = await lastBuild(context, what);
    if (!last.current && !context.json) {
      context.note('this is the last build; sources changed since, and switchboard build makes a new one');
    }
    return { ...beside(what), source: last.file, subject: last.file };
  }
  return { source: what, subject: what };
}

/** What lies in a project beside its component. */
function beside(folder: string): Omit<ScanInput, 'source'> {
  const read = (...names: readonly string[]): Uint8Array | undefined => {
    const path = names.map((name) => join(folder, name)).find((one) => existsSync(one));
    return path === undefined ? undefined : bytesOf(path);
  };
  return { sbom: read('sbom.cdx.json', 'sbom.spdx.json'), readme: read('README.md') };
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SwitchboardError('file-unreadable', `cannot read ${safeLine(path)}`, { cause });
  }
}

async function installed(context: Context, word: string): Promise<Subject | undefined> {
  if (word.startsWith('oci://') || !isReference(word)) return undefined;
  const { homePaths } = await import('#home/layout');
  const paths = homePaths(context.home);
  if (!existsSync(paths.database)) return undefined;
  const host = await context.attach();
  const { name, version } = parseReference(word);
  const one = (await host.list()).find((each) => each.name === name && (version ?? each.version) === each.version);
  if (!one) return undefined;
  const { digest } = one.description;
  const file = join(paths.components, `${digest.slice('sha256:'.length)}.wasm`);
  const bytes = bytesOf(file);
  const { createHash } = await import('node:crypto');
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest) {
    throw new SwitchboardError(
      'database-corrupt',
      `the bytes of ${name}@${one.version} are not those that were installed`,
    );
  }
  return { source: bytes, subject: `${name}@${one.version}` };
}

function isReference(word: string): boolean {
  try {
    return parseReference(word).name !== '';
  } catch {
    return false;
  }
}

/** The component with what refers to it; nothing is installed. */
async function fromRegistry(context: Context, word: string, flags: Flags): Promise<Subject> {
  const { withClient } = await import('./registry/client-of.ts');
  const { noVerifier } = await import('#registry/client/client');
  const { CYCLONEDX_TYPE, README_TYPE, SPDX_TYPE } = await import('#registry/client/publish');
  return withClient(context, flags, async (client) => {
    const artifact = await context.progress(`asking for ${safeLine(word)}`, client.resolve(word));
    const work = client.acquire(artifact, noVerifier, (progress, total) => context.showProgress({ progress, total }));
    const { path } = await context.progress(`pulling ${safeLine(artifact.reference)}`, work);
    const referrers = await artifact.referrers();
    const unread: string[] = [];
    // A registry may lie about what belongs to a component; the component itself is read all the same.
    const read = async (what: string, ...types: readonly string[]): Promise<Uint8Array | undefined> => {
      const [first, ...more] = referrers.filter(({ artifactType }) => types.includes(artifactType));
      if (more.length > 0) unread.push(`${more.length + 1} ${what}s belong to it: only the first was read`);
      try {
        return first && (await first.read()).bytes;
      } catch (thrown) {
        context.signal.throwIfAborted();
        unread.push(`its ${what} was not read: ${toSwitchboardError(thrown).message}`);
        return undefined;
      }
    };
    const sbom = await read('SBOM', CYCLONEDX_TYPE, SPDX_TYPE);
    const readme = await read('README', README_TYPE);
    return { source: path, subject: `${artifact.reference}@${artifact.manifest}`, sbom, readme, unread };
  });
}
