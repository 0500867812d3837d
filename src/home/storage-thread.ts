import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorFromBody, SwitchboardError } from '#core/errors';
import type { FromStorage, StorageCall, StorageCalls, ToStorage } from './storage-calls.ts';

/** The storage thread, from outside. */
export interface StorageThread {
  /** Asks for one thing. Answers come in the order of the questions. Errors: those of a home, and of the stores. */
  call<Name extends StorageCall>(
    name: Name,
    ...args: Parameters<StorageCalls[Name]>
  ): Promise<ReturnType<StorageCalls[Name]>>;
  /** Called when a thread ended other than by `close`: what is known of the database may be true no longer. */
  onLost(work: () => void): void;
  /** Waits for what was asked, then ends the thread. Idempotent. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

/** Starts nothing until first used. `faults`: see `FaultPoints.module`. */
export function createStorageThread(home: string, faults?: string): StorageThread {
  const waiting = new Map<number, Waiting>();
  const listeners: (() => void)[] = [];
  let worker: Worker | undefined;
  let ended: Promise<void> = Promise.resolve();
  let asked = 0;
  let closed = false;

  const lose = (error: SwitchboardError): void => {
    const left = [...waiting.values()];
    waiting.clear();
    worker = undefined;
    for (const work of listeners) work();
    for (const one of left) one.reject(error);
  };
  const receive = (of: Worker, message: FromStorage): void => {
    if ('opened' in message) return;
    if ('failed' in message) {
      if (worker === of) lose(errorFromBody(message.failed));
      return;
    }
    for (const answer of message) {
      const one = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('error' in answer) one?.reject(errorFromBody(answer.error));
      else one?.resolve(answer.value as never);
    }
    if (waiting.size === 0) of.unref();
  };
  const start = (): Worker => {
    const file = import.meta.filename.endsWith('.ts') ? './storage-worker.ts' : './storage-worker.js';
    const made = new Worker(new URL(file, import.meta.url), {
      env: environmentOf(),
      execArgv: [],
      workerData: { home, faults },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    ended = promise;
    made.on('message', (message: FromStorage) => receive(made, message));
    made.on('error', (error: Error) => {
      if (worker === made) lose(new SwitchboardError('internal', `the storage thread failed: ${error.message}`));
    });
    made.on('exit', () => {
      if (worker === made) lose(new SwitchboardError('internal', 'the storage thread ended'));
      resolve();
    });
    return made;
  };

  return {
    call(name, ...args) {
      if (closed) return Promise.reject(new SwitchboardError('host-closed', 'the host is closed'));
      worker ??= start();
      asked += 1;
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      waiting.set(asked, { resolve, reject });
      if (waiting.size === 1) worker.ref();
      worker.postMessage({ id: asked, call: name, args } satisfies ToStorage);
      return promise;
    },
    onLost: (work) => void listeners.push(work),
    close() {
      if (!closed) {
        closed = true;
        if (worker) {
          worker.ref();
          worker.postMessage('close' satisfies ToStorage);
        }
      }
      return ended;
    },
  };
}

/** None of the owner's variables; where compiled code is kept if this process keeps it. */
function environmentOf(): { [name: string]: string } {
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}
