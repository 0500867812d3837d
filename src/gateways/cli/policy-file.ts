/** What a `policy.yaml` of wassette would give, in Switchboard's own terms. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { quoted } from '#core/access';
import { errnoOf, SwitchboardError } from '#core/errors';
import { requestCovers, sameTarget } from '#core/grants';
import { formatLimit, LIMIT_KEYS, limitFlag, limitName, type Limits } from '#core/limits';
import type { Permission } from '#core/permission';
import type { ComponentLimits, ComponentPolicy } from '#host/api';
import type { LeftOutOfPolicy, WassettePolicy } from '#host/wassette-policy';
import { variableOfCaller } from '../../env.ts';
import { table } from './describe-text.ts';
import { directoryProblem, permissionFlag, permissionText } from './permission-flags.ts';
import { safeLine } from './safe.ts';

/**
 * Reads the file. What is given by flags besides takes the place of what the file says of the same thing; a variable's
 * value is the flag's, else this shell's. Errors: `file-unreadable`, `invalid-setting`, which names the line.
 */
export async function readPolicyFile(file: string, given: readonly Permission[]): Promise<WassettePolicy> {
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (cause) {
    const why = { ENOENT: 'there is no such file', EISDIR: 'it is a directory' }[errnoOf(cause) ?? ''];
    const message = `cannot read ${safeLine(file)}: ${why ?? String(errnoOf(cause) ?? cause)}`;
    throw new SwitchboardError('file-unreadable', message, { cause });
  }
  const { parseWassettePolicy } = await import('#host/wassette-policy');
  const byFlag = (name: string): string | undefined =>
    given.flatMap((one) => (one.kind === 'env' && one.name === name ? [one.value] : []))[0];
  const policy = parseWassettePolicy(source, {
    file,
    directory: dirname(resolve(file)),
    variable: (name) => byFlag(name) ?? variableOfCaller(name),
    directoryProblem,
  });
  return { ...policy, permissions: policy.permissions.filter((one) => !given.some((flag) => sameTarget(flag, one))) };
}

/** The limits that it would change. */
export function changedLimits(limits: Partial<Limits>, { effective, set }: ComponentLimits): Partial<Limits> {
  const keys = LIMIT_KEYS.filter((key) => limits[key] !== undefined);
  return Object.fromEntries(
    keys.filter((key) => limits[key] !== effective[key] || set[key] === undefined).map((key) => [key, limits[key]]),
  );
}

/** A line for each limit: what it becomes, and what it is. */
export function limitChangeLines(limits: Partial<Limits>, { effective }: ComponentLimits): string[] {
  return keysOf(limits).map(([key, value]) => {
    return `${limitName(key)} ${formatLimit(key, value)}, now ${formatLimit(key, effective[key])}`;
  });
}

const keysOf = (limits: Partial<Limits>): (readonly [keyof Limits, number | string])[] =>
  LIMIT_KEYS.flatMap((key) => {
    const value = limits[key];
    return value === undefined ? [] : [[key, value] as const];
  });

/** A line for each part of the file that nothing comes of. */
export function leftOutOfPolicyLines(leftOut: readonly LeftOutOfPolicy[]): string[] {
  return leftOut.map(({ line, place, why }) => `line ${line}, ${place}: ${safeLine(why, 500)}`);
}

/** `policy check --policy`: what the file would give, as a document. The values of variables are not in it. */
export function policyFileDocument(
  file: string,
  { permissions, limits, leftOut }: WassettePolicy,
  policy: ComponentPolicy,
  now: ComponentLimits,
) {
  return {
    component: policy.component,
    policy: file,
    permissions: permissions.map((permission) => ({
      flag: permissionFlag(permission),
      text: permissionText(permission),
      state: stateOf(permission, policy),
    })),
    limits: keysOf(changedLimits(limits, now)).map(([key, value]) => ({
      flag: limitFlag(key, value),
      limit: key,
      value,
      now: now.effective[key],
    })),
    leftOut,
  };
}

/** Whether it is granted already, and whether the manifest asks for it; `open` where there is no manifest. */
function stateOf(permission: Permission, { grants, requests, manifest }: ComponentPolicy): keyof typeof STATES {
  const is = (other: Permission): boolean => sameTarget(permission, other) && sameTerms(permission, other);
  if (grants.some((grant) => grant.counts && is(grant.permission))) return 'granted';
  if (!manifest) return 'open';
  return requests.some(({ request }) => requestCovers(request, permission)) ? 'requested' : 'not-requested';
}

function sameTerms(a: Permission, b: Permission): boolean {
  if (a.kind === 'fs') return b.kind === 'fs' && a.host === b.host && a.mode === b.mode;
  return a.kind !== 'env' || (b.kind === 'env' && a.value === b.value);
}

const STATES = {
  granted: 'granted already',
  open: '',
  requested: 'requested',
  'not-requested': 'not requested: needs --unrequested',
} as const;

export function policyFileText(document: ReturnType<typeof policyFileDocument>): string {
  const { permissions, limits, leftOut } = document;
  const component = document.component.replace(/@.*/, '');
  const file = safeLine(document.policy);
  const needed = permissions.some(({ state }) => state === 'not-requested') ? ' --unrequested' : '';
  return [
    permissions.length === 0 ? `${file} gives ${component} no permission` : `${file} would give ${component}`,
    ...table(permissions.map(({ flag, text, state }) => [flag, text, STATES[state]])),
    ...(limits.length === 0 ? [] : ['and set its limits']),
    ...table(limits.map(({ flag, limit, now }) => [flag, `now ${formatLimit(limit, now)}`])),
    ...(leftOut.length === 0 ? [] : ['left out']),
    ...table(leftOut.map(({ line, place, why }) => [`line ${line}`, place, safeLine(why, 500)])),
    ...(permissions.length + limits.length === 0
      ? []
      : [`to give it: switchboard grant ${component} --policy ${safeLine(quoted(document.policy))}${needed}`]),
  ].join('\n');
}
