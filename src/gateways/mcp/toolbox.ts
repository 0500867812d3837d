/** The tools of one host, kept until what is installed changes, and who is to hear of changes. */
import { toSwitchboardError } from '#core/errors';
import type { EventType, HostEvent } from '#core/events';
import type { Reuse } from '#core/limits';
import type { Narrowing } from '#core/narrowing';
import type { Host } from '#host/api';
import { effectsOf, HAS_EFFECTS } from './effects.ts';
import { buildTools, type NameTool, newestOf, type ToolTable } from './tools.ts';
import { type ToolView, viewOf } from './view.ts';

/** Installing ten components in a row is one notification. */
const DEBOUNCE_MS = 50;

export interface Toolbox {
  /** Of what it is narrowed to: the same for two boxes that offer the same. */
  readonly key: string;
  /** The tools as they are now. Cached; concurrent callers share one reading of the host's list. */
  table(): Promise<ToolView>;
  /** The same where it is at hand. */
  known(): ToolView | undefined;
  /** The same box, seen through one more narrowing. It lasts as long as this one, and its `release` does nothing. */
  narrow(narrowing: Narrowing): Toolbox;
  /** Calls back a moment after the tools changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /** Gives up one use of the box; the last one unsubscribes from the host. */
  release(): void;
}

/** Before a connection is made: what it says it can depends on what is installed. A list that cannot be read is told of later. */
export async function readTable(toolbox: Toolbox): Promise<void> {
  if (!toolbox.known()) await toolbox.table().catch(() => undefined);
}

/** One reading of the host's list, and what was made of it for each narrowing. */
interface Reading {
  readonly table: Promise<ToolTable>;
  readonly views: Map<string, Promise<ToolView>>;
}

interface SharedBox {
  readonly host: Host;
  /** The reading that holds; a change makes another. */
  readonly reading: () => Reading;
  readonly listeners: Set<() => void>;
  readonly stop: () => void;
  users: number;
}

const boxes = new WeakMap<Host, SharedBox>();

/** The box of a host: one for all its connections, unless they name tools otherwise. Every use is given up with `release()`. */
export function toolboxOf(host: Host, narrowing?: Narrowing, nameTool?: NameTool): Toolbox {
  const box = (nameTool === undefined ? boxes.get(host) : undefined) ?? createBox(host, nameTool);
  if (nameTool === undefined) boxes.set(host, box);
  box.users++;
  let released = false;
  return openBox(box, narrowing === undefined ? [] : [narrowing], () => {
    if (released) return;
    released = true;
    if (--box.users > 0) return;
    box.stop();
    if (boxes.get(host) === box) boxes.delete(host);
  });
}

function openBox(box: SharedBox, narrowings: readonly Narrowing[], release: () => void): Toolbox {
  const key = JSON.stringify(narrowings);
  let seen: Reading | undefined;
  let known: ToolView | undefined;
  return {
    key,
    async table() {
      const reading = box.reading();
      const reused = reading.views.get(key);
      const making = reused ?? reading.table.then((table) => viewOf(box.host, table, narrowings));
      reading.views.set(key, making);
      // What failed is made again the next time.
      if (!reused) making.catch(() => void reading.views.delete(key));
      const view = await making;
      [seen, known] = [reading, view];
      return view;
    },
    known: () => (seen !== undefined && box.reading() === seen ? known : undefined),
    narrow: (narrowing) => openBox(box, [...narrowings, narrowing], () => {}),
    onChange(listener) {
      const own = (): void => listener();
      box.listeners.add(own);
      return () => void box.listeners.delete(own);
    },
    release,
  };
}

function createBox(host: Host, nameTool?: NameTool): SharedBox {
  const listeners = new Set<() => void>();
  let reading: Reading | undefined;
  let timer: NodeJS.Timeout | undefined;

  const announce = (): void => {
    timer = undefined;
    for (const listener of listeners) listener();
  };
  const unsubscribe = host.subscribe((event) => {
    if (!changesTools(event)) return;
    // A reading under way may have seen the old list: later callers start a new one.
    reading = undefined;
    timer ??= setTimeout(announce, DEBOUNCE_MS).unref();
  }, TOOL_EVENTS);

  return {
    host,
    listeners,
    users: 0,
    reading() {
      if (reading) return reading;
      const mine: Reading = { table: readTools(host, nameTool), views: new Map() };
      reading = mine;
      mine.table.catch(() => {
        if (reading === mine) reading = undefined;
      });
      return mine;
    },
    stop() {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}

/**
 * Limits count because `reuse` shows in a tool's annotations and decides whether its calls go through a session; grants
 * because annotations tell what they let a tool do; profiles because connections are narrowed by them. None of these
 * events is ever dropped.
 */
const TOOL_EVENTS: readonly EventType[] = [
  'component.installed',
  'component.changed',
  'component.uninstalled',
  'limits.changed',
  'profile.changed',
  'grant.created',
  'grant.revoked',
  'grant.expired',
];

function changesTools(event: HostEvent): boolean {
  if (event.type === 'limits.changed') return Object.hasOwn(event.limits, 'reuse');
  if ('grant' in event) return HAS_EFFECTS.has(event.grant.permission.kind);
  return TOOL_EVENTS.includes(event.type);
}

async function readTools(host: Host, nameTool?: NameTool): Promise<ToolTable> {
  const all = await host.list();
  const offered = newestOf(all).map(async (installed) => {
    const [reuse, effects] = await Promise.all([reuseOf(host, installed.name), effectsOf(host, installed)]);
    return { installed, reuse, effects };
  });
  return buildTools(await Promise.all(offered), all, nameTool);
}

async function reuseOf(host: Host, name: string): Promise<Reuse> {
  try {
    return (await host.limits(name)).effective.reuse;
  } catch (error) {
    // Uninstalled since it was listed: the event about it makes this table a thing of the past.
    if (toSwitchboardError(error).code === 'component-not-found') return 'call';
    throw error;
  }
}
