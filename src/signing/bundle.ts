/**
 * Sigstore bundles with a DSSE envelope, read strictly and made.
 * https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto
 * https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
import { BUNDLE_TYPE } from '#core/signature';
import { broken } from './failures.ts';
import { JsonProblem, type Members, objectOf, parseStrictJson } from './strict-json.ts';

export const LARGEST_BUNDLE = 1024 * 1024;
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/** Deeper than any bundle or provenance that is in use. */
export const DEEPEST = 32;

/** A bundle whose form is right; nothing of it is believed yet. */
export interface ReadBundle {
  /** What the signer is known by: a hint at a key, or a certificate. */
  readonly signer: { readonly kind: 'key'; readonly hint: string } | { readonly kind: 'certificate' };
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** What the signature is of: payload and its type. */
  readonly signed: Buffer;
  /** The whole document, as the sigstore libraries read it. */
  readonly document: Members;
}

const TYPES: readonly unknown[] = [
  BUNDLE_TYPE,
  ...['0.1', '0.2', '0.3'].map((version) => `application/vnd.dev.sigstore.bundle+json;version=${version}`),
];
const SIGNERS = ['publicKey', 'certificate', 'x509CertificateChain'] as const;
/** A bundle of more would only make readers work. */
const MOST_ENTRIES = 16;

/** Reads a bundle. Errors: `invalid-signature` for whatever is not one bundle with one signature of one statement. */
export function readBundle(bytes: Uint8Array): ReadBundle {
  const document = objectOf(parsed(bytes), ['mediaType', 'verificationMaterial', 'dsseEnvelope', 'messageSignature']);
  if (!document) throw broken('is not a sigstore bundle');
  if (!TYPES.includes(document['mediaType'])) throw broken('is of a media type that is not known');
  if (document['messageSignature'] !== undefined) {
    throw broken('signs bytes, not a statement: it says nothing about what they are');
  }
  const envelope = objectOf(document['dsseEnvelope'], ['payload', 'payloadType', 'signatures']);
  if (!envelope) throw broken('has no DSSE envelope');
  if (envelope['payloadType'] !== PAYLOAD_TYPE) throw broken(`is not of an in-toto statement (${PAYLOAD_TYPE})`);
  const payload = decoded(envelope['payload'], 'payload');
  const signature = oneSignature(envelope['signatures']);
  return { signer: signerOf(document), payload, signature, signed: preAuthEncoding(payload), document };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes, { bytes: LARGEST_BUNDLE, depth: DEEPEST });
  } catch (error) {
    throw error instanceof JsonProblem ? broken(error.message) : error;
  }
}

function oneSignature(list: unknown): Buffer {
  if (!Array.isArray(list) || list.length !== 1) throw broken('does not have exactly one signature');
  const one = objectOf(list[0], ['sig', 'keyid']);
  const { sig, keyid = '' } = one ?? {};
  if (!one || typeof keyid !== 'string') throw broken('has a signature of another form');
  return decoded(sig, 'signature');
}

function signerOf(document: Members): ReadBundle['signer'] {
  const names = [...SIGNERS, 'tlogEntries', 'timestampVerificationData'];
  const material = objectOf(document['verificationMaterial'], names);
  if (!material) throw broken('has no verification material');
  checkEntries(material);
  const [kind, ...more] = SIGNERS.filter((name) => material[name] !== undefined);
  if (kind === undefined || more.length > 0) throw broken('does not say by one key or one certificate who signed');
  if (kind === 'publicKey') {
    const { hint = '' } = objectOf(material[kind], ['hint']) ?? { hint: undefined };
    if (typeof hint !== 'string' || hint.length > 1024) throw broken('has a hint at its key that is none');
    return { kind: 'key', hint };
  }
  const chain = objectOf(material[kind], kind === 'certificate' ? ['rawBytes'] : ['certificates']);
  const certificates = kind === 'certificate' ? [chain] : chain?.['certificates'];
  if (!chain || !Array.isArray(certificates) || certificates.length === 0 || certificates.length > MOST_ENTRIES) {
    throw broken('has no certificate');
  }
  for (const one of certificates) decoded(objectOf(one, ['rawBytes'])?.['rawBytes'], 'certificate');
  return { kind: 'certificate' };
}

/** That there are not more entries of logs and timestamps than are worth reading. Their form is the libraries' to judge. */
function checkEntries({ tlogEntries = [], timestampVerificationData = {} }: Members): void {
  const timestamps = objectOf(timestampVerificationData, ['rfc3161Timestamps'])?.['rfc3161Timestamps'] ?? [];
  for (const list of [tlogEntries, timestamps]) {
    if (!Array.isArray(list) || list.length > MOST_ENTRIES || !list.every((one) => objectOf(one))) {
      throw broken('has entries of a log or timestamps of another form, or too many');
    }
  }
}

/** Standard base64 as it is written by who writes it right: one text for each sequence of bytes. */
function decoded(value: unknown, what: string): Buffer {
  if (typeof value === 'string' && value !== '') {
    const bytes = Buffer.from(value, 'base64');
    if (bytes.toString('base64') === value) return bytes;
  }
  throw broken(`has a ${what} that is not base64`);
}

/** DSSE's pre-authentication encoding. https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
export function preAuthEncoding(payload: Uint8Array): Buffer {
  const header = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([Buffer.from(header), payload]);
}

/** A bundle of a statement that a key signed. The same statement and signature give the same bytes. */
export function makeBundle(payload: Uint8Array, signature: Uint8Array, hint: string): Buffer {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const document = {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint }, tlogEntries: [] },
    dsseEnvelope: {
      payload: base64(payload),
      payloadType: PAYLOAD_TYPE,
      // No keyid: readers that make key ids in another way pass over a signature that has ours.
      signatures: [{ sig: base64(signature) }],
    },
  };
  return Buffer.from(JSON.stringify(document));
}
