import { Argument, Option } from 'commander';
import { SwitchboardError } from '#core/errors';
import type { ApprovalItem, ApprovalRequest } from '#core/permission';
import type { Context } from './context.ts';
import { expiryOf, grantLines } from './grant-text.ts';
import { realDirectory } from '#host/host-directories';
import { askedText, directoriesOf, homeLines } from './permission-flags.ts';
import { confirm, needPerson, type PersonFlags, personOptions } from './person.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends PersonFlags {
  readonly once?: boolean;
  readonly always?: boolean;
  readonly expires?: string;
  readonly dir?: readonly string[];
}

type Directories = { readonly [guest: string]: string };

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `approvals [list|allow|deny <id>]`: what components and models asked for. */
export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('[action]', 'what to do').choices(['list', 'allow', 'deny']).default('list'))
    .argument('[id]', 'of the request');
  personOptions(command)
    .addOption(new Option('--once', 'for the next call only').conflicts('always'))
    .addOption(new Option('--always', 'until it is revoked (the default)').conflicts('expires'))
    .option('--expires <duration>', 'take it back after this time, as 30d or 12h')
    .option('--dir <host-dir:guest-dir>', 'the directory to give, where one is asked for', collect)
    .addHelpText(
      'after',
      '\nExamples:\n  $ switchboard approvals\n  $ switchboard approvals allow r_Zm9vYmFyYmF6cXV1 --dir ~/notes:/notes --once',
    )
    .action(
      act(async (context, action: 'list' | 'allow' | 'deny', id: string | undefined, flags: Flags) => {
        if (action === 'list') return list(context);
        if (id === undefined) {
          throw new SwitchboardError('invalid-usage', 'name the request', { fix: 'switchboard approvals list' });
        }
        if (action === 'allow') return allow(context, id, flags);
        await (await context.attach()).decideApproval(id, { allow: false });
        context.print({ id, state: 'denied' }, () => `denied ${safeLine(id)}`);
      }),
    );
};

async function list(context: Context): Promise<void> {
  const requests = await (await context.attach()).approvals('open');
  context.print({ requests }, () =>
    requests.length === 0
      ? 'nothing waits for a decision'
      : requests
          .map((request) => [...requestLines(request), `  to allow it: ${allowCommand(request)}`].join('\n'))
          .join('\n\n'),
  );
}

async function allow(context: Context, id: string, flags: Flags): Promise<void> {
  await needPerson(context, flags);
  const directories = directoriesOf(flags.dir ?? []);
  const expiresAt = expiryOf(flags.expires);
  const host = await context.attach();
  const request = (await host.approvals('open')).find((one) => one.id === id);
  if (!request) {
    throw new SwitchboardError('grant-not-found', `there is no open request ${safeLine(id)}`, {
      fix: 'switchboard approvals list',
    });
  }
  checkDirectories(request, directories);
  const terms = flags.once ? ' for one call' : flags.expires === undefined ? '' : ` for ${safeLine(flags.expires)}`;
  await confirm(context, flags, `${requestLines(request, directories, host.home).join('\n')}\nAllow it${terms}?`);
  const grants = await host.decideApproval(id, { allow: true, once: flags.once, expiresAt, directories });
  context.print({ id, state: 'allowed', grants }, () => grantLines(grants).join('\n'));
}

const isOpen = (item: ApprovalItem): item is ApprovalItem & { readonly kind: 'fs' } =>
  item.kind === 'fs' && !('host' in item);

/** Every directory that is asked for is named, and no other: a person must not allow less or more than what is shown. */
function checkDirectories(request: ApprovalRequest, directories: Directories): void {
  const wanted = request.permissions.filter(isOpen).map((item) => item.guest);
  const missing = wanted.find((guest) => !Object.hasOwn(directories, guest));
  const unasked = Object.keys(directories).find((guest) => !wanted.includes(guest));
  if (missing === undefined && unasked === undefined) return;
  const message =
    missing === undefined
      ? `the request asks for no directory ${safeLine(unasked ?? '')}`
      : `name the directory to give as ${safeLine(missing)}`;
  throw new SwitchboardError('invalid-setting', message, { fix: allowCommand(request) });
}

function allowCommand({ id, permissions }: ApprovalRequest): string {
  const directories = permissions.filter(isOpen).map((item) => ` --dir "$PWD":${safeLine(item.guest)}`);
  return `switchboard approvals allow ${id}${directories.join('')}`;
}

/** What is asked, for which component, by whom, and why they say; with the directories a person chose. */
function requestLines(request: ApprovalRequest, directories: Directories = {}, home?: string): string[] {
  const { id, subject, permissions, reason, principal, filedAt } = request;
  const who = `${principal.kind} “${safeLine(principal.label)}”`;
  const chosen = permissions.map((item): ApprovalItem => {
    const host = isOpen(item) && Object.hasOwn(directories, item.guest) ? directories[item.guest] : undefined;
    if (item.kind !== 'fs') return item;
    // Where a symlink leads is what is granted.
    if ('host' in item) return { ...item, host: realDirectory(item.host) };
    return host === undefined ? item : { ...item, host };
  });
  return [
    `${id}  ${subject}, asked by ${who}, ${new Date(filedAt).toISOString().slice(0, 16)}Z`,
    ...chosen.map((item) => `  ${askedText(item)}`),
    ...(home === undefined ? [] : homeLines(chosen, home)),
    `  it says (not checked): “${safeLine(reason, 500)}”`,
  ];
}
