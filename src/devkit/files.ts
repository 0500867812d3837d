/** Files of a project: its texts, the folders that builds write, links that lead nowhere or out of it. */
import { randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';

/** The text of a file. Errors: `invalid-project` where it is a link to nothing, `file-unreadable`. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** As `readText`; undefined where there is nothing of that name. */
export async function readTextIfThere(file: string): Promise<string | undefined> {
  return lstatSync(file, { throwIfNoEntry: false }) === undefined ? undefined : readText(file);
}

/** The names in a folder. Errors: as `readText`. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function unreadable(path: string, cause: unknown): SwitchboardError {
  const errno = errnoOf(cause);
  const shown = printable(path, 1_000);
  if (errno === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    return new SwitchboardError('invalid-project', `${shown} is a link to nothing`, {
      fix: 'remove the link, or make what it leads to',
      cause,
    });
  }
  return new SwitchboardError('file-unreadable', `cannot read ${shown}: ${String(errno ?? cause)}`, { cause });
}

/** What a build writes below a project. */
const WRITTEN = ['build', 'build/bindings', 'build/cargo', 'generated'];

/**
 * A build writes into the project's folder and nowhere else: whoever made the project could have made `build` a link to
 * a folder of the person who builds it. Errors: `invalid-project`.
 */
export function refuseLinks(dir: string): void {
  for (const name of WRITTEN) {
    if (lstatSync(join(dir, name), { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    const shown = printable(join(dir, name), 1_000);
    throw new SwitchboardError('invalid-project', `${shown} is a link; a build writes only into the project’s folder`, {
      fix: `rm ${name}, in the project’s folder; the next build makes it`,
    });
  }
}

/** Makes a folder below a project. Errors: `file-unreadable`. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const why = `cannot make the folder ${printable(folder, 1_000)}: ${String(errnoOf(cause) ?? cause)}`;
    throw new SwitchboardError('file-unreadable', why, { cause });
  }
}

/** Replaces a file whole or not at all, and a link rather than what it leads to. */
export async function writeAtomic(file: string, data: Uint8Array | string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, data, { flag: 'wx' });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
