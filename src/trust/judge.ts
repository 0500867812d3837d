/** Whether an artifact of a registry may come into a home, by who signed it and what else its publisher said. */
import type { Artifact, ArtifactDecision, ArtifactReferrer, ArtifactVerifier } from '#core/artifact';
import { SwitchboardError, toSwitchboardError } from '#core/errors';
import { quoted } from '#core/permission-text';
import { printable } from '#core/reference';
import { BUNDLE_TYPE, PREDICATES, type Signer, type VerifiedStatement } from '#core/signature';
import { readPublish, readRevocation, readYank } from '#core/statements';
import { namespaceCovers, signerText, type TrustedPublisher, type TrustState } from '#core/trust';
import {
  type Evidence,
  type EvidencePorts,
  gatherEvidence,
  type HeldStatement,
  keptReferrers,
  rootText,
} from './evidence.ts';

export interface JudgePorts extends EvidencePorts {
  state(): Promise<TrustState>;
  /** A key that said of itself that it must not be believed: also what it signed elsewhere is believed no more. */
  revoked(signer: string, reason: string): Promise<void>;
  /** `signer` took it back: that counts from then on, whether its registry goes on showing it or not. */
  yanked(artifact: Artifact, signer: string, reason: string): Promise<void>;
}

/** What was found. `signed` is absent where nothing is signed and that was allowed beforehand. */
export interface Judgement {
  readonly signed?: { readonly publisher: string; readonly signer: string } | undefined;
}

