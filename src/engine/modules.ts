import { type Limits, SwitchboardError } from '#core';
import { type CoreExtent, scanModule } from '#wit/core-module';
import { rewriteLimits } from '#wit/limits';
import { Reader } from '#wit/reader';
import type { Artifact } from './artifact.ts';

const PAGE = 65_536;

/**
 * Compiles an artifact's core modules with the limits written into them, so that the engine's own checks enforce
 * them. The budget is one instance's: modules that do not grow take theirs first, the rest share what is left.
 * Errors: `memory-limit` and `table-limit` (the component needs more to start), `unsupported-component`.
 */
export async function compileModules(
  artifact: Artifact,
  limits: Limits,
): Promise<{ [name: string]: WebAssembly.Module }> {
  const parts = artifact.modules.map((module) => {
    const { memories, tables, onlyFunctionTypes } = scanModule(new Reader(module.bytes));
    if (!onlyFunctionTypes) {
      throw new SwitchboardError(
        'unsupported-component',
        'the component uses WebAssembly GC types, whose memory no limit bounds',
      );
    }
    return { module, memories: memories.filter(isOwn).map(extent), tables: tables.filter(isOwn).map(extent) };
  });
  const memory = share(
    Math.floor(limits.memory / PAGE),
    parts.flatMap((p) => p.memories.flatMap((m) => Array.from({ length: p.module.instances }, () => m))),
  );
  const table = share(
    limits.table,
    parts.flatMap((p) => p.tables.flatMap((t) => Array.from({ length: p.module.instances }, () => t))),
  );
  const compiled = await Promise.all(
    parts.map(async ({ module, memories, tables }) => {
      const cap = {
        memoryPages: memory.cap(Math.max(0, ...memories.map((m) => m.min))),
        tableElements: table.cap(Math.max(0, ...tables.map((t) => t.min))),
      };
      const bytes = rewriteLimits(module.bytes, cap);
      return [module.name, await WebAssembly.compile(bytes)] as const;
    }),
  ).catch((thrown: unknown) => {
    if (thrown instanceof SwitchboardError) throw thrown;
    throw new SwitchboardError('invalid-component', `a core module does not compile: ${String(thrown)}`, {
      cause: thrown,
    });
  });
  return Object.fromEntries(compiled);
}

interface Extent {
  readonly min: number;
  readonly max: number | undefined;
}

const isOwn = (found: CoreExtent): boolean => !found.imported;

function extent({ min, max }: CoreExtent): Extent {
  return { min: Number(min), max: max === undefined ? undefined : Number(max) };
}

/** Splits `budget` over extents: each gets its minimum, growing ones an equal part of what is left. */
function share(budget: number, extents: readonly Extent[]): { cap(min: number): number } {
  const needed = extents.reduce((sum, e) => sum + e.min, 0);
  const growing = extents.filter((e) => e.max === undefined || e.max > e.min).length;
  const extra = growing === 0 ? 0 : Math.floor((budget - needed) / growing);
  // Over budget already: the whole budget as the cap makes the rewriting name what is needed.
  return { cap: (min) => (needed > budget ? Math.max(0, budget - (needed - min)) : min + extra) };
}
