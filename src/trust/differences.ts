/** What a version asks for that the version before it did not. Pure. */
import { requestCovers } from '#core/grants';
import { DEFAULT_LIMITS, formatLimit, LIMIT_KEYS, limitName, manifestLimits, type Limits } from '#core/limits';
import type { Permission, PermissionRequest } from '#core/permission';
import type { InstalledComponent } from '#core/ports';
import { readTrustRecord } from '#core/trust';

/** One thing that is new, for a person. `request`: shown with its reason. */
export type Difference =
  | { readonly kind: 'request'; readonly request: PermissionRequest }
  | { readonly kind: 'limit'; readonly limit: string; readonly from: string; readonly to: string }
  | { readonly kind: 'signer'; readonly from: string; readonly to: string }
  | { readonly kind: 'finding'; readonly finding: string };

/** A version as it is compared. */
export interface Compared {
  readonly description: InstalledComponent['description'];
  /** Publisher and signer; undefined where nobody's signature counts. */
  readonly signed: { readonly publisher: string; readonly signer: string } | undefined;
  /** Rule and place of each severe finding. */
  readonly findings: readonly string[];
}

/** An installed version, as it is compared; one that came from a file is signed by nobody. */
export function installedAsCompared({ description, record }: InstalledComponent): Compared {
  const kept = readTrustRecord(record);
  return { description, signed: kept?.signed, findings: kept?.findings ?? [] };
}

/**
 * What `after` asks for and `before` did not, in any part of it: a request that no request of the version before covers, a
 * limit beyond what that could have, another signer, a severe finding that was not accepted with it. None where it asks
 * for less, or the same for other reasons.
 */
export function differences(before: Compared, after: Compared): readonly Difference[] {
  const had = before.description.manifest?.permissions ?? [];
  const found: Difference[] = [];
  const [from, to] = [signerOf(before), signerOf(after)];
  if (from !== to) found.push({ kind: 'signer', from, to });
  for (const request of after.description.manifest?.permissions ?? []) {
    if (!had.some((one) => requestCovers(one, asPermission(request)))) found.push({ kind: 'request', request });
  }
  const [less, more] = [askedLimits(before), askedLimits(after)];
  for (const key of LIMIT_KEYS) {
    const asked = more[key];
    if (asked === undefined) continue;
    const could = beyond(less[key] ?? DEFAULT_LIMITS[key], DEFAULT_LIMITS[key]) ? less[key] : DEFAULT_LIMITS[key];
    if (could === undefined || !beyond(asked, could)) continue;
    found.push({ kind: 'limit', limit: limitName(key), from: formatLimit(key, could), to: formatLimit(key, asked) });
  }
  for (const finding of after.findings) {
    if (!before.findings.includes(finding)) found.push({ kind: 'finding', finding });
  }
  return found;
}

const signerOf = ({ signed }: Compared): string => (signed ? `${signed.publisher} ${signed.signer}` : 'nobody');

/** A limit that the manifest names may be what this version does not know, in what was installed by another. */
function askedLimits({ description }: Compared): Partial<Limits> {
  return manifestLimits(description.manifest?.limits ?? {});
}

const REUSES = ['call', 'session', 'resident'];
const rank = (value: number | string): number => (typeof value === 'number' ? value : REUSES.indexOf(value));
const beyond = (one: number | string, other: number | string): boolean => rank(one) > rank(other);

/** The most that a request could be granted. */
function asPermission(request: PermissionRequest): Permission {
  const { reason: _, ...wanted } = request;
  if (wanted.kind === 'fs') return { ...wanted, host: '/' };
  if (wanted.kind === 'env') return { ...wanted, value: '' };
  return wanted;
}
