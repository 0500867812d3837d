import { createHash, timingSafeEqual } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { FaultPoints, Random } from '#core/ports';
import { homeFailure } from './failures.ts';
import { readIfThere, replaceFile } from './files.ts';
import type { HomePaths } from './layout.ts';

/** Lets a script of the owner's decide what else needs a person at a terminal. Only its hash is kept. */
export interface OwnerToken {
  /** A new one; the one before counts no longer. Shown once: it is kept nowhere. */
  create(): Promise<string>;
  check(token: string): Promise<boolean>;
  exists(): Promise<boolean>;
  remove(): Promise<boolean>;
}

const PREFIX = 'sbo_';

// 256 random bits: there is nothing to guess, so that a slow hash would add nothing.
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The hash in a file of the home, 0600. Fault points: `owner-token.before-write`, `.before-rename`, `.after-rename`. */
export function fileOwnerToken(paths: HomePaths, random: Random, faults: FaultPoints): OwnerToken {
  const guard = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.ownerToken);
    }
  };
  return {
    create: () =>
      guard(() => {
        const token = `${PREFIX}${Buffer.from(random.bytes(32)).toString('base64url')}`;
        replaceFile(paths.ownerToken, `${hashOf(token).toString('hex')}\n`, faults, 'owner-token');
        return token;
      }),
    check: (token) =>
      guard(() => {
        const kept = readIfThere(paths.ownerToken)?.trim() ?? '';
        return /^[0-9a-f]{64}$/.test(kept) && timingSafeEqual(Buffer.from(kept, 'hex'), hashOf(token));
      }),
    exists: () => guard(() => readIfThere(paths.ownerToken) !== undefined),
    remove: () =>
      guard(() => {
        const there = readIfThere(paths.ownerToken) !== undefined;
        rmSync(paths.ownerToken, { force: true });
        return there;
      }),
  };
}
