/** What goes with the code of others: their licences, and a bill of materials. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundledPackage } from '../packages.ts';

const LICENCE = /^(?:licen[cs]e|copying|notice|copyright)(?:[.-].*)?$/i;
const LARGEST = 256 * 1024;

/** Files under `licences/`, by name; packages without one have their declared licence instead. */
export async function licenceFiles(dir: string, packages: readonly BundledPackage[]): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const one of packages.filter(({ typesOnly }) => !typesOnly)) {
    const folder = join(dir, one.path);
    const names = (await readdir(folder)).filter((name) => LICENCE.test(name)).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
    const text = texts
      .filter((part) => part !== '')
      .join('\n\n')
      .slice(0, LARGEST);
    const said = `${one.name}@${one.version} brings no licence file. Its package.json says: ${one.license || 'nothing of a licence'}.\n`;
    files.set(`licences/${one.name.replace('/', '__')}@${one.version}.txt`, text === '' ? said : text);
  }
  return files;
}

/** CycloneDX 1.6. The same packages give the same text: there is neither time nor random serial in it. */
export function billOfMaterials(
  component: { readonly name: string; readonly version: string },
  packages: readonly BundledPackage[],
): string {
  const bundled = packages.filter(({ typesOnly }) => !typesOnly);
  const own = `${component.name}@${component.version}`;
  const refOf = (one: BundledPackage): string => purl(one);
  const byPath = new Map(bundled.map((one) => [one.path, refOf(one)]));
  const direct = bundled.filter((one) => one.direct);
  const identity = createHash('sha256').update(bundled.map(refOf).sort().join('\n')).digest('hex');
  return `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: `urn:uuid:${uuidOf(identity)}`,
      version: 1,
      metadata: {
        component: { type: 'application', 'bom-ref': own, name: component.name, version: component.version },
      },
      components: bundled.map((one) => ({
        type: 'library',
        'bom-ref': refOf(one),
        name: one.name,
        version: one.version,
        purl: purl(one),
        ...(one.integrity === '' ? {} : { hashes: hashesOf(one.integrity) }),
        ...(one.license === '' ? {} : { licenses: [licenceOf(one.license)] }),
      })),
      dependencies: [
        { ref: own, dependsOn: [...new Set(direct.map(refOf))] },
        ...bundled.map((one) => ({
          ref: refOf(one),
          dependsOn: one.dependencies.flatMap((name) => nearest(byPath, one.path, name) ?? []),
        })),
      ],
    },
    undefined,
    2,
  )}\n`;
}

/** As Node finds it: in the package's own folder, then in those above. */
function nearest(byPath: ReadonlyMap<string, string>, path: string, name: string): string | undefined {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const found = byPath.get(folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`);
    if (found !== undefined || folder === '') return found;
  }
}

const purl = ({ name, version }: BundledPackage): string => `pkg:npm/${name.replace('@', '%40')}@${version}`;
/** An SPDX expression is not an id. */
const licenceOf = (license: string): object =>
  /\s/.test(license)
    ? { expression: license.replaceAll(/^\(|\)$/g, '') }
    : { license: /^[\w.+-]+$/.test(license) ? { id: license } : { name: license } };

function hashesOf(integrity: string): object[] {
  return integrity.split(' ').flatMap((one) => {
    const [algorithm = '', digest = ''] = one.split(/-(.*)/s);
    const alg = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' }[algorithm];
    return alg === undefined ? [] : [{ alg, content: Buffer.from(digest, 'base64').toString('hex') }];
  });
}

/** Version 8 (RFC 9562): of a digest. */
function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
