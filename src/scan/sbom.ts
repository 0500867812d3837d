/** Packages of a bill of materials: CycloneDX or SPDX, in JSON. A stranger's document: what is not of the form is left out. */

export interface Package {
  readonly name: string;
  readonly version: string;
}

export interface Materials {
  /** Of npm, each name and version once. */
  readonly npm: readonly Package[];
  /** How many packages of other kinds there are, as `pypi` or `cargo`. */
  readonly others: ReadonlyMap<string, number>;
  /** Why not everything in it was read. */
  readonly incomplete: readonly string[];
}

const LARGEST = 16 * 1024 * 1024;
const MOST = 10_000;
const NPM_NAME = /^(?:@[a-z0-9~][\w.~-]{0,213}\/)?[a-z0-9~][\w.~-]{0,213}$/i;

/** Reads a bill of materials. Never fails: what could not be read is said. */
export function materialsOf(bytes: Uint8Array): Materials {
  const nothing = (why: string): Materials => ({ npm: [], others: new Map(), incomplete: [why] });
  if (bytes.length > LARGEST) return nothing('the SBOM is larger than 16 MiB and was not read');
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return nothing('the SBOM is not JSON: packages were not looked up');
  }
  const purls = [...urlsIn(document)];
  if (purls.length === 0) return nothing('the SBOM names no packages by purl: none was looked up');
  const npm = new Map<string, Package>();
  const others = new Map<string, number>();
  let unread = 0;
  for (const purl of purls.slice(0, MOST)) {
    const { type, name, version } = parsePurl(purl) ?? {};
    if (type === undefined || name === undefined || version === undefined) {
      unread += 1;
      continue;
    }
    if (type === 'npm') npm.set(`${name}@${version}`, { name, version });
    else others.set(type, (others.get(type) ?? 0) + 1);
  }
  const incomplete = purls.length > MOST ? [`only the first ${MOST} packages of the SBOM were looked at`] : [];
  if (unread > 0) {
    const what = unread === 1 ? 'package' : 'packages';
    incomplete.push(`${unread} ${what} of the SBOM not looked up: the purl has no version, or cannot be read`);
  }
  return { npm: [...npm.values()], others, incomplete };
}

/** Purls of CycloneDX (components, nested ones too) and of SPDX (external references). */
function* urlsIn(document: unknown): Generator<string> {
  const todo: unknown[] = [document];
  for (let seen = 0; todo.length > 0 && seen < 20 * MOST; seen += 1) {
    const node = todo.pop();
    if (!isObject(node)) continue;
    const { purl } = node;
    if (typeof purl === 'string') yield purl;
    for (const one of list(node['externalRefs'])) {
      if (isObject(one) && one['referenceType'] === 'purl' && typeof one['referenceLocator'] === 'string') {
        yield one['referenceLocator'];
      }
    }
    todo.push(...list(node['components']).toReversed(), ...list(node['packages']).toReversed());
  }
}

/** `pkg:npm/%40scope/name@1.0.0?qualifiers#subpath` (https://github.com/package-url/purl-spec). */
function parsePurl(
  purl: string,
): { readonly type: string; readonly name: string; readonly version: string } | undefined {
  const [, type, path = '', version = ''] =
    /^pkg:([a-z][a-z0-9.+-]{0,31})\/([^@?#]{1,500})@([^?#]{1,200})/i.exec(purl) ?? [];
  if (type === undefined) return undefined;
  try {
    const name = decodeURIComponent(path);
    if (type.toLowerCase() === 'npm' && !NPM_NAME.test(name)) return undefined;
    return { type: type.toLowerCase(), name, version: decodeURIComponent(version) };
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, 2 * MOST) : []);