export interface JudgeOptions {
  /** Something without any signature may pass; what is signed is judged all the same. */
  readonly allowUnsigned?: boolean | undefined;
  /** Signer of what is installed of that name: where several signed, that one is told. */
  readonly before?: ((artifact: Artifact) => Promise<string | undefined>) | undefined;
  /**
   * Where the registry cannot be asked, the signatures count that were seen before; then this is told. Without it that is an
   * error.
   */
  readonly mayBeAway?: ((artifact: Artifact) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Known extends HeldStatement {
  readonly publishers: readonly TrustedPublisher[];
}

/**
 * Errors: `unsigned-artifact`, `untrusted-signer` (no such key, or not for this namespace), `invalid-signature` (none holds,
 * or they are of another name or version), `revoked-key`, `yanked-version`, `too-large`, those of the registry.
 */
export async function judge(ports: JudgePorts, artifact: Artifact, options: JudgeOptions = {}): Promise<Judgement> {
  // Each takes a round trip.
  const [{ publishers, yanked }, referrers] = await Promise.all([ports.state(), referrersOf(ports, artifact, options)]);
  const evidence = await gatherEvidence(ports, artifact, referrers, publishers, options.signal);
  const known = evidence.statements
    .map((one) => ({ ...one, publishers: publishers.filter(({ signer }) => isSigner(signer, one)) }))
    // A trust root vouches for everybody; only whom the owner named counts.
    .filter((one) => one.publishers.length > 0);
  const strangers = evidence.statements.filter((one) => !known.some(({ signer }) => signer === one.signer));
  const revoked = await revocations(ports, known);
  const covering = known.filter(
    (one) => !revoked.has(signerText(one.signer)) && one.publishers.some((who) => covers(who, artifact)),
  );
  const yank = covering.find((one) => one.predicateType === PREDICATES.yank && said(readYank, one));
  if (yank) {
    const { reason } = readYank(yank);
    await ports.yanked(artifact, signerText(yank.signer), reason);
    throw takenBack(artifact, names(yank), reason);
  }
  // What was seen once a registry cannot hide again.
  const trusted = publishers.filter((who) => covers(who, artifact) && !revoked.has(signerText(who.signer)));
  for (const { manifest, signer, reason } of yanked) {
    if (manifest !== artifact.manifest) continue;
    const who = trusted.find((one) => signerText(one.signer) === signer);
    if (who) throw takenBack(artifact, printable(who.publisher), reason);
  }
  const published = covering.filter(({ predicateType }) => predicateType === PREDICATES.publish);
  const good = published.filter((one) => isOf(one, artifact));
  const before = good.length > 1 ? await options.before?.(artifact) : undefined;
  const chosen = good.find(({ signer }) => signerText(signer) === before) ?? good[0];
  if (chosen) {
    const publisher = chosen.publishers.find((who) => covers(who, artifact))?.publisher ?? '';
    return { signed: { publisher, signer: signerText(chosen.signer) } };
  }
  const refusal = refusalOf(artifact, { evidence, known, strangers, published, revoked });
  if (refusal) throw refusal;
  if (options.allowUnsigned) return {};
  throw new SwitchboardError('unsigned-artifact', `${printable(artifact.reference)} is signed by nobody`, {
    fix: `ask its publisher to sign it; to install it all the same: switchboard install ${printable(artifact.reference)} --allow-unsigned`,
    data: { manifest: artifact.manifest },
  });
}

const takenBack = ({ name, version, manifest }: Artifact, who: string, reason: string): SwitchboardError =>
  new SwitchboardError('yanked-version', `${name}@${version} was taken back by ${who}: ${reason}`, {
    fix: `switchboard versions ${name}`,
    data: { reason, manifest },
  });

async function referrersOf(
  ports: JudgePorts,
  artifact: Artifact,
  { mayBeAway }: JudgeOptions,
): Promise<readonly ArtifactReferrer[]> {
  try {
    return await artifact.referrers(BUNDLE_TYPE);
  } catch (thrown) {
    const error = toSwitchboardError(thrown);
    const known = mayBeAway !== undefined && error.code === 'registry-unreachable';
    const kept = known ? await keptReferrers(ports.bundles, artifact.manifest) : undefined;
    if (!kept) throw thrown;
    mayBeAway?.(artifact);
    return kept;
  }
}

/** `judge` as the hook of the registry client; what was found is the `record` of the decision, for `judgementIn`. */
export function trustVerifier(ports: JudgePorts, options: JudgeOptions = {}): ArtifactVerifier {
  return {
    async verify(artifact, signal): Promise<ArtifactDecision> {
      return { allow: true, record: JSON.stringify(await judge(ports, artifact, { signal, ...options })) };
    },
  };
}

/** What a decision of `trustVerifier` found; undefined where nobody judged. */
export function judgementIn(record: string | undefined): Judgement | undefined {
  return record === undefined ? undefined : (JSON.parse(record) as Judgement);
}

const covers = ({ namespaces, revoked }: TrustedPublisher, { name }: Artifact): boolean =>
  revoked === undefined && namespaceCovers(namespaces, name);

const names = ({ publishers }: Known): string => publishers.map(({ publisher }) => printable(publisher)).join(', ');

function isSigner(trusted: TrustedPublisher['signer'], { signer, roots }: HeldStatement): boolean {
  if (signer.kind === 'key') return trusted.kind === 'key' && trusted.publicKey === signer.publicKey;
  if (trusted.kind !== 'identity' || !roots.includes(rootText(trusted.trustedRoot))) return false;
  return trusted.issuer === signer.issuer && trusted.subject === signer.subject;
}

/** Whether a statement is about this version: one of another version, which the registry gives out as this, is not. */
function isOf(statement: VerifiedStatement, { name, version }: Artifact): boolean {
  const own = said(readPublish, statement);
  return own?.name === name && own.version === version;
}

/** What a statement says; undefined where it does not say what such a statement does. */
function said<T>(read: (statement: VerifiedStatement) => T, statement: VerifiedStatement): T | undefined {
  try {
    return read(statement);
  } catch {
    return undefined;
  }
}

/** Signers that are revoked, in the home or by a statement of their own, with the reason. */
async function revocations(ports: JudgePorts, known: readonly Known[]): Promise<ReadonlyMap<string, string>> {
  const revoked = new Map<string, string>();
  for (const one of known) {
    const signer = signerText(one.signer);
    const here = one.publishers.find((who) => who.revoked);
    if (here?.revoked) revoked.set(signer, here.revoked.reason);
    else {
      const own = said(readRevocation, one);
      if (!own) continue;
      revoked.set(signer, own.reason);
      await ports.revoked(signer, own.reason);
    }
  }
  return revoked;
}

interface Found {
  readonly evidence: Evidence;
  readonly known: readonly Known[];
  readonly strangers: readonly VerifiedStatement[];
  readonly published: readonly Known[];
  readonly revoked: ReadonlyMap<string, string>;
}

/** Why signatures that are there do not count: what is nearest to counting is told. */
function refusalOf(artifact: Artifact, found: Found): SwitchboardError | undefined {
  const where = printable(artifact.reference);
  const { evidence, known, strangers, published, revoked } = found;
  const look = `switchboard verify ${where}`;
  const wanted = `${artifact.name}@${artifact.version}`;
  const [other] = published;
  if (other) {
    const own = said(readPublish, other);
    const what = own ? `${own.name}@${own.version}` : 'something without a name';
    return new SwitchboardError(
      'invalid-signature',
      `${where} is signed by ${names(other)} as ${what}, not as ${wanted}`,
      { fix: look, data: { manifest: artifact.manifest } },
    );
  }
  const gone = known.find(({ signer }) => revoked.has(signerText(signer)));
  if (gone) {
    const signer = signerText(gone.signer);
    return new SwitchboardError(
      'revoked-key',
      `${where} is signed by ${names(gone)} with ${signer}, which was revoked: ${revoked.get(signer) ?? ''}`,
      { fix: 'ask the publisher for a version that another key signed', data: { signer } },
    );
  }
  const outside = known.find(({ predicateType }) => predicateType === PREDICATES.publish);
  if (outside) {
    const [who] = outside.publishers;
    const signer = signerText(outside.signer);
    return new SwitchboardError(
      'untrusted-signer',
      `${where} is signed by ${names(outside)} (${signer}), who is trusted for ${outside.publishers.flatMap(({ namespaces }) => namespaces).join(', ')}, not for ${artifact.name}`,
      { fix: addCommand(who?.publisher ?? '', keyOf(outside.signer), artifact), data: { signer } },
    );
  }
  const unknown = evidence.unknown.find(({ publicKey }) => publicKey !== undefined) ?? evidence.unknown[0];
  if (unknown) {
    const { hint, fingerprint = hint === '' ? 'a key without a name' : hint, publicKey = '<public key>' } = unknown;
    return untrusted(artifact, printable(fingerprint), publicKey, look);
  }
  const [stranger] = strangers;
  if (stranger) {
    const { signer } = stranger;
    return untrusted(artifact, signerText(signer), keyOf(signer), look);
  }
  const [why] = evidence.invalid;
  if (why === undefined && known.length === 0) return undefined;
  return new SwitchboardError(
    'invalid-signature',
    why === undefined
      ? `no signature of ${where} says that it was published`
      : `no signature of ${where} holds: ${why}`,
    { fix: look, data: { manifest: artifact.manifest } },
  );
}

function untrusted(artifact: Artifact, signer: string, key: string, look: string): SwitchboardError {
  const [namespace = ''] = artifact.name.split(':');
  return new SwitchboardError(
    'untrusted-signer',
    `${printable(artifact.reference)} is signed with ${signer}, which nobody here trusts`,
    {
      fix: `look first: ${look}\n  then, where the publisher says elsewhere that this is their key: ${addCommand(namespace, key, artifact)}`,
      data: { signer, manifest: artifact.manifest },
    },
  );
}

const keyOf = (signer: Signer): string =>
  signer.kind === 'key'
    ? signer.publicKey
    : `--identity ${quoted(printable(signer.subject))} --issuer ${quoted(printable(signer.issuer))} --trusted-root <file>`;

function addCommand(publisher: string, key: string, { name }: Artifact): string {
  const [namespace = ''] = name.split(':');
  return `switchboard trust add ${publisher} ${key} --namespace ${quoted(`${namespace}:*`)}`;
}
