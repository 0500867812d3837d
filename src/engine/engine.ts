/** The engine: prepares components, keeps their pools and cells, runs calls. Knows nothing of policy or gateways. */
import {
  callableFunctions,
  type ComponentDescription,
  DEFAULT_LIMITS,
  type Limits,
  type Denial,
  type LogRecord,
  type OwnDirectories,
  type PolicySnapshot,
  type Redactor,
  type ServiceSet,
  SwitchboardError,
} from '#core';
import type { ArtifactCache } from './cache.ts';
import { Cell, type CellTrace } from './cell.ts';
import { sizeCellHeaps } from './cell-heap.ts';
import { ComponentPool, type Loadable } from './component-pool.ts';
import type { AskTurn } from './cell-talk.ts';
import { compileModules } from './modules.ts';
import type { CallFigures, EngineCall } from './pending-call.ts';
import { prepareArtifact, type PreparePorts } from './prepare.ts';
import { createTranspiler } from './transpiler.ts';

export interface EngineOptions {
  readonly cache: ArtifactCache;
  /** The services that cells offer; the cell's entry hands the same set to `startCell`. */
  readonly services: Pick<ServiceSet, 'suspending' | 'suspendingWith' | 'borrowing' | 'version'>;
  /** Module that a cell's thread runs. */
  readonly cellEntry: URL;
  /** Cells of all components together. */
  readonly maxCells?: number;
  /** Idle time after which a cell that holds no state is ended, ms. */
  readonly idleMs?: number;
  /** Blank cells kept ready once the engine is in use. */
  readonly blankCells?: number;
  readonly onLog: (record: LogRecord) => void;
  readonly onCell: (type: 'cell.started' | 'cell.stopped', cell: number, component: string, reason: string) => void;
  /** For the services of every cell, see `ServiceEnv`. */
  readonly nameServers?: readonly string[] | undefined;
  /** For the services of every cell, see `ServiceEnv`. */
  readonly fakeNetwork?: number | undefined;
  /** The same; asked when a component is first used. */
  readonly own?: () => OwnDirectories | undefined;
  /** For those who look into the protocol: told every message. */
  readonly trace?: CellTrace;
  /** For what a component says, if there is anything to be kept out of it. */
  readonly redactor: (component: string) => Redactor | undefined;
  /** An access of the call was refused. */
  readonly onDenied: (request: EngineCall, denial: Denial) => void;
  /** Answers services that ask the host. */
  readonly ask: (request: EngineCall, service: string, payload: unknown, turn: AskTurn) => Promise<unknown>;
}

/** What is called: an installed component with its limits. `key` is unique to name, version, digest and policy. */
export interface Target {
  readonly key: string;
  readonly component: string;
  readonly description: ComponentDescription;
  readonly limits: Limits;
  /** What its instances are granted. Part of `key`. */
  readonly policy: PolicySnapshot;
  readonly bytes: () => Promise<Uint8Array>;
}

export interface EngineStats {
  readonly cells: number;
  readonly running: number;
  readonly waiting: number;
}

export interface Engine {
  /** Transpiles into the cache unless it is there. Runs none of the component. */
  prepare(description: ComponentDescription, bytes: () => Promise<Uint8Array>, signal?: AbortSignal): Promise<void>;
  /** Runs one call. `figures` is filled in whatever the outcome. */
  call(target: Target, request: EngineCall, figures: CallFigures): Promise<unknown>;
  closeSession(session: string): void;
  /** Retires the cells of every target whose key is in `keys`; the next call starts anew. */
  retire(matches: (key: string) => boolean): void;
  /** Like `retire`, at once: calls under way fail with the error, files and connections are closed. */
  cut(matches: (key: string) => boolean, error: SwitchboardError): void;
  /** Whether calls of the target with that key run, or its cells are kept for the next. */
  readonly isUsed: (key: string) => boolean;
  /** Starts a blank cell ahead of the first call. */
  warm(): void;
  stats(): EngineStats;
  /** Ends every call with `host-closed` and every thread. */
  close(): Promise<void>;
}

const SWEEP_MS = 500;
const BLANK_REFILL_MS = 150;
const MiB = 1024 * 1024;
const BLANK_RESOURCES = { heap: 512, stack: DEFAULT_LIMITS.stack / MiB };

