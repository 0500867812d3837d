/** The tools of one host, kept until what is installed changes, and who is to hear of changes. */
import { toSwitchboardError } from '#core/errors';
import type { EventType, HostEvent } from '#core/events';
import type { Reuse } from '#core/limits';
import type { Host } from '#host/api';
import { buildTools, type NameTool, newestOf, type ToolTable } from './tools.ts';

/** Installing ten components in a row is one notification. */
const DEBOUNCE_MS = 50;

export interface Toolbox {
  /** The tools as they are now. Cached; concurrent callers share one reading of the host's list. */
  table(): Promise<ToolTable>;
  /** The same where it is at hand. */
  known(): ToolTable | undefined;
  /** Calls back a moment after the tools changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /** Gives up one use of the box; the last one unsubscribes from the host. */
  release(): void;
}

interface SharedBox {
  readonly table: () => Promise<ToolTable>;
  readonly known: () => ToolTable | undefined;
  readonly listeners: Set<() => void>;
  readonly stop: () => void;
  users: number;
}

const boxes = new WeakMap<Host, SharedBox>();

/** The box of a host: one for all its connections, unless they name tools otherwise. Every use is given up with `release()`. */
export function toolboxOf(host: Host, nameTool?: NameTool): Toolbox {
  const box = (nameTool === undefined ? boxes.get(host) : undefined) ?? createBox(host, nameTool);
  if (nameTool === undefined) boxes.set(host, box);
  box.users++;
  let released = false;
  return {
    table: box.table,
    known: box.known,
    onChange(listener) {
      const own = (): void => listener();
      box.listeners.add(own);
      return () => void box.listeners.delete(own);
    },
    release() {
      if (released) return;
      released = true;
      if (--box.users > 0) return;
      box.stop();
      if (boxes.get(host) === box) boxes.delete(host);
    },
  };
}

function createBox(host: Host, nameTool?: NameTool): SharedBox {
  const listeners = new Set<() => void>();
  let reading: Promise<ToolTable> | undefined;
  let known: ToolTable | undefined;
  let timer: NodeJS.Timeout | undefined;

  const announce = (): void => {
    timer = undefined;
    for (const listener of listeners) listener();
  };
  const unsubscribe = host.subscribe((event) => {
    if (!changesTools(event)) return;
    // A reading under way may have seen the old list: later callers start a new one.
    reading = undefined;
    known = undefined;
    timer ??= setTimeout(announce, DEBOUNCE_MS).unref();
  }, TOOL_EVENTS);

  return {
    listeners,
    users: 0,
    known: () => known,
    table() {
      if (reading) return reading;
      const mine = readTools(host, nameTool);
      reading = mine;
      mine.then(
        (table) => {
          if (reading === mine) known = table;
        },
        () => {
          if (reading === mine) reading = undefined;
        },
      );
      return mine;
    },
    stop() {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}

/**
 * Limits count because `reuse` shows in a tool's annotations and decides whether its calls go
 * through a session. None of these events is ever dropped.
 */
const TOOL_EVENTS: readonly EventType[] = [
  'component.installed',
  'component.changed',
  'component.uninstalled',
  'limits.changed',
];

function changesTools(event: HostEvent): boolean {
  if (event.type === 'limits.changed') return Object.hasOwn(event.limits, 'reuse');
  return TOOL_EVENTS.includes(event.type);
}

async function readTools(host: Host, nameTool?: NameTool): Promise<ToolTable> {
  const newest = newestOf(await host.list());
  const reuse = await Promise.all(newest.map((component) => reuseOf(host, component.name)));
  return buildTools(
    newest.map((installed, i) => ({ installed, reuse: reuse[i] ?? 'call' })),
    nameTool,
  );
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
