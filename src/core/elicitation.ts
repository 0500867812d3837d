/**
 * Questions of components to a person: what may be asked, and which answers fit. Pure. Both sides are hostile: the form
 * is a stranger's, and so is what a client says that its person answered.
 */
import type { ElicitRequest, FormChoice, FormField, FormFieldType } from './caller.ts';
import { quotation, shownLine } from './shown-text.ts';

/** A form as a component hands it over, nothing checked but the types (WIT holds those). */
export interface FormDraft {
  readonly message: string;
  readonly fields: readonly FormField[];
}

export interface LinkDraft {
  readonly message: string;
  readonly url: string;
}

export const FORM_BOUNDS = {
  message: 1_000,
  fields: 20,
  title: 100,
  description: 300,
  choices: 100,
  choice: 200,
  /** Characters of a text answer, unless the field says less. */
  text: 10_000,
  url: 2_000,
} as const;

const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** What is shown above every question: who asks, and that the words are not ours. Stops a component that poses as us. */
function attributed(component: string, message: string): string {
  return `The component ${component} asks: ${quotation(message, FORM_BOUNDS.message)}`;
}

/** The question as it is shown, or why it cannot be asked. */
export function formRequest(component: string, draft: FormDraft): ElicitRequest | string {
  if (draft.fields.length > FORM_BOUNDS.fields) return `a form has at most ${FORM_BOUNDS.fields} fields`;
  const fields: FormField[] = [];
  for (const field of draft.fields) {
    const { name } = field;
    if (!FIELD_NAME.test(name) || FORBIDDEN_NAMES.has(name))
      return 'the name of a field is letters, digits, _ and -, at most 64';
    if (fields.some((other) => other.name === name)) return `the field ${name} is there twice`;
    const type = checkedType(field.type);
    if (typeof type === 'string') return `the field ${name}: ${type}`;
    fields.push({
      name,
      required: field.required,
      type,
      ...(field.title === undefined ? {} : { title: shownLine(field.title, FORM_BOUNDS.title) }),
      ...(field.description === undefined
        ? {}
        : { description: shownLine(field.description, FORM_BOUNDS.description) }),
    });
  }
  return { mode: 'form', component, message: attributed(component, draft.message), fields };
}

/** The same of an address to open. */
export function linkRequest(component: string, draft: LinkDraft, id: string): ElicitRequest | string {
  if (draft.url.length > FORM_BOUNDS.url || !URL.canParse(draft.url)) return 'the address is not valid';
  const url = new URL(draft.url);
  if (url.protocol !== 'https:') return 'only https: addresses are shown to a person';
  if (url.username !== '' || url.password !== '') return 'an address with credentials is not accepted';
  if (url.href.length > FORM_BOUNDS.url) return 'the address is too long';
  const message = `${attributed(component, draft.message)} It wants you to open ${url.host}.`;
  return { mode: 'url', component, message, url: url.href, id };
}

/** What the person said as the component gets it: exactly the fields of the form, or why the answer does not fit. */
export function fittingValues(
  fields: readonly FormField[],
  values: unknown,
): { readonly [field: string]: unknown } | string {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return 'the values are no object';
  const given = values as { readonly [field: string]: unknown };
  const unknown = Object.keys(given).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) return `the form has no field ${shownLine(unknown, 64)}`;
  const fitting: { [field: string]: unknown } = {};
  for (const field of fields) {
    const value = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
    if (value === undefined || value === null) {
      if (field.required) return `${field.name} is missing`;
      continue;
    }
    const problem = valueProblem(field.type, value);
    if (problem !== undefined) return `${field.name}: ${problem}`;
    fitting[field.name] = value;
  }
  return fitting;
}

/** Why a value is not one of the field's; undefined if it is. */
export function valueProblem(type: FormFieldType, value: unknown): string | undefined {
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'yes or no is expected';
    case 'choice':
      return type.choices.some((choice) => choice.value === value) ? undefined : 'it is none of the choices';
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'a number is expected';
      if (type.integer && !Number.isSafeInteger(value)) return 'a whole number is expected';
      if (type.minimum !== undefined && value < type.minimum) return `it is less than ${type.minimum}`;
      if (type.maximum !== undefined && value > type.maximum) return `it is more than ${type.maximum}`;
      return undefined;
    case 'text':
      return textProblem(type, value);
  }
}

function textProblem(type: FormFieldType & { kind: 'text' }, value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.isWellFormed()) return 'a text is expected';
  const most = type.maxLength ?? FORM_BOUNDS.text;
  // Not counted by scalars before it is known to be short.
  const length = value.length > 2 * most ? value.length : scalars(value);
  if (length > most) return `it is longer than ${most}`;
  if (length < (type.minLength ?? 0)) return `it is shorter than ${type.minLength}`;
  if (type.format === 'email' && !/^[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+$/.test(value))
    return 'it is no e-mail address';
  if (type.format === 'uri' && !URL.canParse(value)) return 'it is no URI';
  if (type.format === 'date' && !isDate(value)) return 'it is no date (2026-03-01)';
  const [date = '', time = ''] = value.split('T');
  const isMoment = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.test(time);
  if (type.format === 'date-time' && !(isDate(date) && isMoment)) return 'it is no moment (2026-03-01T12:30:00Z)';
  return undefined;
}

/** How many Unicode scalars a well-formed text has: a pair of surrogates is one. */
function scalars(text: string): number {
  return text.length - (text.match(/[\uD800-\uDBFF]/g)?.length ?? 0);
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** The type with its texts made fit to be shown, or why it is none. */
function checkedType(type: FormFieldType): FormFieldType | string {
  const checked = type.kind === 'choice' ? checkedChoices(type.choices, type.default) : boundsProblem(type);
  if (typeof checked === 'string') return checked;
  const result = checked ?? type;
  if (result.kind !== 'boolean' && result.default !== undefined) {
    const problem = valueProblem(result, result.default);
    if (problem !== undefined) return `its default does not fit: ${problem}`;
    // Shown as it is, and not changed: a default that would look different is refused.
    const { default: preset } = result;
    if (typeof preset === 'string' && shownLine(preset, FORM_BOUNDS.text) !== preset.trim())
      return 'its default has characters that cannot be shown in a line';
  }
  return result;
}

function checkedChoices(choices: readonly FormChoice[], preset: string | undefined): FormFieldType | string {
  if (choices.length === 0 || choices.length > FORM_BOUNDS.choices)
    return `it has to have 1 to ${FORM_BOUNDS.choices} choices`;
  const checked: FormChoice[] = [];
  for (const { value, title } of choices) {
    if (value === '' || shownLine(value, FORM_BOUNDS.choice) !== value) return 'a choice cannot be shown in a line';
    if (checked.some((other) => other.value === value)) return `the choice ${value} is there twice`;
    checked.push(title === undefined ? { value } : { value, title: shownLine(title, FORM_BOUNDS.choice) });
  }
  return { kind: 'choice', choices: checked, ...(preset === undefined ? {} : { default: preset }) };
}

function boundsProblem(type: FormFieldType): string | undefined {
  if (type.kind === 'text') {
    const { minLength = 0, maxLength = FORM_BOUNDS.text } = type;
    return maxLength > FORM_BOUNDS.text || minLength > maxLength
      ? `its bounds are not 0 to ${FORM_BOUNDS.text}`
      : undefined;
  }
  if (type.kind !== 'number') return undefined;
  const { minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE } = type;
  return Number.isFinite(minimum) && Number.isFinite(maximum) && minimum <= maximum ? undefined : 'its bounds are none';
}
