/** In-toto statements of strangers. https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
import { STATEMENT_TYPE } from '#core/statements';
import type { SubjectDigest, VerifiedStatement } from '#core/signature';
import { DEEPEST, LARGEST_BUNDLE } from './bundle.ts';
import { broken } from './failures.ts';
import { JsonProblem, type Members, objectOf, parseStrictJson } from './strict-json.ts';

const TYPES: readonly unknown[] = [STATEMENT_TYPE, 'https://in-toto.io/Statement/v0.1'];
const MOST_SUBJECTS = 1024;
const LONGEST_TYPE = 1024;

/** Reads what a bundle signs. Errors: `invalid-signature`. */
export function readStatement(payload: Uint8Array): Omit<VerifiedStatement, 'signer'> {
  const statement = objectOf(parsed(payload), ['_type', 'subject', 'predicateType', 'predicate']);
  if (!statement || !TYPES.includes(statement['_type'])) throw broken('does not sign an in-toto statement');
  const { subject, predicateType, predicate = {} } = statement;
  if (typeof predicateType !== 'string' || predicateType === '' || predicateType.length > LONGEST_TYPE) {
    throw broken('signs a statement without a predicate type');
  }
  const said = objectOf(predicate);
  if (!said) throw broken('signs a statement whose predicate is not an object');
  if (!Array.isArray(subject) || subject.length === 0 || subject.length > MOST_SUBJECTS) {
    throw broken(`signs a statement about nothing, or about more than ${MOST_SUBJECTS} subjects`);
  }
  const subjects = subject.flatMap((one: unknown) => digestsOf(objectOf(one)?.['digest']));
  return { subjects, predicateType, predicate: said };
}

/** The digests of one subject that are looked at; a subject may have others beside them. */
function digestsOf(value: unknown): SubjectDigest[] {
  const digest: Members | undefined = objectOf(value);
  if (!digest || !Object.values(digest).every((hex) => typeof hex === 'string')) {
    throw broken('signs a statement whose subject has no digest');
  }
  const { sha256, sha512 } = digest as { readonly sha256?: string; readonly sha512?: string };
  if ((sha256 !== undefined && !isHex(sha256, 64)) || (sha512 !== undefined && !isHex(sha512, 128))) {
    throw broken('signs a statement whose subject has a digest that is none');
  }
  return [
    ...(sha256 === undefined ? [] : [`sha256:${sha256}` as const]),
    ...(sha512 === undefined ? [] : [`sha512:${sha512}` as const]),
  ];
}

const isHex = (text: string, length: number): boolean => text.length === length && /^[0-9a-f]+$/.test(text);

function parsed(payload: Uint8Array): unknown {
  try {
    return parseStrictJson(payload, { bytes: LARGEST_BUNDLE, depth: DEEPEST });
  } catch (error) {
    throw error instanceof JsonProblem ? broken(`signs a statement that ${error.message}`) : error;
  }
}
