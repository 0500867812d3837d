/** What `verify` does: every bundle of a thing is judged, and shown. */
import { existsSync, statSync } from 'node:fs';
import type { Artifact } from '#core/artifact';
import { SwitchboardError } from '#core/errors';
import {
  PREDICATES,
  type SignatureRoots,
  type Signer,
  type SubjectDigest,
  type UnknownSigner,
  type VerifiedStatement,
} from '#core/signature';
import { readPublish, readRevocation, readYank } from '#core/statements';
import { signatureVerifier } from '#signing';
import type { Context } from '../context.ts';
import { withClient } from '../registry/client-of.ts';
import { isInRegistry } from '../registry/words.ts';
import { safeLine } from '../safe.ts';
import type { VerifyFlags } from '../verify.ts';
import { bundlePathOf, bundlesOf, digestsOfFile } from './bundles.ts';
import { readSmall } from './read-small.ts';
import { type KnownKey, knownKeys, publicKeyOf, readTrustedRoot } from './roots.ts';

/** A thing and the bundles that are said to be of it. */
interface Signed {
  /** As a person knows it. */
  readonly shown: string;
  readonly digests: readonly SubjectDigest[];
  /** What a publisher must have signed it as. */
  readonly named?: { readonly name: string; readonly version: string };
  readonly bundles: readonly (Uint8Array | Error)[];
  /** Signatures that a registry has beyond those that are read. */
  readonly unread?: number;
}

/**
 * Judges all bundles. The exit code is 3 where who vouches for it also took it back. Errors: `unsigned-artifact`; what is
 * wrong with the first where none holds.
 */
export async function verifyWhat(context: Context, what: string, flags: VerifyFlags): Promise<void> {
  const keys = await keysFor(context, flags);
  const trustedRoot = flags.trustedRoot === undefined ? undefined : await readTrustedRoot(flags.trustedRoot);
  const roots: SignatureRoots = { keys: keys.map((one) => one.publicKey), trustedRoot };
  const signed = await signedOf(context, what, flags);
  if (signed.bundles.length === 0) throw unsigned(signed.shown, what);
  const verifier = signatureVerifier();
  const held: VerifiedStatement[] = [];
  const failed: SwitchboardError[] = [];
  for (const bundle of signed.bundles) {
    try {
      if (bundle instanceof Error) throw bundle;
      held.push(await judged(bundle, signed, (subject) => verifier.verify(bundle, subject, roots), flags));
    } catch (error) {
      if (!(error instanceof SwitchboardError) || error.code === 'invalid-key') throw error;
      failed.push(error);
    }
  }
  const vouching = held.filter(({ predicateType }) => !TAKES_BACK.includes(predicateType));
  if (signed.unread) context.note(`${signed.unread} more signatures were not read`);
  const yanked = held.find(({ predicateType }) => isYank(predicateType));
  if (vouching.length === 0 && yanked) throw takenBack(signed.shown, yanked);
  if (vouching.length === 0) throw withLook(failed[0] ?? unsigned(signed.shown, what), what);
  const document = {
    what: signed.shown,
    digests: signed.digests,
    signatures: held.map(({ signer, predicateType, predicate }) => ({ signer, predicateType, predicate })),
    refused: failed.map(({ code, message }) => ({ code, message })),
    unread: signed.unread ?? 0,
  };
  context.print(document, () => textOf(signed, held, failed, keys));
  // A script that goes by the exit code alone must not take what its publisher took back.
  const publishers = vouching.map(({ signer }) => signerText(signer));
  if (held.some(({ predicateType, signer }) => isYank(predicateType) && publishers.includes(signerText(signer)))) {
    context.code = 3;
  }
}

const isYank = (predicateType: string): boolean => predicateType === PREDICATES.yank;
const TAKES_BACK: readonly string[] = [PREDICATES.yank, PREDICATES.revocation];

async function judged(
  bundle: Uint8Array,
  { digests, named }: Signed,
  verify: (subject: SubjectDigest) => Promise<VerifiedStatement>,
  { identity, issuer }: VerifyFlags,
): Promise<VerifiedStatement> {
  const statement = await ofOneOf(digests, verify);
  const { signer, predicateType } = statement;
  if (signer.kind === 'identity' && (signer.subject !== identity || signer.issuer !== issuer)) {
    throw new SwitchboardError('unknown-signer', `it is signed by another identity: ${signerText(signer)}`);
  }
  if (predicateType === PREDICATES.publish) {
    const says = readPublish(statement);
    if (named && (says.name !== named.name || says.version !== named.version)) {
      throw new SwitchboardError(
        'invalid-signature',
        `it was signed as ${says.name}@${says.version}, and is offered as ${named.name}@${named.version}`,
      );
    }
  }
  if (predicateType === PREDICATES.yank) readYank(statement);
  if (predicateType === PREDICATES.revocation) readRevocation(statement);
  return statement;
}

/** A statement names a file by one of several digests. */
async function ofOneOf(
  [digest, ...others]: readonly SubjectDigest[],
  verify: (subject: SubjectDigest) => Promise<VerifiedStatement>,
): Promise<VerifiedStatement> {
  if (digest === undefined) throw new SwitchboardError('internal', 'nothing to verify');
  try {
    return await verify(digest);
  } catch (error) {
    const isOther = error instanceof SwitchboardError && error.code === 'invalid-signature';
    for (const other of isOther ? others : []) {
      const statement = await verify(other).catch(() => undefined);
      if (statement) return statement;
    }
    throw error;
  }
}

