/** Permissions as the flags that give them. Pure. */
import type { MissingItem, Permission } from './permission.ts';

/** The flag that gives it, for a POSIX shell; an `env` without its value, a directory of the person's choice as `"$PWD"`. */
export function formatPermission(permission: Permission | MissingItem): string {
  if (permission.kind === 'fs') {
    const host = 'host' in permission ? quoted(permission.host) : '"$PWD"';
    return `--fs ${host}:${quoted(permission.guest)}:${permission.mode}`;
  }
  if (permission.kind === 'elicit' || permission.kind === 'sample') return `--${permission.kind}`;
  if (permission.kind !== 'net') return `--${permission.kind} ${permission.name}`;
  const host = permission.host.includes(':') ? permission.host.replace(/^([^/]*)/, '[$1]') : permission.host;
  return `--net ${quoted(permission.port === undefined ? host : `${host}:${permission.port}`)}`;
}

/** For a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
