import {
  type ComponentStore,
  DEFAULT_LIMITS,
  type DescribedFunction,
  findFunction,
  formatReference,
  type InstalledComponent,
  NO_PERMISSIONS,
  parseReference,
  printable,
  SwitchboardError,
} from '#core';
import type { Target } from '#engine';

/** An installed component, ready to be called. */
export interface CatalogEntry {
  readonly installed: InstalledComponent;
  /** `ns:name@version`. */
  readonly reference: string;
  readonly target: Target;
  /** The function a caller named, and its index. */
  find(name: string): { readonly index: number; readonly described: DescribedFunction };
}

/** What is installed, kept in memory: a call reads no database. */
export interface Catalog {
  /** Errors: `invalid-reference`, `component-not-found`. */
  entry(reference: string): Promise<CatalogEntry>;
  /** The same where it is known already, without a wait: a quick call has few to spare. */
  known(reference: string): CatalogEntry | undefined;
  /**
   * The same, and nothing changed while it was read: what the caller does with it before it next waits, it does with
   * the limits that apply. Else a call that overlaps a change would start cells with limits that no longer do.
   */
  current(reference: string): Promise<CatalogEntry>;
  /** Forgets everything it kept; called after every change. */
  refresh(): void;
}

/** Reads through to the store. */
export function createCatalog(store: ComponentStore): Catalog {
  let entries = new Map<string, Promise<CatalogEntry>>();
  let known = new Map<string, CatalogEntry>();

  const load = async (text: string): Promise<CatalogEntry> => {
    const installed = await store.get(parseReference(text));
    if (!installed) throw await notFound(store, text);
    const limits = { ...DEFAULT_LIMITS, ...(await store.limits(installed.name)) };
    const { description } = installed;
    const reference = formatReference(installed);
    const target: Target = {
      key: `${reference} ${description.digest}`,
      component: reference,
      description,
      limits,
      policy: NO_PERMISSIONS,
      bytes: () => store.bytes(description.digest),
    };
    return { installed, reference, target, find: functionFinder(description.functions) };
  };

  const entry = (text: string): Promise<CatalogEntry> => {
    const loaded = entries.get(text);
    if (loaded) return loaded;
    const loading = load(text);
    const [current, kept] = [entries, known];
    current.set(text, loading);
    loading.then(
      (found) => kept.set(text, found),
      () => current.delete(text),
    );
    return loading;
  };

  return {
    entry,
    known: (text) => known.get(text),
    async current(text) {
      for (;;) {
        const before = entries;
        const found = await entry(text);
        if (before === entries) return found;
      }
    },
    refresh() {
      entries = new Map();
      known = new Map();
    },
  };
}

function functionFinder(functions: readonly DescribedFunction[]): CatalogEntry['find'] {
  const found = new Map<string, { index: number; described: DescribedFunction }>();
  return (name) => {
    const known = found.get(name);
    if (known) return known;
    const described = findFunction(functions, name);
    const entry = { index: functions.indexOf(described), described };
    found.set(name, entry);
    return entry;
  };
}

async function notFound(store: ComponentStore, text: string): Promise<SwitchboardError> {
  const { name } = parseReference(text);
  const versions = (await store.list()).filter((c) => c.name === name).map((c) => c.version);
  const message =
    versions.length > 0
      ? `${printable(text)} is not installed; installed versions of ${name}: ${versions.join(', ')}`
      : `${printable(text)} is not installed`;
  return new SwitchboardError('component-not-found', message, { fix: `switchboard install <file.wasm> --as ${text}` });
}
