/** What is known of a server that a person runs, and what could take its place. */
import { basename } from 'node:path';
import { shellWord } from '../shell-word.ts';
import { hideArguments, hideUrl } from './hide.ts';
import { type Mount, programOf, type Program } from './program.ts';
import { REPLACEMENTS, type Replacement } from './replacements.ts';
import type { ServerEntry } from './servers.ts';

export interface Advice {
  readonly component: string;
  readonly does: string;
  readonly differs?: string;
  /** What to type, in order. */
  readonly commands: readonly string[];
  /** What the commands cannot say exactly. */
  readonly remarks: readonly string[];
}

export interface Surveyed {
  readonly name: string;
  readonly file: string;
  readonly project?: string;
  readonly disabled: boolean;
  /** `program`: with the user's rights. `container`: within what its container is given. `remote`: on another machine. */
  readonly runs: 'program' | 'container' | 'remote' | 'switchboard';
  readonly command?: readonly string[];
  readonly url?: string;
  /** The package or image, where it is known. */
  readonly package?: string;
  /** Names of variables that it is given, beside those that every program of yours has. */
  readonly variables: readonly string[];
  readonly envFile?: string;
  readonly headers: readonly string[];
  /** Directories of this machine that a container sees. */
  readonly directories?: readonly string[];
  readonly replacement?: Advice;
}

export function survey(server: ServerEntry): Surveyed {
  const { name, file, project, disabled, envFile, headers } = server;
  const program = server.remote ? undefined : programOf(server.command, server.args);
  const seen = new Set([...server.variables, ...(program?.variables ?? [])]);
  const common = {
    name,
    file,
    ...(project === undefined ? {} : { project }),
    disabled,
    variables: [...seen],
    ...(envFile === undefined ? {} : { envFile }),
    headers,
  };
  if (server.remote) return { ...common, runs: 'remote', url: hideUrl(server.url) };
  const command = hideArguments([server.command, ...server.args]);
  if (isSwitchboard(server)) return { ...common, runs: 'switchboard', command };
  const found = program && replacementOf(program);
  return {
    ...common,
    runs: program?.kind === 'docker' ? 'container' : 'program',
    command,
    ...(program === undefined || program.kind === 'file' ? {} : { package: packageText(program) }),
    ...(program?.kind === 'docker' ? { directories: program.mounts.map(({ host }) => host) } : {}),
    ...(program && found ? { replacement: adviceOf(found, program) } : {}),
  };
}

function isSwitchboard({ command, args }: ServerEntry): boolean {
  const own = basename(command) === 'switchboard' || /\/cli\/main\.[jt]s$/.test(args[0] ?? '');
  return own && args.includes('serve') && args.includes('--stdio');
}

function packageText({ kind, name, version }: Program): string {
  return `${name}${version === undefined ? '' : `${kind === 'pypi' ? '==' : kind === 'docker' ? ':' : '@'}${version}`}`;
}

function replacementOf(program: Program): Replacement | undefined {
  const name = program.kind === 'file' ? program.name.replace(/\.(?:exe|[cm]?[jt]s|py)$/, '') : program.name;
  return REPLACEMENTS.find((one) => one[program.kind]?.includes(name) ?? false);
}

function adviceOf(replacement: Replacement, program: Program): Advice {
  const { component, does, differs } = replacement;
  const { flags, remarks } = NEEDS[replacement.needs](program);
  const commands = flags.length === 0 ? [] : [`switchboard grant ${component} ${flags.join(' ')}`];
  return { component, does, ...(differs === undefined ? {} : { differs }), commands, remarks };
}

interface Needed {
  readonly flags: readonly string[];
  readonly remarks: readonly string[];
}

const NEEDS: { readonly [K in Replacement['needs']]: (program: Program) => Needed } = {
  nothing: () => ({ flags: [], remarks: [] }),
  hosts: () => ({
    flags: ["--net '*'"],
    remarks: ["name hosts instead of '*' (--net example.com) where you know which it needs"],
  }),
  directories: directoryFlags,
};

/** The same directories that the server is given, under `/work`. */
function directoryFlags(program: Program): Needed {
  const mounts =
    program.kind === 'docker' ? program.mounts : program.args.filter((word) => !word.startsWith('-')).map(own);
  if (mounts.length === 0) {
    const remarks = ['it is given no directory here; the command grants the one you are in'];
    return { flags: ['--fs "$PWD":/work:rw'], remarks };
  }
  const taken = new Set<string>();
  const flags = mounts.map(({ host, readOnly }) => {
    const guest = mounts.length === 1 ? '/work' : `/work/${unused(guestName(host), taken)}`;
    return `--fs ${hostWord(host)}:${guest}:${readOnly ? 'ro' : 'rw'}`;
  });
  const relative = mounts.some(({ host }) => !/^[/~$]/.test(host) || host.includes('workspaceFolder'));
  return { flags, remarks: relative ? ["run it in the project's directory"] : [] };
}

const own = (host: string): Mount => ({ host, guest: host, readOnly: false });

function guestName(host: string): string {
  const name = basename(host)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '');
  return name === '' ? 'root' : name;
}

function unused(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let i = 2; taken.has(candidate); i += 1) candidate = `${name}-${i}`;
  taken.add(candidate);
  return candidate;
}

/** A directory as a shell reads it: the variables that clients fill in become those of a shell. */
function hostWord(host: string): string {
  const home = /^(?:~|\$HOME|\$\{(?:env:)?HOME\}|\$\{userHome\})(?=\/|$)/.exec(host)?.[0];
  if (home !== undefined) return `"$HOME"${rest(host.slice(home.length))}`;
  const workspace = /^(?:\$\{workspaceFolder\}|\.)(?=\/|$)/.exec(host)?.[0];
  if (workspace !== undefined) return `"$PWD"${rest(host.slice(workspace.length))}`;
  return host.startsWith('/') ? shellWord(host) : `"$PWD"/${shellWord(host)}`;
}

const rest = (path: string): string => (path === '' ? '' : shellWord(path));
