/**
 * Tool names. Clients accept `^[a-zA-Z0-9_-]{1,64}$`. A name depends on the component's name and the
 * function's id alone, so installing, removing or updating anything else never renames a tool.
 */
import { createHash } from 'node:crypto';

const LONGEST = 64;
/** 20 base32 digits: 100 bits of SHA-256. */
const HASH_DIGITS = 20;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const WORD = '[a-zA-Z][a-zA-Z0-9]*';
const KEBAB = `${WORD}(?:-[a-zA-Z0-9]+)*`;
const PLAIN_ID = new RegExp(`^${KEBAB}(?:\\.${KEBAB})*$`);
const PLAIN_COMPONENT = new RegExp(`^${KEBAB}:${KEBAB}$`);

/**
 * The tool name of a function: `demo_text_analyze`, `demo_text_api_analyze`, `demo_text_api_counter_inc`.
 *
 * `component` is `namespace:name` without version; `functionId` the function's id, unique within its
 * component (`analyze`, `api.counter.inc`, or `demo:text/api@1.0.0#analyze` where the short form is
 * ambiguous there). Injective in the pair:
 * - Plain form. Every part is kebab-case, which has neither `_`, `.` nor `:`, so splitting at `_` gives
 *   the two parts of the component's name and the parts of the id back. No part is empty, so `__` never
 *   occurs in it.
 * - Hashed form, for what is longer than 64 or is no dotted kebab-case id: `<what fits>__<hash>`. `__`
 *   keeps it apart from every plain name; the hash is over the whole pair.
 */
export function toolName(component: string, functionId: string): string {
  if (PLAIN_COMPONENT.test(component) && PLAIN_ID.test(functionId)) {
    const plain = `${component.replace(':', '_')}_${functionId.replaceAll('.', '_')}`;
    if (plain.length <= LONGEST) return plain;
  }
  return hashed(component, functionId, shortId(functionId));
}

function hashed(component: string, id: string, short: string): string {
  const readable = `${component.replace(':', '_')}_${short.slice(0, LONGEST)}`.replaceAll(/[^a-zA-Z0-9_-]/g, '-');
  return `${readable.slice(0, LONGEST - HASH_DIGITS - 2)}__${hash(component, id)}`;
}

const PLAIN_PROMPT = /^[a-zA-Z0-9-]+(?:_[a-zA-Z0-9-]+)*$/;

/**
 * The MCP name of a component's prompt, by its own name, which may be any text: `demo_text_review`, else the hashed
 * form. Injective in the pair, as tool names are: what follows the second `_` of a plain name is the prompt's own.
 */
export function promptName(component: string, prompt: string): string {
  if (PLAIN_PROMPT.test(prompt)) {
    const plain = `${promptPrefix(component)}${prompt}`;
    if (plain.length <= LONGEST) return plain;
  }
  return hashed(component, prompt, prompt.replaceAll(/__+/g, '_'));
}

/** What the plain names of all prompts of a component begin with. */
export function promptPrefix(component: string): string {
  return `${component.replace(':', '_')}_`;
}

/** `demo:text/api@1.0.0#[method]counter.inc` as `api_counter_inc`: only for reading, the hash tells names apart. */
function shortId(functionId: string): string {
  const at = functionId.indexOf('#');
  const inside = at < 0 ? '' : functionId.slice(0, at).replace(/@.*$/, '').replace(/^.*\//, '');
  const fn = functionId.slice(at + 1).replace(/^\[[a-z]+\]/, '');
  return [inside, ...fn.split('.')].filter((part) => part !== '').join('_');
}

function hash(component: string, functionId: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([component, functionId]))
    .digest();
  let digits = '';
  for (let i = 0; i < HASH_DIGITS; i++) {
    const bit = i * 5;
    const pair = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0);
    digits += BASE32[(pair >> (11 - (bit & 7))) & 31] ?? '';
  }
  return digits;
}
