/** Builds at every save. */
import { type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { errnoOf, SwitchboardError, toSwitchboardError } from '#core/errors';
import { printable } from '#core/reference';
import { type Built, buildProject } from './build.ts';
import { isSourceFile, isSourceFolder } from './changed.ts';
import type { DevkitPorts } from './ports.ts';

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** As when building once. */
  readonly include?: readonly string[] | undefined;
  /** After each build that succeeded; the next waits for it. */
  readonly onBuilt: (built: Built) => Promise<void>;
  readonly onFailed: (error: SwitchboardError) => void;
}

/** An editor saves in several steps, and formatters save again. */
const SETTLE_MS = 40;

/** Builds once, then after each change of a source, until the signal. What does not build is told, and the next save tried. */
export async function watchProject(folder: string, ports: DevkitPorts, options: WatchOptions): Promise<void> {
  const { signal, include } = options;
  const root = resolve(folder);
  let changed = Promise.withResolvers<void>();
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const notice = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => changed.resolve(), SETTLE_MS);
  };
  const leave = (dir: string): void => {
    for (const [path, watcher] of watchers) {
      if (path !== dir && !path.startsWith(`${dir}${sep}`)) continue;
      watcher.close();
      watchers.delete(path);
    }
  };
  const isSource = (dir: string, name: string): boolean => isSourceFile(name) && isSourceFolder(name, dir === root);
  const follow = (dir: string): void => {
    if (signal.aborted || !(dir === root || isFolder(dir))) return;
    try {
      // Before it is read: what comes after is told.
      const watcher = watch(dir, (event, name) => {
        if (name === null) return notice();
        if (!isSource(dir, name)) return;
        notice();
        if (event === 'rename') renamed(join(dir, name));
      });
      watchers.set(dir, watcher);
      watcher.on('error', () => leave(dir));
      for (const entry of readdirSync(dir, { withFileTypes: true })) {
        if (entry.isDirectory() && isSource(dir, entry.name)) follow(join(dir, entry.name));
      }
    } catch (cause) {
      leave(dir);
      // It went while it was looked at, which is told where it lay.
      if (errnoOf(cause) !== 'ENOENT') throw unwatched(dir, cause);
    }
  };
  // It is new, gone, or gone and there again: then what watched it watches nothing any more.
  const renamed = (path: string): void => {
    leave(path);
    try {
      follow(path);
    } catch (error) {
      options.onFailed(toSwitchboardError(error));
    }
  };
  const above = watchName(dirname(root), basename(root), () => {
    notice();
    renamed(root);
  });
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    follow(root);
    while (!signal.aborted) {
      changed = Promise.withResolvers<void>();
      try {
        await options.onBuilt(await buildProject(folder, ports, { signal, include }));
      } catch (error) {
        if (signal.aborted) return;
        options.onFailed(toSwitchboardError(error));
      }
      await Promise.race([changed.promise, stopped]);
    }
  } finally {
    clearTimeout(timer);
    above?.close();
    for (const watcher of watchers.values()) watcher.close();
  }
}

/** Links to folders are not followed: their files are saved elsewhere. */
const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Tells when that name comes or goes in a folder. Who may not watch the folder is not told. */
function watchName(dir: string, wanted: string, onRenamed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dir, (event, name) => {
      if (name === wanted && event === 'rename') onRenamed();
    });
    return watcher.on('error', () => watcher.close());
  } catch {
    return undefined;
  }
}

function unwatched(dir: string, cause: unknown): SwitchboardError {
  const errno = errnoOf(cause);
  return new SwitchboardError(
    'file-unreadable',
    `cannot watch ${printable(dir, 1_000)}: ${String(errno ?? cause)}`,
    errno === 'ENOSPC' ? { fix: 'raise fs.inotify.max_user_watches: too many folders are watched', cause } : { cause },
  );
}
