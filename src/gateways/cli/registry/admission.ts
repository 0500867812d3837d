/** Between a component that may be installed and its installation: a person sees what it is and what it asks for. */
import type { Artifact } from '#core/artifact';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import type { ComponentDescription, InstalledComponent } from '#core';
import { quoted } from '#core/permission-text';
import type { ScanResult, Scanner } from '#core/signature';
import { readTrustRecord, type TrustRecord } from '#core/trust';
import type { Host } from '#host/api';
import type { Compared, Difference, Judgement } from '#trust';
import type { Context } from '../context.ts';
import { ownLimitLines, requestLine, requestLines } from '../describe-text.ts';
import { isTerminal, needPerson, type PersonFlags } from '../person.ts';
import { safeLine } from '../safe.ts';
import { findingLines, incompleteLines } from '../scan-text.ts';
import { scanArtifact } from './scan-artifact.ts';
import { severeFindings } from './severe-findings.ts';

/** How what is new, or asks for more, comes to be accepted. */
export interface Acceptance extends PersonFlags {
  /** Digests of manifests, or their first 32 hex digits and more, as `--accept` gives them. */
  readonly accept: readonly string[];
  /** The lock file names the digest: that accepts what is new here. More than is here was allowed takes a person all the same. */
  readonly locked?: boolean | undefined;
  readonly scanner?: Scanner | undefined;
  /** The verb of the command that would accept it, as `install` or `update`. */
  readonly verb: 'install' | 'update';
}

interface Admitted {
  readonly artifact: Artifact;
  /** Its bytes. */
  readonly path: string;
  readonly judgement: Judgement;
  /** As it is to be installed. */
  readonly name: string;
  readonly version: string;
}

interface Ports {
  readonly context: Context;
  readonly host: Host;
  readonly acceptance: Acceptance;
}

/** Whoever makes a manifest could make two that begin alike, one to be looked at and one to be installed; not of so many digits. */
const SHORTEST = 32;
const MOST_SCAN_LINES = 100;

/** Digests as `--accept` takes them. Errors: `invalid-usage`. */
export function checkAccept(words: readonly string[]): readonly string[] {
  return words.map((word) => {
    const hex = word.replace(/^sha256:/, '');
    if (/^[0-9a-f]+$/.test(hex) && hex.length >= SHORTEST && hex.length <= 64) return `sha256:${hex}`;
    throw new SwitchboardError(
      'invalid-usage',
      `--accept takes the digest of what is accepted, or its first ${SHORTEST} hex digits and more`,
    );
  });
}

/**
 * Has somebody accept what is new under its name, or asks for more than the version that is there; gives what is kept of
 * it. Nothing is installed here. Errors: `not-accepted`, `update-held`, `owner-required`, `cancelled`.
 */
export async function admit(ports: Ports, admitted: Admitted): Promise<TrustRecord> {
  const { context, host, acceptance } = ports;
  const { artifact, judgement, name, version, path } = admitted;
  const base = { manifest: artifact.manifest, signed: judgement.signed, at: Date.now() };
  const there = (await host.list()).filter((one) => one.name === name);
  const same = there.find((one) => one.version === version && one.description.digest === artifact.digest);
  const [before] = there;
  // Whoever names it has seen it: the refusal without that showed all there is to see.
  if (!before && acceptance.locked) return { ...base, accepted: 'locked', findings: [] };
  if (!before && isNamed(acceptance, artifact)) return { ...base, accepted: 'named', findings: [] };
  // Nobody is asked, so what somebody once accepted stays what is kept of it, and no more.
  if (same && sameSigner(same, judgement)) {
    const { at, accepted, findings } = readTrustRecord(same.record) ?? {
      at: base.at,
      accepted: 'before',
      findings: [],
    };
    return { ...base, at, accepted, findings };
  }
  const description = await host.inspect(path);
  const { scanner } = acceptance;
  const scan = scanner && (await scanArtifact(scanner, artifact, context.signal));
  const findings = scan ? severeFindings(scan) : [];
  const now: Compared = { description, signed: judgement.signed, findings };
  const accepted = before
    ? await acceptUpdate(ports, admitted, before, now)
    : await acceptNew(ports, admitted, description, scan);
  return { ...base, accepted, findings };
}

const sameSigner = ({ record }: InstalledComponent, { signed }: Judgement): boolean =>
  readTrustRecord(record)?.signed?.signer === signed?.signer;

async function acceptNew(
  ports: Ports,
  admitted: Admitted,
  description: ComponentDescription,
  scan: ScanResult | undefined,
): Promise<TrustRecord['accepted']> {
  const { context, acceptance } = ports;
  const text = newLines(admitted, description, scan).join('\n');
  if (isTerminal()) {
    context.settle();
    const { askYes } = await import('../prompt.ts');
    const yes = await context.interrupted(() => askYes(`${text}\nInstall it?`, context.signal));
    if (yes) return 'asked';
    throw new SwitchboardError('cancelled', 'nothing was changed');
  }
  throw new SwitchboardError('not-accepted', text, {
    fix: `say yes in a terminal, or name what you accept: ${acceptCommand(acceptance, admitted)}`,
    data: documentOf(admitted, description, scan),
  });
}

