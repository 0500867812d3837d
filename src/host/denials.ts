import {
  type ApprovalItem,
  type Denial,
  type ErrorCode,
  type Manifest,
  type MissingItem,
  type Permission,
  quotation,
  requestCovers,
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

/** What a person may be asked to allow after a denial: which host directory it is, they choose; a variable has no value. */
export function itemOf({ item }: Denial): ApprovalItem | undefined {
  if (item?.kind === 'fs') return { kind: 'fs', guest: item.guest, mode: item.mode };
  return item?.kind === 'env' ? undefined : item;
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
  const missing = new Map(denials.flatMap(({ grant, item }) => (grant === undefined ? [] : [[grant, item] as const])));
  const named = [...missing].slice(0, MOST_FLAGS);
  if (named.length === 0) return undefined;
  const unrequested = named.some(([, item]) => !isRequested(manifest, item));
  return `switchboard grant ${component} ${named.map(([grant]) => grant).join(' ')}${unrequested ? ' --unrequested' : ''}`;
}

/** A decision's refusal with the flag that its grant needs where the manifest does not request it. */
export function withUnrequested(denial: Denial, manifest: Manifest | undefined): Denial {
  const { grant, item } = denial;
  if (grant === undefined || isRequested(manifest, item)) return denial;
  return { ...denial, grant: `${grant} --unrequested` };
}

/** Whether the flag alone gives it: where there is no manifest, too. */
function isRequested(manifest: Manifest | undefined, item: MissingItem | undefined): boolean {
  if (!manifest || !item) return true;
  const permission = item.kind === 'env' ? { ...item, value: '' } : withDirectory(item);
  return manifest.permissions.some((request) => requestCovers(request, permission));
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
  const message = `${component} was refused ${first.what}: ${first.reason}${others}; it said: ${quotation(error.message, 200)}`;
  return new SwitchboardError('denied', message, {
    fix: grantCommand(component, denials, manifest),
    data: { denials, error: error.toJSON() },
    cause: error,
  });
}
