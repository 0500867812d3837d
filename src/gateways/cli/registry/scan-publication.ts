/** The scan before a publication. */
import { SwitchboardError } from '#core/errors';
import type { ScanResult } from '#core/signature';
import { CYCLONEDX_TYPE, type Publication, README_TYPE, SPDX_TYPE } from '#registry/client/publish';
import type { Context } from '../context.ts';
import { safeLine } from '../safe.ts';

/** Rules that were allowed by name. Errors: `invalid-usage`. */
export async function allowedRules(list: string | undefined): Promise<ReadonlySet<string>> {
  const { isRule, RULES } = await import('#scan');
  const rules = (list ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => (one.includes('/') ? one : `scan/${one}`));
  const unknown = rules.find((one) => !isRule(one));
  if (unknown !== undefined) {
    throw new SwitchboardError('invalid-usage', `there is no rule ${safeLine(unknown)}`, {
      fix: `name some of ${Object.keys(RULES).join(', ')}`,
    });
  }
  return new Set(rules);
}

/** Scans what is about to be published. Errors: `scan-findings` where high findings were not allowed; nothing was sent then. */
export async function scanPublication(
  context: Context,
  { component, attachments, facts }: Publication,
  allowed: ReadonlySet<string>,
): Promise<ScanResult> {
  const { blocking, findingsError, scanComponent } = await import('#scan');
  const { scanPorts } = await import('../scan-ports.ts');
  const { findingLines, incompleteLines } = await import('../scan-text.ts');
  const attached = (...types: readonly string[]): Uint8Array | undefined =>
    attachments.find(({ artifactType }) => types.includes(artifactType))?.bytes;
  const input = {
    source: component.source,
    sbom: attached(CYCLONEDX_TYPE, SPDX_TYPE),
    readme: attached(README_TYPE),
  };
  const work = scanComponent(input, scanPorts(), context.signal);
  const result = await context.progress(`scanning ${safeLine(facts.name)}`, work);
  const blocked = blocking(result, allowed);
  if (blocked.length > 0) {
    const rules = [...new Set(blocked.map(({ rule }) => rule))].join(',');
    throw findingsError(blocked, `mend it, or publish it as it is: switchboard publish … --allow-findings ${rules}`);
  }
  if (!context.json) for (const line of [...findingLines(result), ...incompleteLines(result)]) context.note(line);
  return result;
}
