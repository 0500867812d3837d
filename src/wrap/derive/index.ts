/** From the declarations of a library to what of it can be offered. */
import type { Derived, ResourceType, WrappedFunction } from '../model.ts';
import { createDeriver, type Deriver, type Pending } from './deriver.ts';
import { collectExports } from './exports.ts';
import { type Reading, readFunction, readResults } from './functions.ts';
import { dropUseless, resourcesIn } from './useful.ts';
import { type Compiler, openLibrary } from './program.ts';

export interface LibraryModule {
  /** As a file in the folder would import it, for reading its types. */
  readonly specifier: string;
  /** As the glue imports it. */
  readonly from: string;
  /** Before the titles of what it exports; empty for the main module. */
  readonly prefix: string;
}

export interface DeriveOptions {
  /** The folder whose `node_modules` has the library. */
  readonly dir: string;
  readonly modules: readonly LibraryModule[];
  /** Titles of the functions and classes to keep; all where absent. */
  readonly only?: readonly string[] | undefined;
}

/** Reads; nothing of the library runs. Modules without declarations are told by the types of their code, where it has any. */
export function deriveLibrary(ts: Compiler, options: DeriveOptions): Derived & { readonly untyped: readonly string[] } {
  const library = openLibrary(
    ts,
    options.dir,
    options.modules.map(({ specifier }) => specifier),
  );
  const d = createDeriver(library);
  for (const [i, module] of options.modules.entries()) {
    const symbol = library.modules[i]?.symbol;
    if (symbol !== undefined) collectExports(d, symbol, module);
  }
  const readings = readAll(d, options.only);
  const functions: WrappedFunction[] = [];
  let exported = 0;
  let crossing = 0;
  for (const reading of readings) {
    const { pending } = reading;
    if (pending.counted) exported += 1;
    const made = readFunction(d, reading);
    if (typeof made === 'string') {
      d.refusals.push({
        what: pending.title,
        place: pending.place,
        reason: made,
        loss: pending.call === 'property' ? 'part' : 'function',
      });
      continue;
    }
    if (pending.counted) crossing += 1;
    if (pending.resource === undefined) functions.push(...made);
    else pending.resource.members.push(...made);
  }
  const all = [...new Set(d.resources.values())];
  const useless = dropUseless(functions, all);
  const offered = new Set([...functions, ...all.flatMap(({ members }) => members)].map(({ title }) => title));
  for (const { fn, resource } of useless) {
    const isLost = !offered.has(fn.title);
    if (isLost && fn.counted) crossing -= 1;
    const reason = `it answers with a ${resource.name}, of which nothing can be used`;
    d.refusals.push({
      what: fn.title,
      place: fn.place,
      reason,
      loss: isLost && fn.call !== 'property' ? 'function' : 'part',
    });
  }
  const refusals = [...new Map(d.refusals.map((one) => [`${one.what} ${one.reason}`, one])).values()];
  const used = new Set(
    [...functions, ...all.flatMap(({ members }) => members)].flatMap((fn) => [
      ...resourcesIn(fn.result),
      ...fn.params.flatMap(({ shape }) => [...resourcesIn(shape)]),
    ]),
  );
  const resources = all.filter((one) => one.members.length > 0 || used.has(one));
  return {
    functions,
    resources,
    refusals,
    exported,
    crossing,
    untyped: library.modules.filter(({ typed }) => !typed).map(({ specifier }) => specifier),
  };
}

/**
 * What is returned, of all that is wanted. Reading it finds further resources; their members are read once something that
 * is wanted answers with one.
 */
function readAll(d: Deriver, only: readonly string[] | undefined): Reading[] {
  const readings: Reading[] = [];
  const reached = new Set<ResourceType>();
  const later = new Set<Pending>();
  const read = (pending: Pending): void => {
    const reading = readResults(d, pending);
    readings.push(reading);
    for (const { result } of reading.variations) for (const one of resourcesIn(result)) reached.add(one);
  };
  for (let i = 0, before = -1; i < d.pending.length || before !== readings.length; ) {
    before = readings.length;
    for (; i < d.pending.length; i += 1) {
      const pending = d.pending[i];
      if (pending === undefined) continue;
      if (only === undefined || isWanted(pending, only)) read(pending);
      else if (pending.access === undefined) later.add(pending);
    }
    for (const pending of later) {
      if (pending.resource === undefined || !reached.has(pending.resource)) continue;
      later.delete(pending);
      read(pending);
    }
  }
  return readings;
}

/** `parse`, `Parser` (with all it has) or `Parser.parse`. */
function isWanted({ title }: Pending, only: readonly string[]): boolean {
  const name = title.replace(/^.*: /, '').replace(/^new /, '').replace('.prototype.', '.');
  return only.some((one) => name === one || name.startsWith(`${one}.`) || title === one);
}
