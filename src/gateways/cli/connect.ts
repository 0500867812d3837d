import { existsSync } from 'node:fs';
import { SwitchboardError } from '#core/errors';
import { profileNotFound } from '#core/narrowing';
import { type Client, CLIENTS, type Entry } from './clients/clients.ts';
import { changedText, findEntry } from './clients/entry.ts';
import { oneHunk } from './clients/diff.ts';
import { launchOf } from './clients/launch.ts';
import { type Place, shortPath, thisPlace } from './clients/place.ts';
import { readSettings, refuseForeign, replaceSettings, type SettingsFile } from './clients/settings-file.ts';
import { SYNTAX } from './clients/syntax.ts';
import type { Context } from './context.ts';
import { table } from './describe-text.ts';
import { isTerminal } from './person.ts';
import { askYes } from './prompt.ts';
import { safeLine } from './safe.ts';
import { checkServeOptions } from './serve-options.ts';
import type { Define } from './verbs.ts';

interface Flags {
  readonly project?: true;
  readonly name: string;
  readonly http?: true;
  readonly port: string;
  readonly remove?: true;
  readonly print?: true;
  readonly yes?: true;
}

/** `connect [client]`: writes Switchboard into the settings of an MCP client, after showing what changes. */
export const define: Define = (command, act) => {
  command
    .argument('[client]', `one of ${CLIENTS.map(({ id }) => id).join(', ')}; without it they are listed`)
    .argument('[options...]', 'after --: options for serve --stdio, as it is started by the client')
    .option('--project', 'for the project in this directory only, in a file that it may share')
    .option('--name <name>', 'the name of the server in the client', 'switchboard')
    .option('--http', 'by the URL of switchboard serve and its token, which is then in the file')
    .option('--port <port>', 'with --http: the port of switchboard serve', '7420')
    .option('--remove', 'take it out again')
    .option('--print', 'only show the change')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nWhat is in quotes or in comments elsewhere in the file is shown as …; it stays as it is.\n\nExamples:\n  $ switchboard connect\n  $ switchboard connect claude-code\n  $ switchboard connect cursor --home ~/work/.switchboard --name work\n  $ switchboard connect zed --remove',
    )
    .action(
      act(async (context, id: string | undefined, options: readonly string[], flags: Flags) => {
        const place = thisPlace();
        if (id === undefined) return list(context, place, flags);
        const client = clientOf(id);
        const settings = checkServeOptions(options, flags.http === true || flags.remove === true);
        const path = fileOf(client, place, flags);
        checkName(flags.name);
        await checkProfile(context, settings?.narrowing.profile);
        const entry = flags.remove ? undefined : await entryOf(context, client, options, flags);
        await connect(context, place, client, path, entry, flags);
      }),
    );
};

function clientOf(id: string): Client {
  const client = CLIENTS.find((one) => one.id === id);
  if (client) return client;
  const ids = CLIENTS.map((one) => one.id).join(', ');
  throw new SwitchboardError('invalid-usage', `there is no client "${safeLine(id)}"; there are ${ids}`, {
    fix: 'switchboard connect',
  });
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return;
  throw new SwitchboardError('invalid-usage', '--name takes letters, digits, _ and -, at most 64');
}

/** A profile that is not there offers nothing: a mistake in its name would show only as a server without tools. */
async function checkProfile(context: Context, profile: string | undefined): Promise<void> {
  if (profile === undefined) return;
  const host = await context.attach();
  if (!(await host.profiles()).some(({ name }) => name === profile)) throw profileNotFound(profile);
}

function fileOf(client: Client, place: Place, { project }: Flags): string {
  if (!project) return client.file(place);
  const file = client.projectFile?.(place.project);
  if (file !== undefined) return file;
  throw new SwitchboardError('invalid-usage', `${client.title} has no settings of a project`, {
    fix: `switchboard connect ${client.id}`,
  });
}

async function entryOf(context: Context, client: Client, options: readonly string[], flags: Flags): Promise<Entry> {
  if (!flags.http) return client.stdio(launchOf(context.home, options));
  if (!client.http) {
    throw new SwitchboardError('invalid-usage', `${client.title} takes no URL from this file`, {
      fix: `switchboard connect ${client.id}`,
    });
  }
  const port = /^\d{1,5}$/.test(flags.port) ? Number(flags.port) : 0;
  if (port < 1 || port > 65_535) {
    throw new SwitchboardError('invalid-usage', `--port takes a number up to 65535, not "${safeLine(flags.port)}"`);
  }
  const host = await context.attach();
  return client.http({ url: `http://127.0.0.1:${port}/mcp`, token: await host.token() });
}

interface Change {
  readonly file: SettingsFile;
  readonly after: string;
  readonly diff: string;
  readonly outcome: 'added' | 'changed' | 'removed' | 'unchanged' | 'absent';
}

function planChange(client: Client, path: string, name: string, entry: Entry | undefined, shared: boolean): Change {
  const file = readSettings(path, shared ? 0o644 : 0o600);
  const found = findEntry(client, path, file.text, name, entry);
  if (entry ? found.state === 'same' : found.state === 'absent') {
    return { file, after: file.text, diff: '', outcome: entry ? 'unchanged' : 'absent' };
  }
  refuseForeign(file);
  const after = changedText(client, path, file.text, name, entry);
  const mask = (text: string): string => SYNTAX[client.dialect].masked(text, [client.key, name]);
  const hunk = oneHunk(mask(file.text), mask(after));
  const title = safeLine(path, 1_000);
  const diff = `--- ${file.bytes ? title : '/dev/null'}\n+++ ${title}\n${hunk === '' ? 'only values that are not shown change' : hunk}\n`;
  return { file, after, diff, outcome: !entry ? 'removed' : found.state === 'absent' ? 'added' : 'changed' };
}

