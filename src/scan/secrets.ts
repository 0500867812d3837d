/** Keys, tokens and passwords in a component. What is found is never told whole. */
import { ANCHOR, entropy, KINDS } from './secret-kinds.ts';
import type { Found } from './rules.ts';

/** Where the format's own beginning ends; nothing of the rest is shown. */
const SHOWN = 4;
/** Places that are looked at, in one stretch of bytes. */
const MOST_PLACES = 100_000;
const MOST_FOUND = 50;

export interface Secret {
  readonly what: string;
  readonly severity: 'high' | 'medium';
  readonly at: number;
  readonly shown: string;
}

/** Secrets in text of one byte per character (Latin-1), in the order they stand. `onCut`: there is too much to read all of it. */
export function secretsIn(text: string, onCut?: () => void): readonly Secret[] {
  const found: Secret[] = [];
  let places = 0;
  let covered = 0;
  for (const { index } of text.matchAll(ANCHOR)) {
    if ((places += 1) > MOST_PLACES || found.length >= MOST_FOUND) {
      onCut?.();
      break;
    }
    if (index < covered) continue;
    const secret = awsKey(text, index) ?? secretAt(text, index);
    if (!secret) continue;
    covered = secret.end;
    found.push(secret);
  }
  return found;
}

function secretAt(text: string, anchor: number): (Secret & { readonly end: number }) | undefined {
  for (const { what, pattern, before = 0, holds, severity = 'high' } of KINDS) {
    for (let at = anchor; at >= Math.max(0, anchor - before); at -= 1) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (!match) continue;
      const [whole, part = whole] = match;
      if (at + whole.length < anchor || (holds && !holds(whole, part))) break;
      return { what, severity, at, shown: masked(whole), end: at + whole.length };
    }
  }
  return undefined;
}

/** The id alone opens nothing; with the secret beside it, it does. */
function awsKey(text: string, at: number): (Secret & { readonly end: number }) | undefined {
  const [id] = /^(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/.exec(text.slice(at, at + 21)) ?? [];
  if (id === undefined || id.endsWith('EXAMPLE') || entropy(id.slice(4)) < 2.5 || /[A-Z0-9]/.test(text[at - 1] ?? '')) {
    return undefined;
  }
  const around = text.slice(Math.max(0, at - 300), at + 320);
  const secret = [...around.matchAll(/(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g)].some(
    ([one]) => entropy(one) > 4.2 && /[a-z]/.test(one) && /[A-Z]/.test(one) && /\d/.test(one),
  );
  const end = at + id.length;
  return secret
    ? { what: 'an AWS access key with its secret', severity: 'high', at, shown: masked(id), end }
    : { what: 'the id of an AWS access key', severity: 'medium', at, shown: masked(id), end };
}

function masked(whole: string): string {
  const name =
    /^-----BEGIN [A-Z ]+-----|^\w+:\/\/|^hooks\.slack\.com|^[A-Za-z-]{2,12}[_-](?=[A-Za-z0-9])|^AccountKey=/.exec(
      whole,
    );
  return `${name?.[0] ?? whole.slice(0, SHOWN)}… (${whole.length} characters)`;
}

/** Findings of a stretch of bytes; two-byte text in it is read too. */
export function secretFindings(bytes: Uint8Array, place: string, from = 0, onCut?: () => void): readonly Found[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const narrow = secretsIn(text, onCut).map((secret) => told(secret, `${place}, byte ${from + secret.at}`));
  const wide = wideText(bytes);
  return wide === ''
    ? narrow
    : [...narrow, ...secretsIn(wide, onCut).map((secret) => told(secret, `${place}, in UTF-16`))];
}

function told({ what, severity, shown }: Secret, place: string): Found {
  return { rule: 'scan/embedded-secret', severity, message: `${what}: ${shown}`, place };
}

/** Runs of ASCII in UTF-16, each on a line of its own. */
export function wideText(bytes: Uint8Array): string {
  const runs: string[] = [];
  let start = -1;
  const close = (end: number): void => {
    if (start >= 0 && end - start >= 40) {
      runs.push(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf16le'));
    }
    start = -1;
  };
  for (let i = 0; i + 1 < bytes.length; ) {
    const low = bytes[i] ?? 0;
    if (bytes[i + 1] === 0 && low >= 0x0a && low < 0x7f) {
      if (start < 0) start = i;
      i += 2;
    } else {
      close(i);
      i += 1;
    }
  }
  close(bytes.length - (bytes.length % 2));
  return runs.join('\n');
}
