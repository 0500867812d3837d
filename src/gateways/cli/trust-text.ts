/** How an installed component came, and what is known against it today. */
import type { InstalledComponent } from '#core';
import { readTrustRecord, signerText, type TrustRecord, type TrustState } from '#core/trust';
import { safeLine } from './safe.ts';

/** What `list` and `info` have of trust, in JSON; nothing of what did not come from a registry. */
export interface TrustDocument {
  readonly signed?: TrustRecord['signed'];
  readonly unsigned?: true;
  readonly accepted?: TrustRecord['accepted'];
  readonly manifest?: string;
  /** The reason, where its publisher took the version back. */
  readonly yanked?: string;
  /** The reason, where its key was revoked. */
  readonly revoked?: string;
}

export function trustDocument({ record }: InstalledComponent, state: TrustState): TrustDocument {
  const kept = readTrustRecord(record);
  if (!kept) return {};
  const { manifest, signed, accepted } = kept;
  const yanked = state.yanked.find((one) => one.manifest === manifest)?.reason;
  const revoked = state.publishers.find(({ signer, revoked: gone }) => gone && signerText(signer) === signed?.signer)
    ?.revoked?.reason;
  return {
    ...(signed ? { signed } : { unsigned: true as const }),
    accepted,
    manifest,
    ...(yanked === undefined ? {} : { yanked }),
    ...(revoked === undefined ? {} : { revoked }),
  };
}

const ACCEPTED: { readonly [K in TrustRecord['accepted']]: string } = {
  asked: 'accepted at a terminal',
  named: 'accepted by its digest',
  locked: 'accepted by the lock file',
  before: 'it asks for nothing that the version before did not',
};

/** As lines of `info`. */
export function trustLines({ signed, unsigned, accepted, yanked, revoked }: TrustDocument): string[] {
  if (accepted === undefined) return [];
  const who = unsigned
    ? 'NOBODY (--allow-unsigned)'
    : `${safeLine(signed?.publisher ?? '')}, ${safeLine(signed?.signer ?? '')}`;
  return [
    `signed   by ${who}; ${ACCEPTED[accepted]}`,
    ...(yanked === undefined ? [] : [`YANKED   its publisher took it back: ${safeLine(yanked, 500)}`]),
    ...(revoked === undefined ? [] : [`REVOKED  the key it is signed with: ${safeLine(revoked, 500)}`]),
  ];
}

/** As words at the end of a line of `list`. */
export function trustWords({ unsigned, yanked, revoked }: TrustDocument): string {
  return [
    ...(unsigned ? ['UNSIGNED'] : []),
    ...(yanked === undefined ? [] : [`YANKED: ${safeLine(yanked, 80)}`]),
    ...(revoked === undefined ? [] : [`KEY REVOKED: ${safeLine(revoked, 80)}`]),
  ].join(', ');
}
