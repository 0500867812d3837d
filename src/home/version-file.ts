import { SwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { FaultPoints } from '#core/ports';
import { homeFailure, unusable } from './failures.ts';
import { readIfThere, replaceFile } from './files.ts';
import type { HomePaths } from './layout.ts';

/** The version a home says it has; 0 where it has no version file. */
export function readVersion(paths: HomePaths): number {
  let text: string | undefined;
  try {
    text = readIfThere(paths.version);
  } catch (error) {
    throw homeFailure(error, paths.home, paths.version);
  }
  if (text === undefined) return 0;
  if (/^\d{1,9}\s*$/.test(text)) return Number(text);
  throw unusable(paths.version, `it should hold a number but holds "${printable(text, 40)}"`);
}

export function writeVersion(paths: HomePaths, version: number, faults: FaultPoints): void {
  replaceFile(paths.version, `${version}\n`, faults, 'version');
}

/** Refuses a home that a newer Switchboard wrote. Called before anything in it is touched. */
export function refuseNewer(paths: HomePaths, found: number, known: number): void {
  if (found <= known) return;
  throw new SwitchboardError(
    'home-newer',
    `the home ${paths.home} has version ${found}; this Switchboard knows versions up to ${known} and left it untouched`,
    { fix: 'use a newer Switchboard, or another home with --home <dir>', data: { found, known } },
  );
}
