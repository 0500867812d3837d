import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { errorFromBody, SwitchboardError } from '#core/errors';
import {
  awaitRing,
  type FromStorage,
  ring,
  rung,
  type StorageBell,
  storageBell,
  type StorageCall,
  type StorageCalls,
  type StorageOptions,
  type ToStorage,
} from './storage-calls.ts';

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

/** A thread that runs. */
interface Running {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly bell: StorageBell;
}

/**
 * A value that is read while the thread has nothing else to do is there sooner than this thread could sleep and wake, so
 * it stands still for it, so many milliseconds at most. Never for what waits for the disk to write.
 */
const STAND_STILL_MS = 0.1;

/** Starts nothing until first used. `faults`: see `FaultPoints.module`. */
export function createStorageThread(home: string, faults?: string): StorageThread {
  const waiting = new Map<number, Waiting>();
  const listeners: (() => void)[] = [];
  let running: Running | undefined;
  let ended: Promise<void> = Promise.resolve();
  let asked = 0;
  let closed = false;

  const lose = (error: SwitchboardError): void => {
    const left = [...waiting.values()];
    waiting.clear();
    running = undefined;
    for (const work of listeners) work();
    for (const one of left) one.reject(error);
  };
  const receive = (of: Running, message: FromStorage): void => {
    if ('opened' in message) return;
    if ('failed' in message) {
      if (running === of) lose(errorFromBody(message.failed));
      return;
    }
    for (const answer of message) {
      const one = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('error' in answer) one?.reject(errorFromBody(answer.error));
      else one?.resolve(answer.value as never);
    }
    if (waiting.size === 0) of.worker.unref();
  };
  /** What is there already. */
  const take = (of: Running): boolean => {
    const arrived = receiveMessageOnPort(of.port);
    if (arrived) receive(of, arrived.message as FromStorage);
    return arrived !== undefined;
  };
  const send = ({ port, bell }: Running, message: ToStorage): void => {
    port.postMessage(message);
    ring(bell, 'host');
  };
  const start = (): Running => {
    const file = import.meta.filename.endsWith('.ts') ? './storage-worker.ts' : './storage-worker.js';
    const { port1, port2 } = new MessageChannel();
    const bell = storageBell();
    const worker = new Worker(new URL(file, import.meta.url), {
      env: environmentOf(),
      execArgv: [],
      workerData: { port: port2, bell: bell.counts, home, faults } satisfies StorageOptions,
      transferList: [port2],
    });
    const made: Running = { worker, port: port1, bell };
    const { promise, resolve } = Promise.withResolvers<void>();
    ended = promise;
    port1.on('message', (message: FromStorage) => receive(made, message)).unref();
    const drain = (): void => {
      while (take(made));
    };
    worker.on('error', (error: Error) => {
      drain();
      if (running === made) lose(new SwitchboardError('internal', `the storage thread failed: ${error.message}`));
    });
    worker.on('exit', () => {
      drain();
      port1.close();
      if (running === made) lose(new SwitchboardError('internal', 'the storage thread ended'));
      resolve();
    });
    return made;
  };

  return {
    call(name, ...args) {
      if (closed) return Promise.reject(new SwitchboardError('host-closed', 'the host is closed'));
      running ??= start();
      const { worker, bell } = running;
      const known = rung(bell, 'thread');
      asked += 1;
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      waiting.set(asked, { resolve, reject });
      if (waiting.size === 1) worker.ref();
      send(running, { id: asked, call: name, args });
      if (name === 'kvGet' && waiting.size === 1) {
        awaitRing(bell, 'thread', known, STAND_STILL_MS);
        take(running);
      }
      return promise;
    },
    onLost: (work) => void listeners.push(work),
    close() {
      if (!closed) {
        closed = true;
        if (running) {
          running.worker.ref();
          send(running, 'close');
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
