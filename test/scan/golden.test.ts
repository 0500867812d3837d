/**
 * Each folder here is a component and what a scan finds in it. Files: `component.wat` (else one that adds two numbers),
 * `docs.wit`, `component.wit`, `component.toml`, `README.md`, `sbom.json`, and `case.json` with custom sections, data,
 * what the npm registry answers, and what is found. A new case is a new folder.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { scanPorts } from '#gateways/cli/scan-ports';
import { scanComponent } from '#scan';
import { componentOf, type CustomSection, filled, SECRETS } from './component.ts';

interface Case {
  readonly requirements: readonly string[];
  readonly sections?: readonly CustomSection[];
  /** In the memory of the adder, as WAT writes strings. */
  readonly data?: string;
  /** The answer about packages; a text is what asking fails with. */
  readonly advisories?: unknown;
  /** `severity rule | message | place`, worst first. */
  readonly findings: readonly string[];
  readonly incomplete?: readonly string[];
}

const NO_SBOM = 'there is no SBOM: which packages are bundled is not known, and none was looked up';

void describe('what scans find', () => {
  for (const name of readdirSync(import.meta.dirname, { withFileTypes: true })) {
    const folder = join(import.meta.dirname, name.name);
    if (!existsSync(join(folder, 'case.json'))) continue;
    const wanted = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case;
    void test(`${wanted.requirements.map((id) => `[${id}]`).join(' ')} ${name.name}`, async () => {
      const beside = (file: string): Uint8Array | undefined =>
        existsSync(join(folder, file)) ? Buffer.from(filled(readFileSync(join(folder, file), 'utf8'))) : undefined;
      const { advisories } = wanted;
      const result = await scanComponent(
        {
          source: await componentOf(folder, wanted.sections ?? [], filled(wanted.data ?? '')),
          sbom: beside('sbom.json'),
          readme: beside('README.md'),
        },
        {
          ...scanPorts({ offline: true }),
          ...(advisories === undefined
            ? {}
            : {
                advisories: () =>
                  typeof advisories === 'string' ? Promise.reject(new Error(advisories)) : Promise.resolve(advisories),
              }),
        },
      );
      const found = result.findings.map(
        ({ severity, rule, message, place }) => `${severity} ${rule} | ${message} | ${place}`,
      );
      assert.deepEqual(
        { findings: found, incomplete: result.incomplete },
        { findings: wanted.findings, incomplete: wanted.incomplete ?? [NO_SBOM] },
      );
      const told = JSON.stringify(result);
      for (const secret of Object.values(SECRETS).filter(({ length }) => length >= 40)) {
        assert.ok(!told.includes(secret.slice(-40, -28)), 'a secret was told');
      }
    });
  }
});
