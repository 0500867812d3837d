/** Known vulnerabilities of bundled packages, as the npm registry's bulk endpoint tells them. */
import { satisfies, valid, validRange } from 'semver';
import { toSwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import type { ScanPorts } from './ports.ts';
import type { Found } from './rules.ts';
import type { Package } from './sbom.ts';

const SEVERITY: { readonly [npm: string]: Found['severity'] } = { critical: 'high', high: 'high', moderate: 'medium' };
/** Per request, as npm's own client has it in the order of. */
const AT_ONCE = 1_000;
const MOST_TOLD = 100;
const LONGEST_RANGE = 1_000;

export interface Advised {
  readonly findings: readonly Found[];
  readonly incomplete: readonly string[];
}

/** Asks and compares. Never fails but when it is cancelled: what could not be asked is said. */
export async function advise(
  packages: readonly Package[],
  ask: ScanPorts['advisories'],
  signal?: AbortSignal,
): Promise<Advised> {
  const asked = packages.filter(({ version }) => valid(version) !== null);
  const incomplete = packages
    .filter(({ version }) => valid(version) === null)
    .slice(0, 5)
    .map(
      ({ name, version }) => `${printable(name)}@${printable(version, 40)} is no version of npm and was not looked up`,
    );
  if (asked.length === 0) return { findings: [], incomplete };
  if (!ask) return { findings: [], incomplete: [...incomplete, `${countOf(asked)} not looked up (--offline)`] };
  const findings: Found[] = [];
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const some = asked.slice(at, at + AT_ONCE);
    try {
      findings.push(...matching(some, await ask(versionsOf(some), signal)));
    } catch (thrown) {
      signal?.throwIfAborted();
      incomplete.push(`${countOf(some)} not looked up: ${printable(toSwitchboardError(thrown).message, 300)}`);
    }
  }
  return { findings: findings.slice(0, MOST_TOLD), incomplete };
}

const countOf = ({ length }: readonly Package[]): string =>
  length === 1 ? '1 package of npm was' : `${length} packages of npm were`;

function versionsOf(packages: readonly Package[]): Record<string, string[]> {
  // Without a prototype: a package may have any name.
  const versions: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const { name, version } of packages) (versions[name] ??= []).push(version);
  return versions;
}

/** Which of the packages advisories are about. Advisories of packages that were not asked for count for nothing. */
function matching(packages: readonly Package[], answer: unknown): Found[] {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new TypeError('the registry answered with what is no list of advisories');
  }
  const found = new Map<string, Found>();
  for (const { name, version } of packages) {
    const entries: unknown = Object.hasOwn(answer, name) ? (answer as Record<string, unknown>)[name] : [];
    if (!Array.isArray(entries)) throw new TypeError('the registry answered with what is no list of advisories');
    for (const entry of (entries as unknown[]).slice(0, 1_000)) {
      const advisory = readAdvisory(entry);
      if (!advisory || !satisfies(version, advisory.range, { includePrerelease: true, loose: true })) continue;
      const message = `${printable(name)}@${version}: ${advisory.title} (${advisory.severity}, affects ${advisory.range})${advisory.url}`;
      const severity = SEVERITY[advisory.severity] ?? 'low';
      found.set(message, { rule: 'scan/vulnerable-package', severity, message, place: `bundled ${printable(name)}` });
    }
  }
  return [...found.values()];
}

interface Advisory {
  readonly title: string;
  readonly severity: string;
  readonly range: string;
  /** With a space before it; empty where there is none. */
  readonly url: string;
}

function readAdvisory(entry: unknown): Advisory | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { title, severity, vulnerable_versions: range, url } = entry as Record<string, unknown>;
  if (typeof range !== 'string' || range.length > LONGEST_RANGE) return undefined;
  const known = validRange(range, { loose: true });
  if (known === null) return undefined;
  return {
    title: typeof title === 'string' ? printable(title, 160) : 'a known vulnerability',
    severity: typeof severity === 'string' ? printable(severity, 20) : 'unknown',
    range: printable(known, 100),
    url: typeof url === 'string' && /^https:\/\/[\w./-]{1,150}$/.test(url) ? ` ${url}` : '',
  };
}
