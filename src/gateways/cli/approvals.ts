import { Argument } from 'commander';
import { SwitchboardError } from '#core/errors';
import type { ApprovalRequest } from '#core/permission';
import { until, parseDays } from './grant.ts';
import { permissionText } from './permission-flags.ts';
import { type PersonFlags, personOptions, proveOwner } from './person.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';
import { resolve } from 'node:path';

interface Flags extends PersonFlags {
  readonly once?: boolean;
  readonly always?: boolean;
  readonly expires?: string;
  readonly dir?: readonly string[];
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `approvals [list|allow|deny <id>]`: what components and models asked for. */
export const define: Define = (command, act) => {
  command
    .addArgument(new Argument('[action]', 'what to do').choices(['list', 'allow', 'deny']).default('list'))
    .argument('[id]', 'of the request');
  personOptions(command)
    .option('--once', 'for the next call only')
    .option('--always', 'until it is revoked (the default)')
    .option('--expires <duration>', 'take it back after this time, as 30d or 12h')
    .option('--dir <host-dir:guest-dir>', 'the directory to give, where one is asked for', collect)
    .addHelpText('after', '\nExample:\n  $ switchboard approvals allow r_Zm9vYmFy --once')
    .action(
      act(async (context, action: 'list' | 'allow' | 'deny', id: string | undefined, flags: Flags) => {
        const host = await context.attach();
        if (action === 'list') {
          const requests = await host.approvals('open');
          context.print({ requests }, () =>
            requests.length === 0 ? 'nothing waits for a decision' : requests.map(requestText).join('\n\n'),
          );
          return;
        }
        if (id === undefined)
          throw new SwitchboardError('invalid-usage', 'name the request: switchboard approvals list');
        if (action === 'deny') {
          await host.decideApproval(id, { allow: false });
          context.print({ id, state: 'denied' }, () => `denied ${id}`);
          return;
        }
        const request = (await host.approvals('open')).find((one) => one.id === id);
        if (!request)
          throw new SwitchboardError('grant-not-found', `there is no open request ${safeLine(id)}`, {
            fix: 'switchboard approvals list',
          });
        await proveOwner(context, flags, `${requestText(request)}\nAllow it${flags.once ? ' for one call' : ''}?`);
        const grants = await host.decideApproval(id, {
          allow: true,
          once: flags.once,
          expiresAt: flags.expires === undefined ? undefined : Date.now() + parseDays(flags.expires),
          directories: directoriesOf(flags.dir ?? []),
        });
        context.print({ id, state: 'allowed', grants }, () =>
          grants.map((grant) => `granted ${grant.id}: ${permissionText(grant.permission)}${until(grant)}`).join('\n'),
        );
      }),
    );
};

function directoriesOf(texts: readonly string[]): { readonly [guest: string]: string } {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf(':/');
      if (at < 1) throw new SwitchboardError('invalid-setting', `--dir "${safeLine(text)}": write HOST_DIR:GUEST_DIR`);
      return [text.slice(at + 1), resolve(text.slice(0, at))];
    }),
  );
}

function requestText({ id, subject, permissions, reason, principal, filedAt }: ApprovalRequest): string {
  const who = `${principal.kind} “${safeLine(principal.label)}”`;
  return [
    `${id}  ${subject}, asked by ${who}, ${new Date(filedAt).toISOString().slice(0, 16)}Z`,
    ...permissions.map((item) => `  ${permissionText(item)}`),
    `  it says (not checked): “${safeLine(reason)}”`,
  ].join('\n');
}