/** Those given; else those that are known, unless it is an identity that must have signed. */
async function keysFor(context: Context, { key: words, trustedRoot }: VerifyFlags): Promise<readonly KnownKey[]> {
  if (!words) return trustedRoot === undefined ? knownKeys(context) : [];
  const keys = await Promise.all(words.map(publicKeyOf));
  return keys.map((publicKey) => ({ publicKey, label: 'the key that you gave' }));
}

const LARGEST_BUNDLE = 1024 * 1024;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

async function signedOf(context: Context, what: string, flags: VerifyFlags): Promise<Signed> {
  if (DIGEST.test(what)) {
    if (flags.bundle === undefined) throw new SwitchboardError('invalid-usage', 'a digest needs --bundle');
    const bundles = [await readSmall(flags.bundle, LARGEST_BUNDLE)];
    return { shown: what, digests: [what as SubjectDigest], bundles };
  }
  if (isInRegistry(what)) return inRegistry(context, what, flags);
  if (!statSync(what, { throwIfNoEntry: false })?.isDirectory()) return inFile(context, what, flags);
  const { lastBuild } = await import('../dev-install.ts');
  return inFile(context, (await lastBuild(context, what)).file, flags);
}

async function inFile(context: Context, file: string, { bundle }: VerifyFlags): Promise<Signed> {
  const digests = await digestsOfFile(file, context.signal);
  const path = bundle ?? bundlePathOf(file);
  const bundles = bundle === undefined && !existsSync(path) ? [] : [await readSmall(path, LARGEST_BUNDLE)];
  return { shown: safeLine(file), digests, bundles };
}

function inRegistry(context: Context, word: string, flags: VerifyFlags): Promise<Signed> {
  return withClient(context, flags, async (client) => {
    const artifact: Artifact = await context.progress(`asking for ${safeLine(word)}`, client.resolve(word));
    const { reference, manifest, digest, name, version } = artifact;
    const { bundle } = flags;
    const of = { shown: reference, named: { name, version } };
    if (bundle === undefined) return { ...of, digests: [manifest], ...(await bundlesOf(artifact)) };
    // A bundle from elsewhere may be of the component's bytes alone.
    return { ...of, digests: [manifest, digest], bundles: [await readSmall(bundle, LARGEST_BUNDLE)] };
  });
}

function textOf(
  { shown, digests }: Signed,
  held: readonly VerifiedStatement[],
  failed: readonly SwitchboardError[],
  keys: readonly KnownKey[],
): string {
  const [digest = ''] = digests;
  return [
    shown === digest ? shown : `${shown} (${digest})`,
    ...held.map((statement) => `signed by ${signerText(statement.signer, keys)}\n  ${saying(statement)}`),
    ...failed.map(({ message }) => `not counted: ${safeLine(message, 400)}`),
  ].join('\n');
}

function saying(statement: VerifiedStatement): string {
  const { predicateType } = statement;
  if (predicateType === PREDICATES.publish) {
    const { name, version } = readPublish(statement);
    return `as ${name}@${version}`;
  }
  if (predicateType === PREDICATES.yank) return `TAKEN BACK: ${safeLine(readYank(statement).reason, 500)}`;
  if (predicateType === PREDICATES.revocation) {
    return `THIS KEY WAS REVOKED: ${safeLine(readRevocation(statement).reason, 500)}`;
  }
  return `with a statement of the type ${safeLine(predicateType)}`;
}

function signerText(signer: Signer, keys: readonly KnownKey[] = []): string {
  if (signer.kind === 'identity') return `${safeLine(signer.subject)}, for whom ${safeLine(signer.issuer)} vouched`;
  const label = keys.find((one) => one.publicKey === signer.publicKey)?.label;
  return label === undefined ? signer.fingerprint : `${signer.fingerprint} (${safeLine(label)})`;
}

/** Says how a signer whom nobody knows is named. */
function withLook(error: SwitchboardError, what: string): SwitchboardError {
  const { publicKey, fingerprint } = (error.data ?? {}) as Partial<UnknownSigner>;
  if (error.code !== 'unknown-signer' || publicKey === undefined) return error;
  return new SwitchboardError('unknown-signer', error.message, {
    fix: `compare ${fingerprint} with what the publisher says elsewhere, then: switchboard verify ${safeLine(what)} --key ${publicKey}`,
    data: error.data,
  });
}

function takenBack(shown: string, yanked: VerifiedStatement): SwitchboardError {
  const { reason } = readYank(yanked);
  const by = signerText(yanked.signer);
  return new SwitchboardError(
    'unsigned-artifact',
    `nobody vouches for ${shown}, and ${by} took it back: ${safeLine(reason, 500)}`,
    { fix: 'take another version' },
  );
}

const unsigned = (shown: string, what: string): SwitchboardError =>
  new SwitchboardError('unsigned-artifact', `nobody signed ${shown}`, {
    fix: `if it is yours: switchboard sign ${safeLine(what)}`,
  });
