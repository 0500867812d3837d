import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { concat, leb, section } from './bytes.ts';
import { scanSections } from './core-module.ts';
import type { LimitsSite } from './core-module.ts';
import { guarded } from './guard.ts';
import { Reader } from './reader.ts';

/** What each memory and each table of a core module may grow to. */
export interface ModuleLimits {
  /** Pages of 64 KiB. */
  readonly memoryPages: number;
  readonly tableElements: number;
}

const PAGE = 65_536;

/**
 * A copy of a core module in which each memory and table it defines has a maximum no larger than the
 * limits, so that the engine itself refuses to grow them: nothing a guest runs can pass it. An imported
 * memory or table keeps its type: what defines it was lowered, and a lower maximum still links. Throws `memory-limit` or `table-limit` when a minimum is
 * larger already, `unsupported-component` for shared memories and 64-bit ones, `invalid-component`.
 */
export function rewriteLimits(module: Uint8Array, limits: ModuleLimits): Uint8Array {
  return guarded(() => {
    const { sections, sites } = scanSections(new Reader(module));
    const parts: (Uint8Array | number[])[] = [module.subarray(0, 8)];
    for (const range of sections) {
      const inside = sites.filter((site) => !site.imported && site.start >= range.start && site.end <= range.end);
      if (inside.length === 0) parts.push(module.subarray(range.header, range.end));
      else parts.push(section(range.id, rewriteSection(module, range.start, range.end, inside, limits)));
    }
    return concat(parts);
  });
}

function rewriteSection(
  module: Uint8Array,
  start: number,
  end: number,
  sites: readonly LimitsSite[],
  limits: ModuleLimits,
): Uint8Array {
  const parts: (Uint8Array | number[])[] = [];
  let at = start;
  for (const site of sites) {
    parts.push(module.subarray(at, site.start), cap(site, limits));
    at = site.end;
  }
  parts.push(module.subarray(at, end));
  return concat(parts);
}

function cap(site: LimitsSite, limits: ModuleLimits): number[] {
  const { min, max, shared, wide, pageSize } = site.limits;
  if (shared || wide) {
    throw new SwitchboardError(
      'unsupported-component',
      `the component has a ${shared ? 'shared' : '64-bit'} ${site.kind}, which is not supported`,
    );
  }
  const page = pageSize === undefined ? PAGE : 2 ** pageSize;
  const most = BigInt(site.kind === 'table' ? limits.tableElements : Math.floor((limits.memoryPages * PAGE) / page));
  if (min > most) throw needsMore(site.kind, min, page, limits);
  const capped = max === undefined || max > most ? most : max;
  const flags = 1 | (pageSize === undefined ? 0 : 8);
  return [flags, ...leb(min), ...leb(capped), ...(pageSize === undefined ? [] : leb(pageSize))];
}

function needsMore(kind: 'memory' | 'table', min: bigint, page: number, limits: ModuleLimits): SwitchboardError {
  if (kind === 'table') {
    return new SwitchboardError(
      'table-limit',
      `the component needs a table of ${min} elements to start; its limit is ${limits.tableElements}`,
      { fix: `switchboard limits <component> --table ${min}`, data: { needs: Number(min) } },
    );
  }
  const bytes = Number(min) * page;
  return new SwitchboardError(
    'memory-limit',
    `the component needs ${formatSize(bytes)} of memory to start; its limit is ${formatSize(limits.memoryPages * PAGE)}`,
    {
      fix: `switchboard limits <component> --memory ${Math.ceil(bytes / 1024 / 1024)}MiB`,
      data: { needs: bytes },
    },
  );
}
