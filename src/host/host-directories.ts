/** Directories of this machine, as grants name them: resolved once, when they are granted. */
import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SwitchboardError } from '#core/errors';
import type { Permission } from '#core/permission';
import { printable } from '#core/reference';
import { identityOf, type OwnDirectories } from '#core/services';

/**
 * The path without symlinks; what does not exist yet is below what does. A grant keeps this one, so that a symlink that
 * is found in it later was put there after the owner agreed.
 */
export function realDirectory(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realDirectory(parent), path.slice(parent === '/' ? 1 : parent.length + 1));
  }
}

/** Identities of a directory and of those it lies in, itself first; what does not exist has none. */
function identitiesOf(path: string): string[] {
  const found: string[] = [];
  for (let at = realDirectory(path); ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat) found.push(identityOf(stat));
    if (at === dirname(at)) return found;
  }
}

/** What of the home the cells must know, to keep it closed. */
export function ownDirectories(home: string): OwnDirectories | undefined {
  const [self, ...above] = identitiesOf(home);
  return self === undefined ? undefined : { home: self, above };
}

/** How a directory lies to the home. */
export function relationToHome(path: string, home: string): 'inside' | 'contains' | 'apart' {
  const own = ownDirectories(home);
  if (!own) return 'apart';
  const given = identitiesOf(path);
  if (given.includes(own.home)) return 'inside';
  return own.above.includes(given[0] ?? '') ? 'contains' : 'apart';
}

/** The permission as it is kept. Errors: `denied` for a directory of the home itself. */
export function settledPermission(permission: Permission, home: string): Permission {
  if (permission.kind !== 'fs') return permission;
  if (relationToHome(permission.host, home) === 'inside') {
    const text = `${printable(permission.host)} is Switchboard’s own directory or lies in it; it is granted to nobody`;
    throw new SwitchboardError('denied', text, { fix: 'grant a directory outside of it' });
  }
  return { ...permission, host: realDirectory(permission.host) };
}
