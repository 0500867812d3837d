import { resolve } from 'node:path';
import { formatCallPattern, parseCallPattern } from '#core/call-pattern';
import { SwitchboardError } from '#core/errors';
import { guestDirectory, parsePermission } from '#core/grants';
import type { Permission } from '#core/permission';
import { parseStore } from '#core/store-grants';
import type { StoreKind } from '#core/stores';
import { permissionOptions, type PermissionFlags, permissionText } from './permission-flags.ts';
import { safeLine } from './safe.ts';
import type { Define } from './verbs.ts';

interface Flags extends PermissionFlags {
  readonly all?: boolean;
}

type Matches = (permission: Permission) => boolean;
type Wanted = readonly [flag: string, matches: Matches];

/** `revoke <component> <id…>|--all|--fs …|--net …|--env …|--secret …|--kv …|--blob …|--elicit|--sample|--call …|--schedule`: takes grants back, also from what runs. */
export const define: Define = (command, act) => {
  command
    .argument('<component>', 'namespace:name')
    .argument('[id...]', 'grants, as policy show lists them')
    .option('--all', 'every grant of the component');
  permissionOptions(command)
    .addHelpText(
      'after',
      '\n--fs takes the guest’s directory alone too; --net without a port means every port of that host.\n\nExamples:\n  $ switchboard revoke demo:notes --all\n  $ switchboard revoke demo:notes --fs /data --net api.example.com',
    )
    .action(
      act(async (context, component: string, ids: string[], flags: Flags) => {
        const wanted = matchersOf(flags);
        const fix = `switchboard policy show ${component}`;
        if (ids.length + wanted.length > 0 === (flags.all === true)) {
          const message =
            'name the grants to take back, by id or by --fs, --net, --env, --secret, --kv, --blob, --elicit, --sample, --call, --schedule; or --all';
          throw new SwitchboardError('invalid-usage', message, { fix });
        }
        const host = await context.attach();
        const all = [...ids];
        if (wanted.length > 0) {
          const { grants } = await host.policy(component);
          for (const [flag, matches] of wanted) {
            const found = grants.filter((grant) => matches(grant.permission));
            if (found.length === 0) {
              throw new SwitchboardError('grant-not-found', `${component} has no grant ${flag}`, { fix });
            }
            all.push(...found.map((grant) => grant.id));
          }
        }
        const revoked = await host.revoke(component, flags.all ? undefined : [...new Set(all)]);
        context.print({ component, revoked }, () =>
          revoked.length === 0
            ? `${component} has no grants`
            : revoked.map((grant) => `revoked ${grant.id}: ${permissionText(grant.permission)}`).join('\n'),
        );
      }),
    );
};

/** For each flag what it names. Errors: `invalid-setting`. */
function matchersOf(flags: Flags): Wanted[] {
  const { fs = [], net = [], env = [], secret = [], kv = [], blob = [], elicit, sample, call = [], schedule } = flags;
  return [
    ...fs.map((text) => [`--fs ${safeLine(text)}`, directory(text)] as const),
    ...net.map((text) => [`--net ${safeLine(text)}`, network(text)] as const),
    ...env.map((text) => [`--env ${safeLine(text)}`, named('env', text.replace(/=.*$/s, ''))] as const),
    ...secret.map((text) => [`--secret ${safeLine(text)}`, named('secret', text)] as const),
    ...kv.map((text) => [`--kv ${safeLine(text)}`, named('kv', parseStore('kv', text).name)] as const),
    ...blob.map((text) => [`--blob ${safeLine(text)}`, named('blob', parseStore('blob', text).name)] as const),
    ...(elicit ? [['--elicit', ({ kind }) => kind === 'elicit'] as const satisfies Wanted] : []),
    ...(sample ? [['--sample', ({ kind }) => kind === 'sample'] as const satisfies Wanted] : []),
    ...call.map((text) => [`--call ${safeLine(text)}`, called(text)] as const),
    ...(schedule ? [['--schedule', ({ kind }) => kind === 'schedule'] as const satisfies Wanted] : []),
  ];
}

function directory(text: string): Matches {
  const m = /^(?:(.+):)?(\/[^:]*?)(?::(?:ro|rw))?$/.exec(text);
  if (m?.[2] === undefined) {
    throw new SwitchboardError('invalid-setting', `--fs "${safeLine(text)}": write GUEST_DIR or HOST_DIR:GUEST_DIR`);
  }
  const guest = guestDirectory(m[2]);
  const host = m[1] === undefined ? undefined : resolve(m[1]);
  return (given) => given.kind === 'fs' && given.guest === guest && (host === undefined || given.host === host);
}

function network(text: string): Matches {
  const wanted = parsePermission('net', text);
  if (wanted.kind !== 'net') return () => false;
  return (given) =>
    given.kind === 'net' && given.host === wanted.host && (wanted.port === undefined || given.port === wanted.port);
}

function called(text: string): Matches {
  const wanted = formatCallPattern(parseCallPattern(text));
  return (given) => given.kind === 'call' && formatCallPattern(given) === wanted;
}

function named(kind: 'env' | 'secret' | StoreKind, name: string): Matches {
  return (given) => given.kind === kind && given.name === name;
}
