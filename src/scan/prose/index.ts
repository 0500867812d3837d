/** Everything that is found in one text that models read. */
import { printable } from '#core/reference';
import type { Found } from '../rules.ts';
import { encodedIn } from './encoded.ts';
import { hiddenIn } from './hidden.ts';
import { aimText, injectionIn, type Injection } from './injection.ts';

export type { Injection } from './injection.ts';
export { injectionIn } from './injection.ts';

/** A text of a component, and where it stands. */
export interface Prose {
  readonly text: string;
  readonly place: string;
  /** Shown to people as a page, and to models only if they open it. */
  readonly readme?: boolean;
}

/** Longer texts are read in pieces that overlap, so that no expression runs over more than one. */
const PIECE = 262_144;
const OVERLAP = 4_096;

/** Findings of one text; each thing is told once. */
export function proseFindings(prose: Prose): readonly Found[] {
  const { text } = prose;
  if (text.length <= PIECE) return ofPiece(prose);
  const found = new Map<string, Found>();
  for (let at = 0; at < text.length; at += PIECE - OVERLAP) {
    for (const one of ofPiece({ ...prose, text: text.slice(at, at + PIECE).toWellFormed() })) {
      // What is counted differs from piece to piece.
      const key = `${one.rule} ${one.message.replaceAll(/\d+|"[^]*/g, '')}`;
      if (!found.has(key) || found.get(key)?.severity === 'medium') found.set(key, one);
    }
  }
  return [...found.values()];
}

function ofPiece({ text, place, readme = false }: Prose): readonly Found[] {
  const found: Found[] = [];
  const tell = (rule: Found['rule'], severity: Found['severity'], message: string): void =>
    void found.push({ rule, severity, message, place });
  let plainest = injectionIn(text);
  for (const { severity, what } of hiddenIn(text)) tell('scan/hidden-text', severity, printable(what, 300));
  for (const { severity, what, text: said } of encodedIn(text, readme)) {
    const inside = said === undefined ? undefined : injectionIn(said);
    if (inside && (plainest === undefined || plainest.severity !== 'high')) plainest = inside;
    if (what !== '') tell(what.startsWith('an HTML') ? 'scan/hidden-text' : 'scan/encoded-text', severity, what);
  }
  if (plainest) tell('scan/prompt-injection', plainest.severity, injectionText(plainest));
  return found;
}

export function injectionText({ severity, aims, quote }: Injection): string {
  const how = severity === 'high' ? 'it tells a model' : 'it may tell a model';
  return `${how} ${aimText(aims)}: "${printable(quote, 120)}"`;
}
