/** Reads components for what a person should know before publishing or installing one. */
export type { DeclaredExports, DeclaredFunctions, Outline, ReadComponent, ScanPorts } from './ports.ts';
export { isRule, RULES, type RuleId } from './rules.ts';
export { blocking, createScanner, findingsError, scanComponent, type ScanInput } from './scan.ts';