async function connect(
  context: Context,
  place: Place,
  client: Client,
  path: string,
  entry: Entry | undefined,
  flags: Flags,
): Promise<void> {
  const plan = (): Change => planChange(client, path, flags.name, entry, flags.project === true);
  const change = plan();
  const { file, diff, outcome } = change;
  const document = { client: client.id, file: path, name: flags.name, outcome };
  const where = shortPath(path, place.home);
  if (outcome === 'unchanged' || outcome === 'absent') {
    const has = outcome === 'unchanged' ? 'has this already' : `has no server "${flags.name}"`;
    context.print({ ...document, applied: false }, () => `${client.title} ${has}, in ${where}; nothing was changed`);
    return;
  }
  if (entry) for (const line of warnings(client, place, file, flags)) context.note(line);
  const asked = !flags.print && !flags.yes && isTerminal();
  if (flags.print || (!flags.yes && !asked)) {
    context.print({ ...document, applied: false, diff }, () => diff);
    if (flags.print) return;
    context.note('nothing was changed: there is no terminal to ask on; --yes makes this change');
    context.code = 1;
    return;
  }
  context.settle();
  if (asked && !(await askYes(`${diff}\nMake this change?`, context.signal))) {
    throw new SwitchboardError('cancelled', 'nothing was changed');
  }
  const backup = apply(change, plan());
  context.print({ ...document, applied: true, diff, ...(backup === undefined ? {} : { backup }) }, () =>
    [
      ...(asked ? [] : [diff]),
      `${outcome} ${flags.name} ${outcome === 'added' ? 'to' : outcome === 'removed' ? 'from' : 'in'} ${where}`,
      ...(backup === undefined ? [] : [`the file as it was: ${shortPath(backup, place.home)}`]),
      outcome === 'removed' ? `${client.title} goes on using it until it is started again` : `now ${client.next}`,
    ].join('\n'),
  );
}

/** Makes the change that was shown. Clients write into their files themselves: it is planned again on what is there now. */
function apply(shown: Change, now: Change): string | undefined {
  if (shown.diff !== now.diff) {
    throw new SwitchboardError('file-unreadable', `${safeLine(now.file.path, 1_000)} has changed meanwhile`, {
      fix: 'run it again; nothing was changed',
    });
  }
  return replaceSettings(now.file, now.after, new Date());
}

function warnings(client: Client, place: Place, file: SettingsFile, flags: Flags): string[] {
  const lines: string[] = [];
  if (!client.marks(place).some((path) => existsSync(path))) {
    lines.push(`${client.title} was not found on this machine; it reads this file once it is there`);
  }
  if (flags.http) {
    const shared = flags.project ? ', and so has whoever the project is shared with' : '';
    lines.push(`WARNING: the token is then in this file: whoever reads it can call every tool${shared}`);
    if ((file.mode & 0o044) !== 0) lines.push(`WARNING: others on this machine can read it: chmod go= ${file.path}`);
    lines.push(`switchboard serve --port ${flags.port} must run; switchboard token rotate makes this token useless`);
  } else if (flags.project) {
    lines.push('the path of Switchboard on this machine is then in a file of the project');
  }
  return lines;
}

function list(context: Context, place: Place, flags: Flags): void {
  checkName(flags.name);
  const ours = launchOf(context.home, []);
  const clients = CLIENTS.map((client) => {
    const path = flags.project ? client.projectFile?.(place.project) : client.file(place);
    const found = client.marks(place).some((mark) => existsSync(mark));
    const one = { client: client.id, title: client.title, found };
    if (path === undefined) return { ...one, file: null, exists: false, configured: 'no' as const };
    try {
      const { bytes, text } = readSettings(path, 0o600);
      const { state, kind, command } = findEntry(client, path, text, flags.name);
      const configured = state === 'absent' ? ('no' as const) : (kind ?? ('stdio' as const));
      const other = configured === 'stdio' && command !== ours.command;
      return {
        ...one,
        file: path,
        exists: bytes !== undefined,
        configured,
        ...(other ? { command: command ?? null } : {}),
      };
    } catch (error) {
      if (!(error instanceof SwitchboardError)) throw error;
      return { ...one, file: path, exists: true, configured: 'unknown' as const, problem: error.message };
    }
  });
  context.print({ clients }, () =>
    table([
      ['client', 'on this machine', 'switchboard', 'file'],
      ...clients.map((one) => [
        one.client,
        one.found ? 'found' : 'not found',
        'command' in one
          ? `by ${safeLine(String(one.command))}`
          : ({ no: '-', unknown: 'cannot be read', stdio: 'configured', http: 'configured, by URL' } as const)[
              one.configured
            ],
        one.file === null ? 'no file of a project' : safeLine(shortPath(one.file, place.home)),
      ]),
    ])
      .map((line) => line.slice(2))
      .concat(clients.some((one) => one.configured === 'no') ? ['', 'switchboard connect <client> adds it'] : [])
      .join('\n'),
  );
}
