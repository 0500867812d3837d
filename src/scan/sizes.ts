/** Sections of unusual size, and data that looks encrypted or packed. The thresholds are those of docs/scan.md. */
import { deflateRawSync } from 'node:zlib';
import { formatSize } from '#core/limits';
import type { Found } from './rules.ts';
import { type Part, placeOf } from './sections.ts';

const MB = 1024 * 1024;

/** Python's interpreter is the largest that toolchains bring: 12 MB of code, 6 MB of data. */
export const THRESHOLDS = {
  code: 24 * MB,
  data: 16 * MB,
  /** Of a custom section that nobody knows. */
  custom: 256 * 1024,
  /** Of one that is known: docs, WIT, names, debugging. */
  knownCustom: 8 * MB,
  /** Data from this size on is looked at for packing. */
  packed: 1 * MB,
} as const;

const KNOWN =
  /^(?:name|producers|target_features|linking|reloc\..*|dylink\.0|\.debug_.*|external_debug_info|sourceMappingURL|build_id|component-type(?::.*)?|component-name|package-docs|component\.(?:toml|wit)|switchboard-(?:docs|package)|\.dep-v0|sbom(?:[.-].*)?|go[:.].*|authors|description|licenses|source|homepage|revision|version|metadata\.code\..*)$/;
const SAMPLE = 65_536;
const MOST_SAMPLES = 8;
/** Below this part of its size random bytes do not deflate. */
const PACKED = 0.97;

/** Findings of `scan/size-outlier`. */
export function sizeFindings(parts: readonly Part[], bytes: Uint8Array): readonly Found[] {
  const found: Found[] = [];
  for (const part of parts) {
    const size = part.end - part.start;
    const tell = (severity: Found['severity'], message: string): void =>
      void found.push({ rule: 'scan/size-outlier', severity, message, place: placeOf(part) });
    if (part.kind === 'code' && size > THRESHOLDS.code) tell('low', `${formatSize(size)} of code`);
    if (part.kind === 'data' && size > THRESHOLDS.data) tell('low', `${formatSize(size)} of data`);
    if (part.kind === 'custom') {
      const known = KNOWN.test(part.name ?? '');
      if (!known && size > THRESHOLDS.custom) tell('medium', `${formatSize(size)} that no tool is known to write`);
      if (known && size > THRESHOLDS.knownCustom) tell('low', `${formatSize(size)}, which is much for it`);
    }
    if ((part.kind === 'data' || part.kind === 'custom') && size >= THRESHOLDS.packed) {
      const ratio = deflated(bytes, part);
      if (ratio > PACKED)
        tell('low', `${formatSize(size)} that look encrypted or compressed: nothing in it could be read`);
    }
  }
  return found;
}

/** How much of samples, evenly spread, is left when they are compressed. */
function deflated(bytes: Uint8Array, { start, end }: Part): number {
  const count = Math.min(MOST_SAMPLES, Math.floor((end - start) / SAMPLE));
  const step = Math.floor((end - start) / count);
  let before = 0;
  let after = 0;
  for (let i = 0; i < count; i += 1) {
    const sample = bytes.subarray(start + i * step, start + i * step + SAMPLE);
    before += sample.length;
    after += deflateRawSync(sample, { level: 1 }).length;
  }
  return after / before;
}
