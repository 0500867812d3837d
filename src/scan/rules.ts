/** Every rule of a scan. Ids are stable; docs/scan.md has one section for each, and a test holds the two together. */
import type { Finding } from '#core/signature';

/** What one rule looks for, in one line. */
export const RULES = {
  'scan/unrequested-import': 'The component imports a capability that its manifest does not request.',
  'scan/unused-request': 'The manifest requests what no import of the component could use.',
  'scan/broad-request': 'The manifest requests far more than one tool needs, or does not say why.',
  'scan/embedded-secret': 'Keys, tokens or passwords are in the component or beside it.',
  'scan/vulnerable-package': 'A package of npm that is bundled has a known vulnerability.',
  'scan/size-outlier': 'A section is of unusual size, or its data looks encrypted or packed.',
  'scan/hidden-export': 'The component exports what its declared WIT does not show.',
  'scan/start-function': 'Code runs when the component is instantiated, before any call.',
  'scan/nested-parts': 'The component carries other components or modules than toolchains put there.',
  'scan/prompt-injection': 'A text that models read tells them what to do, or to keep something from the user.',
  'scan/hidden-text': 'A text holds characters or comments that people do not see and models do.',
  'scan/encoded-text': 'A text holds encoded data, or is laid out so that a part of it is out of sight.',
} as const satisfies Record<string, string>;

export type RuleId = keyof typeof RULES;

/** Whether a text is the id of a rule. */
export const isRule = (text: string): text is RuleId => Object.hasOwn(RULES, text);

/** A finding as checks make it: its rule is one of the catalogue. */
export interface Found extends Finding {
  readonly rule: RuleId;
}
