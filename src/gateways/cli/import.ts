import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SwitchboardError } from '#core/errors';
import { type Client, CLIENTS } from './clients/clients.ts';
import { type Place, shortPath, thisPlace } from './clients/place.ts';
import { readSettings } from './clients/settings-file.ts';
import { type Surveyed, survey } from './import/advice.ts';
import { serversOf } from './import/servers.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Source {
  readonly file: string;
  readonly client?: Client;
}

/** `import [file…]`: what MCP servers a person runs, and which of them a component could replace. */
export const define: Define = (command, act) => {
  command
    .argument('[file...]', 'settings of any MCP client; without it, those of all known clients, and of this project')
    .addHelpText(
      'after',
      '\nChanges nothing and starts nothing. Of variables and headers the names are shown, never the values.\n\nExamples:\n  $ switchboard import\n  $ switchboard import ~/.cursor/mcp.json --output json',
    )
    .action(
      act(async (context, files: readonly string[]) => {
        const place = thisPlace();
        const sources = files.length > 0 ? files.map((file) => named(resolve(file), place)) : knownFiles(place);
        const servers: (Surveyed & { readonly client?: string })[] = [];
        const problems: { readonly file: string; readonly message: string }[] = [];
        for (const { file, client } of sources) {
          try {
            for (const server of serversOf(file, readSettings(file, 0).text)) {
              servers.push({ ...(client ? { client: client.id } : {}), ...survey(server) });
            }
          } catch (error) {
            if (files.length > 0 || !(error instanceof SwitchboardError)) throw error;
            problems.push({ file, message: error.message });
          }
        }
        context.print({ files: sources.map(({ file }) => file), servers, problems }, () =>
          textOf(servers, sources, place),
        );
        for (const { message } of problems) if (!context.json) context.note(`left out: ${message}`);
      }),
    );
};

/** Errors: `file-unreadable` where it is not there. */
function named(file: string, place: Place): Source {
  if (!existsSync(file)) throw new SwitchboardError('file-unreadable', `there is no ${safeLine(file, 1_000)}`);
  return knownFiles(place).find((known) => known.file === file) ?? { file };
}

function knownFiles(place: Place): Source[] {
  return CLIENTS.flatMap((client) =>
    [client.file(place), client.projectFile?.(place.project)].map((file) => ({ client, file })),
  )
    .filter((source): source is { client: Client; file: string } => source.file !== undefined)
    .filter(({ file }, i, all) => existsSync(file) && all.findIndex((other) => other.file === file) === i);
}

function textOf(servers: readonly Surveyed[], sources: readonly Source[], place: Place): string {
  if (sources.length === 0) return 'no settings of an MCP client were found';
  const lines = sources.flatMap(({ file, client }) => {
    const own = servers.filter((server) => server.file === file);
    const title = `${shortPath(file, place.home)}${client ? ` (${client.title})` : ''}`;
    return [
      safeLine(title, 1_000),
      ...(own.length === 0 ? ['  no servers'] : own.flatMap((one) => serverLines(one, place))),
      '',
    ];
  });
  return [...lines, ...summary(servers)].join('\n');
}

const RUNS: { readonly [K in Surveyed['runs']]: string } = {
  program: 'as a program of yours: all your files, your network, what your other programs keep',
  container: 'in a container, with what that is given',
  remote: 'on another machine; what it does there is not in your hands',
  switchboard: 'by Switchboard',
};

function serverLines(server: Surveyed, place: Place): string[] {
  const { name, project, disabled, runs, command, url, variables, envFile, headers, directories, replacement } = server;
  const where = project === undefined ? '' : `, for ${shortPath(project, place.home)}`;
  const field = (label: string, text: string | undefined): string[] =>
    text === undefined || text === '' ? [] : [`    ${label.padEnd(10)}${safeLine(text, 2_000)}`];
  return [
    `  ${safeLine(name)}${disabled ? ' (switched off)' : ''}${safeLine(where)}`,
    ...field('starts', command?.join(' ')),
    ...field('at', url),
    ...field('runs', RUNS[runs]),
    ...field('sees', directories?.join(', ')),
    ...field('is given', variables.length === 0 ? undefined : `the variables ${variables.join(', ')}`),
    ...field('', envFile === undefined ? undefined : `the variables in ${envFile}`),
    ...field('sends', headers.length === 0 ? undefined : `the headers ${headers.join(', ')}`),
    ...(runs === 'switchboard' ? [] : replacementLines(server, field)),
    ...(replacement?.commands ?? []).map((line) => `      $ ${safeLine(line, 4_000)}`),
    ...(replacement?.remarks ?? []).map((line) => `      ${line}`),
  ];
}

function replacementLines(
  { runs, replacement }: Surveyed,
  field: (label: string, text: string | undefined) => string[],
): string[] {
  if (!replacement) {
    return field('instead', runs === 'remote' ? 'nothing: it stays where it is' : 'no component of ours does this');
  }
  const { component, does, differs, commands } = replacement;
  return [
    ...field('instead', `${component}, which ${does}`),
    ...field('', differs === undefined ? undefined : `different: ${differs}`),
    ...(commands.length === 0 ? field('', 'it needs nothing granted') : []),
  ];
}

function summary(servers: readonly Surveyed[]): string[] {
  const others = servers.filter(({ runs }) => runs !== 'switchboard');
  const replaceable = others.filter(({ replacement }) => replacement !== undefined);
  const unsandboxed = others.filter(({ runs }) => runs === 'program');
  const remaining = others.filter(({ replacement, runs }) => replacement === undefined && runs === 'program');
  if (others.length === 0) return [servers.length === 0 ? 'no MCP servers' : 'no MCP servers besides Switchboard'];
  const names = (list: readonly Surveyed[]): string => list.map(({ name }) => safeLine(name)).join(', ');
  return [
    `${count(others.length, 'server')}, ${unsandboxed.length} with all your rights; ${replaceable.length} could be components`,
    ...(remaining.length === 0 ? [] : [`no component yet for: ${names(remaining)}`]),
    ...(replaceable.length === 0
      ? []
      : [
          '',
          'To go over: grant as shown, add Switchboard (switchboard connect), then take the old entries',
          `out of the files above: ${names(replaceable)}`,
        ]),
  ];
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
