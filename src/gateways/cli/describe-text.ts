/** What is known of a component, as the document of `--output json` and as text. */
import type { ComponentDescription, DescribedFunction, InstalledComponent } from '#core';
import { isToolchainExport } from '#core/functions';
import {
  effectiveLimits,
  formatLimit,
  formatSize,
  DEFAULT_LIMITS,
  LIMIT_KEYS,
  limitFlag,
  limitName,
  type LimitSources,
  manifestLimits,
} from '#core/limits';
import type { ApprovalItem, PermissionRequest } from '#core/permission';
import { permissionFlag, permissionText } from './permission-flags.ts';
import { safeLine, safeText } from './safe.ts';

/** `ns:name@version`. */
export function componentId(component: InstalledComponent): string {
  return `${component.name}@${component.version}`;
}

/** The members that `inspect` and `info` share. */
export function descriptionDocument(description: ComponentDescription, limits = ownLimits(description)): object {
  const { digest, size, docs, types, functions, requirements } = description;
  return {
    ...(types.package === undefined ? {} : { package: types.package }),
    digest,
    size,
    docs,
    imports: requirements,
    exports: exportNames(description),
    functions,
    ...(description.manifest === undefined ? {} : { manifest: description.manifest, limits: namedLimits(limits) }),
  };
}

/** What the manifest asks for, a line each; with the flag that would grant it. */
export function requestLines({ manifest }: ComponentDescription): string[] {
  return table(
    (manifest?.permissions ?? []).map((request) => {
      const item = itemOf(request);
      return [permissionText(item), `“${safeLine(request.reason)}”`, permissionFlag(item)];
    }),
  );
}

/** The command that would grant all that the manifest asks for. */
export function grantCommand(name: string, { manifest }: ComponentDescription): string {
  const flags = (manifest?.permissions ?? []).map((request) => permissionFlag(itemOf(request)));
  return ['switchboard grant', name, ...flags].join(' ');
}

/** What applies where the owner set nothing. */
const ownLimits = ({ manifest }: ComponentDescription): LimitSources =>
  effectiveLimits(manifestLimits(manifest?.limits ?? {}), {});

/** What the manifest makes tighter, and what it asks for beyond what applies. */
export const namedLimits = ({ manifest, requested }: LimitSources): Pick<LimitSources, 'manifest' | 'requested'> => ({
  manifest,
  requested,
});

/** What the manifest says of limits, a line each, and the command that would give what it asks for. */
export function limitLines(name: string, limits: LimitSources): string[] {
  const { effective, manifest, requested } = limits;
  const rows = LIMIT_KEYS.flatMap((key) => {
    const [less, more] = [manifest[key], requested[key]];
    if (less !== undefined) {
      return [
        [limitName(key), formatLimit(key, less), `applies; the default is ${formatLimit(key, DEFAULT_LIMITS[key])}`],
      ];
    }
    return more === undefined
      ? []
      : [[limitName(key), formatLimit(key, more), `requested; ${formatLimit(key, effective[key])} applies`]];
  });
  const command = limitsCommand(name, limits);
  return [...table(rows), ...(command === undefined ? [] : [`  to give what it requests: ${command}`])];
}

/** The command that would give the limits that the manifest asks for. */
export function limitsCommand(name: string, { requested }: LimitSources): string | undefined {
  const flags = LIMIT_KEYS.flatMap((key) => {
    const value = requested[key];
    return value === undefined ? [] : [limitFlag(key, value)];
  });
  return flags.length === 0 ? undefined : ['switchboard limits', name, ...flags].join(' ');
}

function itemOf(requested: PermissionRequest): ApprovalItem {
  const { reason: _, ...request } = requested;
  return request.kind === 'env' ? { ...request, value: '' } : request;
}

/** Of a file, or of what is installed under `name` with these limits. */
export function descriptionText(
  description: ComponentDescription,
  name = description.types.package?.replace(/@.*/, '') ?? 'namespace:name',
  limits = ownLimits(description),
): string {
  const { digest, size, docs, requirements, functions, types } = description;
  const exported = exportNames(description);
  const named = limitLines(safeLine(name), limits);
  const lines = [
    ...(types.package === undefined ? [] : [`package  ${safeLine(types.package)}`]),
    `digest   ${digest}`,
    `size     ${formatSize(size)} (${size} bytes)`,
    ...(docs === '' ? [] : ['', ...indent(docs, '')]),
    '',
    requirements.length === 0 ? 'Imports nothing.' : 'Imports',
    ...table(requirements.map((r) => [safeLine(r.import), safeLine(r.capability), r.access, safeLine(r.reason)])),
    '',
    ...(description.manifest?.permissions.length ? ['Requests', ...requestLines(description), ''] : []),
    ...(named.length === 0 ? [] : ['Limits', ...named, '']),
    exported.length === 0 ? 'Exports nothing.' : 'Exports',
    ...exported.map((name) => `  ${safeLine(name)}`),
    '',
    functions.length === 0 ? 'No function can be called.' : 'Functions',
    ...functions.flatMap(functionLines),
  ];
  return lines.join('\n');
}

/** Rows as lines with aligned columns, indented by two. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
}

function functionLines(fn: DescribedFunction): string[] {
  const session = fn.needsSession ? ['      Needs a session: handles of resources cross.'] : [];
  return [`  ${safeLine(fn.name)}`, `      ${safeLine(fn.wit, 2_000)}`, ...indent(fn.docs, '      '), ...session];
}

function indent(text: string, by: string): string[] {
  return safeText(text.trim())
    .split('\n')
    .filter((line) => line !== '' || by === '')
    .map((line) => `${by}${line}`.trimEnd());
}

export function exportNames({ types }: ComponentDescription): string[] {
  return [
    ...types.exports.map((e) => e.id),
    ...types.exportedFunctions.filter((fn) => !isToolchainExport(fn)).map((fn) => fn.name),
  ];
}
