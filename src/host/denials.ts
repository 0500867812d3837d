import {
  type ApprovalItem,
  type Denial,
  type ErrorCode,
  type Manifest,
  parsePermission,
  type Permission,
  printable,
  requestCovers,
  type StoreKind,
  SwitchboardError,
} from '#core';

/** How a call fails whose component could not go on: if it was refused something before, that is what to tell. */
const FAILED_BY_DENIAL: ReadonlySet<ErrorCode> = new Set([
  'component-error',
  'component-trapped',
  'component-exited',
  'invalid-result',
]);

/** A program that looks for its files in many places is refused all of them; nobody should grant a list of those. */
const MOST_FLAGS = 4;

/** The commands' arguments that would allow what was refused first, each once. */
const flagsOf = (denials: readonly Denial[]): readonly string[] =>
  [...new Set(denials.flatMap((denial) => denial.grant ?? []))].slice(0, MOST_FLAGS);

/** The permission whose lack a denial tells of; for a directory the person names the host's. */
export function itemOf({ grant }: Pick<Denial, 'grant'>): ApprovalItem | undefined {
  const directory = /^--fs .*?:(\/[^:]*):(ro|rw)$/.exec(grant ?? '');
  if (directory?.[1]) return { kind: 'fs', guest: directory[1], mode: directory[2] === 'rw' ? 'rw' : 'ro' };
  if (grant === '--elicit') return { kind: 'elicit' };
  if (grant === '--sample') return { kind: 'sample' };
  if (grant === '--schedule') return { kind: 'schedule' };
  const called = /^--call (?:'([^']+)'|(\S+))$/.exec(grant ?? '');
  if (called) return parsePermission('call', called[1] ?? called[2] ?? '');
  const other = /^--(net|secret|kv|blob) (\S+)$/.exec(grant ?? '');
  if (!other?.[2]) return undefined;
  return parsePermission(other[1] as 'net' | 'secret' | StoreKind, other[2]);
}

/** For the question whether a manifest requests it, which host directory it is does not matter. */
export function withDirectory(item: ApprovalItem): Permission {
  return item.kind === 'fs' && !('host' in item) ? { ...item, host: '/' } : item;
}

/** The command that would allow what was refused, if any can. `manifest` is the component's: what it does not request. */
export function grantCommand(
  component: string,
  denials: readonly Denial[],
  manifest: Manifest | undefined,
): string | undefined {
  const flags = flagsOf(denials);
  if (flags.length === 0) return undefined;
  const unrequested = flags.some((grant) => manifest && !requests(manifest, grant));
  return `switchboard grant ${component} ${flags.join(' ')}${unrequested ? ' --unrequested' : ''}`;
}

function requests(manifest: Manifest, grant: string): boolean {
  const variable = /^--env (\S+)$/.exec(grant)?.[1];
  if (variable !== undefined) return manifest.permissions.some((r) => r.kind === 'env' && r.name === variable);
  const item = itemOf({ grant });
  return item === undefined || manifest.permissions.some((request) => requestCovers(request, withDirectory(item)));
}

/** One line of the component's log. */
export function denialText(component: string, denial: Denial, manifest: Manifest | undefined): string {
  const command = grantCommand(component, [denial], manifest);
  return `denied: ${denial.what}: ${denial.reason}${command === undefined ? '' : `; to allow it: ${command}`}`;
}

/** The failure of a call that was refused something on its way: `denied`, with what the component itself said. */
export function withDenials(
  error: SwitchboardError,
  component: string,
  denials: readonly Denial[] | undefined,
  manifest: Manifest | undefined,
): SwitchboardError {
  const [first] = denials ?? [];
  if (!denials || !first || !FAILED_BY_DENIAL.has(error.code)) return error;
  const more = new Set(denials.map((denial) => denial.what)).size - 1;
  const others =
    more > 0 ? ` (and ${more} more${more >= MOST_FLAGS ? `, all in: switchboard logs ${component}` : ''})` : '';
  const message = `${component} was refused ${first.what}: ${first.reason}${others}; it said: ${printable(error.message, 200)}`;
  return new SwitchboardError('denied', message, {
    fix: grantCommand(component, denials, manifest),
    data: { denials, error: error.toJSON() },
    cause: error,
  });
}
