import { errnoOf } from '#core/errors';
import { WitError } from '../wit-error.ts';

/** `wasi:filesystem/types.error-code`. */
export type ErrorCode =
  | 'access'
  | 'bad-descriptor'
  | 'busy'
  | 'cross-device'
  | 'exist'
  | 'file-too-large'
  | 'illegal-byte-sequence'
  | 'insufficient-space'
  | 'invalid'
  | 'io'
  | 'is-directory'
  | 'loop'
  | 'name-too-long'
  | 'no-entry'
  | 'not-directory'
  | 'not-empty'
  | 'not-permitted'
  | 'quota'
  | 'read-only'
  | 'too-many-links'
  | 'unsupported'
  | 'insufficient-memory';

const CODES: { readonly [errno: string]: ErrorCode } = {
  EACCES: 'access',
  EBADF: 'bad-descriptor',
  EBUSY: 'busy',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EINVAL: 'invalid',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMFILE: 'insufficient-memory',
  ENFILE: 'insufficient-memory',
  EMLINK: 'too-many-links',
  ENAMETOOLONG: 'name-too-long',
  ENOENT: 'no-entry',
  ENOMEM: 'insufficient-memory',
  ENOSPC: 'insufficient-space',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  ENOTSUP: 'unsupported',
  ENXIO: 'not-permitted',
  EPERM: 'not-permitted',
  EROFS: 'read-only',
  EXDEV: 'cross-device',
};

export function fsError(code: ErrorCode): WitError {
  return new WitError(code);
}

/** The WASI code of what a call of the system threw. */
export function codeOf(thrown: unknown): ErrorCode {
  return CODES[errnoOf(thrown) ?? ''] ?? 'io';
}

/** Runs calls of the system; what they throw becomes the guest's error code. */
export function system<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof WitError ? thrown : fsError(codeOf(thrown));
  }
}