async function acceptUpdate(
  ports: Ports,
  admitted: Admitted,
  before: InstalledComponent,
  now: Compared,
): Promise<TrustRecord['accepted']> {
  const { context, host, acceptance } = ports;
  const { artifact, name, version } = admitted;
  const { manifest } = artifact;
  const { differences, installedAsCompared } = await import('#trust');
  const found = differences(installedAsCompared(before), now);
  if (found.length === 0) return 'before';
  if (isNamed(acceptance, artifact)) {
    // What was allowed before is no leave for more: that is a person's, or the owner token's.
    await needOwner(ports);
    await host.noteTrust({ kind: 'settled', manifest });
    return 'named';
  }
  const lines = found.map(differenceLine);
  const own = `${name}@${version}`;
  const text = [`${own} is not what ${name}@${before.version} was allowed to be:`, ...lines.map((l) => `  ${l}`)];
  if (isTerminal()) {
    context.settle();
    const { askYes } = await import('../prompt.ts');
    const question = [...text, 'Allow the difference? Nothing is granted by that.'].join('\n');
    if (await context.interrupted(() => askYes(question, context.signal))) {
      await host.noteTrust({ kind: 'settled', manifest });
      return 'asked';
    }
  }
  await host.noteTrust({ kind: 'held', component: name, from: before.version, version, manifest, differences: lines });
  throw new SwitchboardError('update-held', text.join('\n'), {
    fix: `allow it in a terminal, or with the owner token: ${acceptCommand(acceptance, admitted)}`,
    data: { component: own, from: before.version, manifest, differences: found },
  });
}

/** A terminal, or the owner token of this home. Errors: `owner-required`. */
async function needOwner({ context, host, acceptance }: Ports): Promise<void> {
  await needPerson(context, acceptance);
  const { proof } = context;
  if (!proof || !('ownerToken' in proof) || (await host.checkOwner(proof.ownerToken))) return;
  throw new SwitchboardError('owner-required', 'that is not the owner token of this home', {
    fix: 'run it in a terminal, or give --owner-token-file (switchboard owner-token create)',
  });
}

const isNamed = ({ accept }: Acceptance, { manifest }: Artifact): boolean =>
  accept.some((prefix) => manifest.startsWith(prefix));

/** What somebody would type who accepts it. */
function acceptCommand({ verb }: Acceptance, { artifact, name, version }: Admitted): string {
  const accept = `--accept ${artifact.manifest.slice(0, 'sha256:'.length + SHORTEST)}`;
  if (verb === 'update') return `switchboard update ${name} ${accept}`;
  const renamed = name !== artifact.name || version !== artifact.version;
  return `switchboard install ${quoted(safeLine(artifact.reference))}${renamed ? ` --as ${name}@${version}` : ''} ${accept}`;
}

/** One difference, as a person reads it. */
export function differenceLine(found: Difference): string {
  if (found.kind === 'request') return `+ ${requestLine(found.request)}`;
  if (found.kind === 'limit') return `+ ${found.limit} ${found.to} (it could have ${found.from})`;
  if (found.kind === 'signer') return `+ signed by ${safeLine(found.to)} (before: ${safeLine(found.from)})`;
  return `+ found by the scan: ${safeLine(found.finding, 500)}`;
}

function newLines(admitted: Admitted, description: ComponentDescription, scan: ScanResult | undefined): string[] {
  const { artifact, judgement, name, version } = admitted;
  const requests = requestLines(description);
  const limits = ownLimitLines(name, description);
  return [
    `${name}@${version} is new here`,
    `from       ${safeLine(artifact.reference)}`,
    `digest     ${artifact.manifest}`,
    `signed by  ${signedText(judgement)}`,
    `size       ${formatSize(description.size)}, ${description.functions.length} functions`,
    requests.length === 0 ? 'it requests nothing' : 'it requests, and installing grants none of it:',
    ...requests,
    ...(limits.length === 0 ? [] : ['its manifest names limits:', ...limits]),
    ...scanLines(scan),
  ];
}

/** Whose signature counted, as a person reads it. */
export const signedText = ({ signed }: Pick<TrustRecord, 'signed'>): string =>
  signed ? `${safeLine(signed.publisher)}, ${safeLine(signed.signer)}` : 'NOBODY';

function scanLines(scan: ScanResult | undefined): string[] {
  if (!scan) return [];
  const found = findingLines(scan);
  const lines =
    found.length === 0 ? ['the scan found nothing'] : ['the scan found:', ...found.map((line) => `  ${line}`)];
  return [...lines.slice(0, MOST_SCAN_LINES), ...incompleteLines(scan)];
}

function documentOf(
  { artifact, judgement, name, version }: Admitted,
  description: ComponentDescription,
  scan?: ScanResult,
) {
  return {
    component: `${name}@${version}`,
    reference: artifact.reference,
    manifest: artifact.manifest,
    ...(judgement.signed ? { signed: judgement.signed } : { unsigned: true }),
    requests: description.manifest?.permissions ?? [],
    limits: description.manifest?.limits ?? {},
    ...(scan === undefined ? {} : { scan }),
  };
}

/** Loud, and whatever else was printed. */
export function warnUnsigned(context: Context, { reference }: Artifact): void {
  context.note(`WARNING: ${safeLine(reference)} is signed by nobody: nothing shows who made it.`);
  context.note('WARNING: it was installed because of --allow-unsigned; that is recorded with it.');
}
