import { Worker } from 'node:worker_threads';

/** A worker that echoes, without anything of Switchboard: the floor of every call into another thread. */
export interface BareEcho {
  /** Resolves when the worker has sent the value back. Answers come in the order of the questions. */
  echo(value: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export function createBareEcho(): BareEcho {
  const worker = new Worker(new URL('./fixtures/echo-worker.ts', import.meta.url));
  const waiting: ((value: unknown) => void)[] = [];
  let next = 0;
  worker.on('message', (value: unknown) => {
    const resolve = waiting[next];
    next += 1;
    if (next === waiting.length) {
      waiting.length = 0;
      next = 0;
    }
    resolve?.(value);
  });
  return {
    echo(value) {
      return new Promise((resolve) => {
        waiting.push(resolve);
        worker.postMessage(value);
      });
    },
    async close() {
      await worker.terminate();
    },
  };
}
