/** Permissions as flags of several verbs, and as text. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SwitchboardError } from '#core/errors';
import { formatPermission, parsePermission } from '#core/grants';
import { formatSize } from '#core/limits';
import { specialHost } from '#core/net-address';
import type { ApprovalItem, Permission } from '#core/permission';
import type { StorePermission } from '#core/stores';
import { variableOfCaller } from '../../env.ts';
import { realDirectory, relationToHome } from '#host/host-directories';
import { safeLine } from './safe.ts';

export interface PermissionFlags {
  readonly fs?: readonly string[] | undefined;
  readonly net?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly secret?: readonly string[] | undefined;
  readonly kv?: readonly string[] | undefined;
  readonly blob?: readonly string[] | undefined;
  readonly elicit?: boolean | undefined;
  readonly sample?: boolean | undefined;
  readonly call?: readonly string[] | undefined;
  readonly schedule?: boolean | undefined;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function permissionOptions(command: Command): Command {
  return command
    .option('--fs <host-dir:guest-dir:ro|rw>', 'a directory of this machine, and where the component sees it', collect)
    .option('--net <host[:port]>', 'a host to reach by HTTP: a name, *.name, *, an address or a block', collect)
    .option('--env <name[=value]>', 'a variable; without a value, this shell’s', collect)
    .option('--secret <name>', 'a secret (switchboard secret set)', collect)
    .option(
      '--kv <name[:ro|rw]>',
      'a store of values, its own; shared:<name> is one for all that are granted it',
      collect,
    )
    .option('--blob <name[:ro|rw]>', 'a store of large values, its own or shared:<name>', collect)
    .option('--elicit', 'to ask you questions while it runs')
    .option('--sample', 'to have the model of your MCP client answer it')
    .option('--call <ns:name[#function]>', 'functions of other components to call; * is any characters', collect)
    .option('--schedule', 'to have itself called later');
}

/** `HOST_DIR:GUEST_DIR` of `--dir`, by guest directory. Errors: `invalid-setting`, `file-unreadable`. */
export function directoriesOf(texts: readonly string[]): { readonly [guest: string]: string } {
  return Object.fromEntries(
    texts.map((text) => {
      const permission = checkedDirectory(parsePermission('fs', absolute(text)));
      return permission.kind === 'fs' ? [permission.guest, permission.host] : [];
    }),
  );
}

/** Those given, in the order of `permissionOptions`. Errors: `invalid-setting`, `file-unreadable`. */
export function permissionsOf(flags: PermissionFlags): Permission[] {
  return [
    ...(flags.fs ?? []).map((text) => checkedDirectory(parsePermission('fs', absolute(text)))),
    ...(flags.net ?? []).map((text) => parsePermission('net', text)),
    ...(flags.env ?? []).map((text) => parsePermission('env', text, variableOfCaller)),
    ...(flags.secret ?? []).map((text) => parsePermission('secret', text)),
    ...(flags.kv ?? []).map((text) => parsePermission('kv', text)),
    ...(flags.blob ?? []).map((text) => parsePermission('blob', text)),
    ...(flags.elicit ? [{ kind: 'elicit' } as const] : []),
    ...(flags.sample ? [{ kind: 'sample' } as const] : []),
    ...(flags.call ?? []).map((text) => parsePermission('call', text)),
    ...(flags.schedule ? [{ kind: 'schedule' } as const] : []),
  ];
}

function absolute(text: string): string {
  const at = text.indexOf(':/');
  return at < 0 ? text : `${resolve(text.slice(0, at))}${text.slice(at)}`;
}

function checkedDirectory(permission: Permission): Permission {
  if (permission.kind !== 'fs') return permission;
  const problem = directoryProblem(permission.host);
  if (problem !== undefined) throw new SwitchboardError('file-unreadable', problem);
  return { ...permission, host: realDirectory(permission.host) };
}

/** Why a directory of this machine cannot be granted; undefined if it can. */
export function directoryProblem(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() ? undefined : `${safeLine(path)} ${found ? 'is not a directory' : 'does not exist'}`;
}

/** For a person, before they agree: which of the directories hold Switchboard's own. */
export function homeLines(items: readonly ApprovalItem[], home: string): string[] {
  return items.flatMap((item) => {
    if (item.kind !== 'fs' || !('host' in item)) return [];
    if (relationToHome(item.host, home) !== 'contains') return [];
    return [
      `note: ${safeLine(item.host)} contains Switchboard’s own directory ${safeLine(home)}, which stays closed to it`,
    ];
  });
}

/** Where it comes from somebody else: with the value that a variable would have. */
export function askedText(item: ApprovalItem): string {
  return item.kind === 'env' ? `${permissionText(item)} as “${safeLine(item.value)}”` : permissionText(item);
}

/** For a person: what it gives. */
export function permissionText(item: ApprovalItem): string {
  if (item.kind === 'fs') {
    const from = 'host' in item ? safeLine(item.host) : 'a directory that you choose';
    return `${item.mode === 'rw' ? 'read and write' : 'read'} ${from}, seen as ${safeLine(item.guest)}`;
  }
  if (item.kind === 'net') {
    const ports = item.port === undefined ? 'ports 80 and 443' : item.port === '*' ? 'every port' : `port ${item.port}`;
    const special = specialHost(item.host);
    const host = item.host === '*' ? 'any public host' : safeLine(item.host);
    return `reach ${host}${special === undefined ? '' : `, ${special},`} by HTTP, ${ports}`;
  }
  if (item.kind === 'kv' || item.kind === 'blob') return storeText(item);
  if (item.kind === 'elicit') return 'ask you questions while it runs';
  if (item.kind === 'sample') return 'have the model of your MCP client answer it';
  if (item.kind === 'schedule') return 'have itself called later';
  if (item.kind === 'call') {
    const fn = item.function === undefined ? 'every function' : `the function ${safeLine(item.function)}`;
    return `call ${fn} of ${item.component === '*:*' ? 'every component' : safeLine(item.component)}, which does what that was granted`;
  }
  return `${item.kind === 'env' ? 'see the variable' : 'read the secret'} ${safeLine(item.name)}`;
}

function storeText({ kind, name, mode, shared, bytes, keys }: StorePermission): string {
  const whose = shared ? 'the shared' : 'its own';
  const most = [
    ...(bytes === undefined ? [] : [`up to ${formatSize(bytes)}`]),
    ...(keys === undefined ? [] : [`${keys} keys`]),
  ];
  const what = `${whose} store of ${kind === 'kv' ? 'values' : 'large values'} ${safeLine(name)}`;
  return `${mode === 'rw' ? 'read and write' : 'read'} ${what}${most.length === 0 ? '' : `, ${most.join(' in ')}`}`;
}

export const permissionFlag = (item: ApprovalItem): string => safeLine(formatPermission(item), 2_000);
