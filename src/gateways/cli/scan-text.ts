/** What a scan found, for a terminal. */
import type { ScanResult } from '#core/signature';
import { safeLine } from './safe.ts';

/** Worst first; empty where nothing was found. */
export function findingLines({ findings }: ScanResult): string[] {
  return findings.flatMap(({ rule, severity, message, place }) => [
    `${severity.padEnd(6)}  ${safeLine(rule)}  ${safeLine(place, 300)}`,
    `        ${safeLine(message, 1_000)}`,
  ]);
}

export const incompleteLines = ({ incomplete }: ScanResult): string[] =>
  incomplete.map((line) => `not checked: ${safeLine(line, 500)}`);

/** `2 high, 1 medium`. */
export function countText({ findings }: ScanResult): string {
  const counts = (['high', 'medium', 'low'] as const)
    .map((severity) => [findings.filter((one) => one.severity === severity).length, severity] as const)
    .filter(([count]) => count > 0);
  return counts.length === 0 ? 'nothing found' : counts.map(([count, severity]) => `${count} ${severity}`).join(', ');
}
