/** Terms of a grant, from flags and as text. */
import { parseDuration } from '#core/limits';
import type { Grant } from '#core/permission';
import { permissionText } from './permission-flags.ts';

/** The moment that `--expires` names, in milliseconds since the epoch. Errors: `invalid-setting`. */
export function expiryOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = /^(\d{1,5})d$/.exec(text.trim());
  return Date.now() + (days ? Number(days[1]) * 86_400_000 : parseDuration(text));
}

export const momentText = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;

/** `, until …`; empty for what stays until it is revoked. */
export function until({ once, expiresAt }: Pick<Grant, 'once' | 'expiresAt'>): string {
  const end = expiresAt === undefined ? '' : `, until ${momentText(expiresAt)}`;
  return `${once ? ', for one call' : ''}${end}`;
}

/** A line for each grant that was made. */
export function grantLines(grants: readonly Grant[]): string[] {
  return grants.map((grant) => `granted ${grant.id}: ${permissionText(grant.permission)}${until(grant)}`);
}
