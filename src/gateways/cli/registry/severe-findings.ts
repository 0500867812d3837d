/** What is kept of a scan, to be compared with that of the next version. */
import { createHash } from 'node:crypto';
import type { ScanResult } from '#core/signature';
import { safeLine } from '../safe.ts';

/** All of them fit into a record. */
const MOST = 100;
const LONGEST = 300;

/**
 * Severe findings, a line each: with what was found, since another text in the place of one that was accepted is another
 * finding. What is left out is in a digest at the end.
 */
export function severeFindings({ findings }: Pick<ScanResult, 'findings'>): readonly string[] {
  const severe = findings.filter(({ severity }) => severity === 'high');
  const lines = severe.map(({ rule, place, message }) => shortened(`${rule} ${place}: ${message}`));
  if (lines.length <= MOST) return lines;
  const rest = lines.slice(MOST - 1);
  return [...lines.slice(0, MOST - 1), `and ${rest.length} more (${digestOf(rest.join('\n'))})`];
}

function shortened(line: string): string {
  const shown = safeLine(line, 10 * LONGEST);
  return shown.length <= LONGEST ? shown : `${shown.slice(0, LONGEST - 40)}… (${digestOf(line)})`;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
