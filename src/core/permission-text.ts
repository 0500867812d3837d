/** Permissions as the flags that give them. Pure. */
import { formatCallPattern } from './call-pattern.ts';
import { formatStore } from './store-grants.ts';
import type { MissingItem, Permission } from './permission.ts';

/** The flag that gives it, for a POSIX shell; an `env` without its value, a directory of the person's choice as `"$PWD"`. */
export function formatPermission(permission: Permission | MissingItem): string {
  if (permission.kind === 'fs') {
    const host = 'host' in permission ? quoted(permission.host) : '"$PWD"';
    return `--fs ${host}:${quoted(permission.guest)}:${permission.mode}`;
  }
  if (permission.kind === 'kv' || permission.kind === 'blob') return formatStore(permission);
  if (permission.kind === 'call') {
    const text = formatCallPattern(permission);
    // Within a word `#` begins no comment.
    return `--call ${text.includes('*') ? `'${text}'` : text}`;
  }
  if (permission.kind === 'env' || permission.kind === 'secret') return `--${permission.kind} ${permission.name}`;
  if (permission.kind !== 'net') return `--${permission.kind}`;
  const host = permission.host.includes(':') ? permission.host.replace(/^([^/]*)/, '[$1]') : permission.host;
  return `--net ${quoted(permission.port === undefined ? host : `${host}:${permission.port}`)}`;
}

/** For a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
