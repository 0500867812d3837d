/** A component read for what a person should know before it is published or installed. Nothing of it is run. */
import { setImmediate } from 'node:timers/promises';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { printable } from '#core/reference';
import type { Finding, Scanner, ScanResult } from '#core/signature';
import { advise } from './advisories.ts';
import { dataTextFindings } from './data-texts.ts';
import type { ReadComponent, ScanPorts } from './ports.ts';
import { type Prose, proseFindings } from './prose/index.ts';
import { requestFindings } from './requests.ts';
import type { Found } from './rules.ts';
import { materialsOf } from './sbom.ts';
import { secretFindings } from './secrets.ts';
import { type Part, partsOf, placeOf } from './sections.ts';
import { exportFindings, nestedFindings, startFindings } from './shape.ts';
import { sizeFindings } from './sizes.ts';
import { textsOf } from './texts.ts';

/** What is scanned: a component, and what lies beside it or refers to it. */
export interface ScanInput {
  /** A file or the bytes themselves. */
  readonly source: string | Uint8Array;
  /** CycloneDX or SPDX in JSON. */
  readonly sbom?: Uint8Array | undefined;
  readonly readme?: Uint8Array | undefined;
}

const ORDER: readonly Finding['severity'][] = ['high', 'medium', 'low'];
/** Told of one rule; what is more is counted. */
const MOST_OF_RULE = 25;
/** Characters of prose that are read. */
const MOST_PROSE = 16 * 1024 * 1024;
const SBOM_SECTION = /^(?:sbom|cyclonedx|bom)(?:[.-].*)?$/;

/**
 * Scans a component. Worst findings first. Errors: those of reading and decoding it, for what is no component cannot be
 * judged; `cancelled`. Everything else that goes wrong is in `incomplete`.
 */
export async function scanComponent(input: ScanInput, ports: ScanPorts, signal?: AbortSignal): Promise<ScanResult> {
  signal?.throwIfAborted();
  const component = await ports.read(input.source, signal);
  const { bytes } = component;
  const parts = partsOf(bytes);
  const incomplete: string[] = [];
  const readme = input.readme === undefined ? [] : [readmeOf(input.readme, incomplete)];
  const asking = packages(input.sbom ?? sectionOf(parts, bytes), ports, incomplete, signal);
  asking.catch(() => undefined);
  const found: Found[] = [];
  for (const check of checksOf(component, parts, readme, incomplete)) {
    // Large components take seconds, in which an interrupt must get through.
    await setImmediate(undefined, signal ? { signal } : {});
    found.push(...check());
  }
  found.push(...(await asking));
  return { findings: ordered(found), incomplete };
}

/** The port of other rooms: as `scanComponent`, of bytes alone. */
export function createScanner(ports: ScanPorts): Scanner {
  return { scan: (bytes, sbom, signal) => scanComponent({ source: bytes, sbom }, ports, signal) };
}

async function packages(
  sbom: Uint8Array | undefined,
  ports: ScanPorts,
  incomplete: string[],
  signal: AbortSignal | undefined,
): Promise<readonly Found[]> {
  if (!sbom) {
    incomplete.push('there is no SBOM: which packages are bundled is not known, and none was looked up');
    return [];
  }
  const { npm, others, incomplete: unread } = materialsOf(sbom);
  incomplete.push(...unread);
  for (const [type, count] of [...others].slice(0, 10)) {
    incomplete.push(
      `${count} ${count === 1 ? 'package' : 'packages'} of ${printable(type, 20)} not looked up: only npm's are`,
    );
  }
  const { findings, incomplete: unasked } = await advise(npm, ports.advisories?.bind(ports), signal);
  incomplete.push(...unasked);
  return findings;
}

/** A bill of materials inside the component. */
function sectionOf(parts: readonly Part[], bytes: Uint8Array): Uint8Array | undefined {
  const part = parts.find(({ kind, name = '' }) => kind === 'custom' && SBOM_SECTION.test(name));
  return part && bytes.subarray(part.start, part.end);
}

type Check = () => readonly Found[];

function* checksOf(
  component: ReadComponent,
  parts: readonly Part[],
  readme: readonly Prose[],
  incomplete: string[],
): Generator<Check> {
  const { bytes, description, outline } = component;
  yield () => [...requestFindings(description), ...exportFindings(component), ...startFindings(parts)];
  yield () => nestedFindings(outline, parts, bytes);
  yield () => sizeFindings(parts, bytes);
  for (const part of parts.filter(({ kind }) => kind === 'data' || kind === 'custom')) {
    const cut = (what: string) => () => void incomplete.push(`not all of ${placeOf(part)} was searched for ${what}`);
    yield () => secretFindings(bytes.subarray(part.start, part.end), placeOf(part), part.start, cut('secrets'));
    if (part.kind === 'data') yield () => dataTextFindings(part, bytes, cut('instructions of models'));
  }
  for (const { text, place } of readme) {
    const cut = (): void => void incomplete.push(`not all of the ${place} was searched for secrets`);
    yield () => secretFindings(Buffer.from(text), place, 0, cut);
  }
  let left = MOST_PROSE;
  for (const one of [...textsOf(component), ...readme]) {
    left -= one.text.length;
    if (left < 0) {
      incomplete.push(
        `there are more than ${formatSize(MOST_PROSE)} of texts: ${one.place} and what follows was not read`,
      );
      return;
    }
    yield () => proseFindings(one);
  }
}

function readmeOf(bytes: Uint8Array, incomplete: string[]): Prose {
  const text = new TextDecoder().decode(bytes.subarray(0, MOST_PROSE));
  if (bytes.length > MOST_PROSE) incomplete.push(`of the README only ${formatSize(MOST_PROSE)} were read`);
  return { text, place: 'README', readme: true };
}

/** Worst first, by rule; a rule that found very much says how much. */
function ordered(found: readonly Found[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const severity of ORDER) {
    const byRule = Map.groupBy(
      found.filter((one) => one.severity === severity),
      ({ rule }) => rule,
    );
    for (const [rule, all] of [...byRule].toSorted(([a], [b]) => a.localeCompare(b))) {
      findings.push(...all.slice(0, MOST_OF_RULE));
      const more = all.length - MOST_OF_RULE;
      if (more > 0) findings.push({ rule, severity, message: `and ${more} more of this rule`, place: 'elsewhere' });
    }
  }
  return findings;
}

/** What stands in the way of publishing: high findings of rules that were not allowed. */
export const blocking = ({ findings }: ScanResult, allowed: ReadonlySet<string>): readonly Finding[] =>
  findings.filter(({ severity, rule }) => severity === 'high' && !allowed.has(rule));

/** The error of a publication that was scanned and is held back. Its `data` has the findings. */
export function findingsError(blocked: readonly Finding[], fix: string): SwitchboardError {
  const lines = blocked.map(({ rule, message, place }) => `${rule}: ${message} (${place})`);
  const count = blocked.length === 1 ? 'a finding' : `${blocked.length} findings`;
  return new SwitchboardError('scan-findings', `the scan has ${count} of high severity\n${lines.join('\n')}`, {
    fix,
    data: { findings: blocked },
  });
}