/** Starts nothing until used. */
export function createEngine(options: EngineOptions): Engine {
  const { maxCells = 32, idleMs = 30_000, blankCells = 1 } = options;
  sizeCellHeaps();
  const transpiler = createTranspiler();
  const pools = new Map<string, ComponentPool>();
  const retiring = new Set<ComponentPool>();
  const owners = new Map<Cell, string>();
  const blanks: Cell[] = [];
  const preparing = new Map<string, Promise<unknown>>();
  let refill: NodeJS.Timeout | undefined;
  let sweeper: NodeJS.Timeout | undefined;
  let closed = false;
  const ports: PreparePorts = { cache: options.cache, transpiler, services: options.services };

  const blank = (): void => {
    if (!closed && blanks.length < blankCells) blanks.push(new Cell(options.cellEntry, BLANK_RESOURCES, options.trace));
  };

  const takeCell = (component: string, limits: Limits): Cell => {
    if (closed) throw new SwitchboardError('host-closed', 'the host is stopping');
    if (owners.size >= maxCells) parkOne();
    const wanted = {
      heap: Math.max(BLANK_RESOURCES.heap, 128 + limits.instances),
      stack: Math.max(1, Math.ceil(limits.stack / MiB)),
    };
    const fits = wanted.heap === BLANK_RESOURCES.heap && wanted.stack === BLANK_RESOURCES.stack;
    const cell = (fits ? blanks.shift() : undefined) ?? new Cell(options.cellEntry, wanted, options.trace);
    owners.set(cell, component);
    // Not at once: the new cell's first call would share the machine with the blank one's start.
    refill ??= setTimeout(() => {
      refill = undefined;
      blank();
    }, BLANK_REFILL_MS).unref();
    return cell;
  };

  /** Makes room below the bound on cells by ending the one idle longest. */
  const parkOne = (): void => {
    let oldest: { pool: ComponentPool; cell: Cell } | undefined;
    for (const pool of pools.values()) {
      for (const cell of pool.cells) {
        if (pool.isParkable(cell) && (!oldest || cell.idleSince < oldest.cell.idleSince)) oldest = { pool, cell };
      }
    }
    if (!oldest) throw new SwitchboardError('busy', `all ${maxCells} cells are in use`);
    owners.delete(oldest.cell);
    oldest.pool.park(oldest.cell);
  };

  const sweep = (): void => {
    for (const pool of pools.values()) pool.sweep(performance.now() - idleMs);
    for (const pool of retiring) {
      pool.sweep(Number.NEGATIVE_INFINITY);
      if (pool.cells.size === 0 && pool.running + pool.waiting === 0) retiring.delete(pool);
    }
  };

  const load = async (target: Target, onCompile: () => void): Promise<Loadable> => {
    const artifact = await prepareArtifact(ports, target.description, target.bytes, undefined, onCompile);
    const modules = await compileModules(artifact, target.limits);
    const { types } = target.description;
    const own = options.own?.();
    return {
      code: artifact.code,
      modules,
      types,
      functions: callable(target.description),
      suspends: artifact.suspends,
      ...(options.nameServers === undefined ? {} : { nameServers: options.nameServers }),
      ...(options.fakeNetwork === undefined ? {} : { fakeNetwork: options.fakeNetwork }),
      ...(own === undefined ? {} : { own }),
    };
  };

  const poolOf = (target: Target): ComponentPool => {
    const known = pools.get(target.key);
    if (known) return known;
    let loaded: Promise<Loadable> | undefined;
    const loadOnce = (onCompile: () => void): Promise<Loadable> => {
      loaded ??= load(target, onCompile).catch((error: unknown) => {
        loaded = undefined;
        throw error;
      });
      return loaded;
    };
    const pool = new ComponentPool(target, loadOnce, {
      cell: (limits) => takeCell(target.component, limits),
      started: (cell) => options.onCell('cell.started', cell.id, target.component, 'called'),
      lost: (cell, reason) => {
        owners.delete(cell);
        options.onCell('cell.stopped', cell.id, target.component, reason);
      },
      log: options.onLog,
      ask: options.ask,
      denied: options.onDenied,
      redactor: options.redactor,
    });
    pools.set(target.key, pool);
    return pool;
  };

  return {
    async prepare(description, bytes, signal) {
      // One at a time of the same bytes; the next finds the first one's in the cache.
      const { digest } = description;
      const before = preparing.get(digest) ?? Promise.resolve();
      const one = before.then(() => prepareArtifact(ports, description, bytes, signal));
      const settled = one.then(
        () => undefined,
        () => undefined,
      );
      preparing.set(digest, settled);
      try {
        await one;
      } finally {
        if (preparing.get(digest) === settled) preparing.delete(digest);
      }
    },
    call(target, request, figures) {
      if (closed) return Promise.reject(new SwitchboardError('host-closed', 'the host is stopping'));
      sweeper ??= setInterval(sweep, SWEEP_MS).unref();
      return poolOf(target).call(request, figures);
    },
    closeSession(session) {
      for (const pool of pools.values()) pool.closeSession(session);
    },
    retire(matches) {
      for (const [key, pool] of pools) {
        if (!matches(key)) continue;
        pools.delete(key);
        retiring.add(pool);
        pool.retire();
      }
    },
    cut(matches, error) {
      for (const pool of retiring) if (matches(pool.key)) pool.cut(error);
      for (const [key, pool] of pools) {
        if (!matches(key)) continue;
        pools.delete(key);
        retiring.add(pool);
        pool.cut(error);
      }
    },
    isUsed(key) {
      if (pools.has(key)) return true;
      for (const pool of retiring) if (pool.key === key && (pool.cells.size > 0 || pool.waiting > 0)) return true;
      return false;
    },
    warm: blank,
    stats() {
      const all = [...pools.values(), ...retiring];
      return {
        cells: owners.size,
        running: all.reduce((sum, pool) => sum + pool.running, 0),
        waiting: all.reduce((sum, pool) => sum + pool.waiting, 0),
      };
    },
    async close() {
      closed = true;
      clearInterval(sweeper);
      clearTimeout(refill);
      const stopped = new SwitchboardError('host-closed', 'the host stopped');
      await Promise.all([
        transpiler.close(),
        ...blanks.splice(0).map((cell) => cell.terminate()),
        ...[...pools.values(), ...retiring].map((pool) => pool.close(stopped)),
      ]);
      pools.clear();
    },
  };
}

/**
 * In the order of `description.functions`: calls name a function by its index. By id, because what counts as callable
 * may have changed since the description was stored: a call must never reach another function than was named.
 */
function callable({ types, functions }: ComponentDescription): Loadable['functions'] {
  const byId = new Map(callableFunctions(types, () => false).map((c) => [c.id, c.fn]));
  return functions.map(({ id }) => {
    const fn = byId.get(id);
    if (fn) return fn;
    throw new SwitchboardError('engine-failed', `${id} is no longer callable; install the component again`);
  });
}
