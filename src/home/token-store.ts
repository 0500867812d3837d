import { linkSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '#core/errors';
import type { FaultPoints, Random, TokenStore } from '#core/ports';
import { homeFailure } from './failures.ts';
import { readIfThere, replaceFile, syncDirectory, temporaryName, writeNew } from './files.ts';
import type { HomePaths } from './layout.ts';

const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;

function makeToken(random: Random): string {
  return Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
}

/**
 * The token in a file of the home, 0600. Read anew each time, so that a rotation by another process counts
 * at once. A file that holds no token (damaged, or cut) is replaced: what it held never lets anybody in.
 * Fault points: `token.before-write`, `.before-rename`, `.after-rename`.
 */
export function fileTokenStore(paths: HomePaths, random: Random, faults: FaultPoints): TokenStore {
  const read = (): { readonly there: boolean; readonly token?: string } => {
    const text = readIfThere(paths.token);
    const token = text?.trim();
    return token !== undefined && TOKEN.test(token) ? { there: true, token } : { there: text !== undefined };
  };
  const rotate = (): string => {
    const token = makeToken(random);
    replaceFile(paths.token, `${token}\n`, faults, 'token');
    return token;
  };
  const guard = async (work: () => string): Promise<string> => {
    try {
      return work();
    } catch (error) {
      throw homeFailure(error, paths.home, paths.token);
    }
  };
  return {
    token: () =>
      guard(() => {
        const found = read();
        if (found.token !== undefined) return found.token;
        if (found.there) return rotate();
        createOnce(paths.token, `${makeToken(random)}\n`, faults);
        return read().token ?? rotate();
      }),
    rotate: () => guard(rotate),
  };
}

/** Makes the file whole under a temporary name and links it: of two processes the first wins, both then read the same. */
function createOnce(path: string, text: string, faults: FaultPoints): void {
  const temporary = temporaryName(path);
  try {
    faults.hit('token.before-write');
    writeNew(temporary, text);
    faults.hit('token.before-rename');
    linkSync(temporary, path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(path));
}

/** A token that ends with the process. */
export function memoryTokenStore(random: Random): TokenStore {
  let current: string | undefined;
  const rotate = (): string => {
    current = makeToken(random);
    return current;
  };
  return { token: async () => current ?? rotate(), rotate: async () => rotate() };
}
