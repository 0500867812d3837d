/** Builds at every save. */
import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type SwitchboardError, toSwitchboardError } from '#core/errors';
import { type Built, buildProject } from './build.ts';
import { isSourceFile, isSourceFolder } from './changed.ts';
import type { DevkitPorts } from './ports.ts';

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** After each build that succeeded; the next waits for it. */
  readonly onBuilt: (built: Built) => Promise<void>;
  readonly onFailed: (error: SwitchboardError) => void;
}

/** An editor saves in several steps, and formatters save again. */
const SETTLE_MS = 40;

/** Builds once, then after each change of a source, until the signal. What does not build is told, and the next save tried. */
export async function watchProject(folder: string, ports: DevkitPorts, options: WatchOptions): Promise<void> {
  const { signal } = options;
  let changed = Promise.withResolvers<void>();
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const notice = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => changed.resolve(), SETTLE_MS);
  };
  const follow = async (dir: string): Promise<void> => {
    if (signal.aborted || watchers.has(dir)) return;
    const entries = await readdir(dir, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined || signal.aborted) return;
    const watcher = watch(dir, (_, name) => {
      if (name === null || (isSourceFile(name) && isSourceFolder(name))) {
        notice();
        // It may be a new folder.
        if (name !== null) void follow(join(dir, name)).catch(() => undefined);
      }
    });
    watcher.on('error', () => {
      watcher.close();
      watchers.delete(dir);
    });
    watchers.set(dir, watcher);
    for (const entry of entries) {
      if (entry.isDirectory() && isSourceFolder(entry.name)) await follow(join(dir, entry.name));
    }
  };
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await follow(folder);
    while (!signal.aborted) {
      changed = Promise.withResolvers<void>();
      try {
        await options.onBuilt(await buildProject(folder, ports, { signal }));
      } catch (error) {
        if (signal.aborted) return;
        options.onFailed(toSwitchboardError(error));
      }
      await Promise.race([changed.promise, stopped]);
    }
  } finally {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  }
}
