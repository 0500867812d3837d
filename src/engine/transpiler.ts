import { Worker } from 'node:worker_threads';
import { type ErrorBody, errorFromBody, SwitchboardError } from '#core';
import type { Artifact } from './artifact.ts';
import type { TranspileOptions } from './transpile.ts';
import { workerEnv } from './worker-env.ts';

/** Transpiles one component after another in a worker of its own, so that nobody else's call waits for it. */
export interface Transpiler {
  /** Errors: `invalid-component`, `engine-failed` (it ran out of time or memory), `cancelled`. */
  transpile(bytes: Uint8Array, options: TranspileOptions, signal?: AbortSignal): Promise<Artifact>;
  close(): Promise<void>;
}

const LONGEST_MS = 120_000;
const IDLE_MS = 10_000;

/** Starts nothing until first used; the worker ends after 10 s without work. */
export function createTranspiler(): Transpiler {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  const stop = async (): Promise<void> => {
    clearTimeout(idle);
    const stopping = worker;
    worker = undefined;
    await stopping?.terminate();
  };

  const run = async (bytes: Uint8Array, options: TranspileOptions, signal?: AbortSignal): Promise<Artifact> => {
    if (closed) throw new SwitchboardError('host-closed', 'the host is stopping');
    if (signal?.aborted) throw new SwitchboardError('cancelled', 'preparing the component was cancelled');
    clearTimeout(idle);
    worker ??= startWorker();
    try {
      return await request(worker, bytes, options, signal);
    } catch (error) {
      // jco is a component itself: one that trapped over a stranger's bytes traps at everybody's from then on.
      await stop();
      throw error;
    } finally {
      if (!closed) idle = setTimeout(() => void stop(), IDLE_MS).unref();
    }
  };

  return {
    transpile(bytes, options, signal) {
      const mine = turn.then(() => run(bytes, options, signal));
      turn = mine.catch(() => undefined);
      return mine;
    },
    close() {
      closed = true;
      return stop();
    },
  };
}

function startWorker(): Worker {
  const file = import.meta.filename.endsWith('.ts') ? './transpile-worker.ts' : './transpile-worker.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    env: workerEnv(),
    execArgv: [],
    // jco writes its panics there; what matters of them is in the error.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  worker.unref();
  return worker;
}

function request(
  worker: Worker,
  bytes: Uint8Array,
  options: TranspileOptions,
  signal?: AbortSignal,
): Promise<Artifact> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      worker.unref();
      act();
    };
    const fail = (code: 'engine-failed' | 'cancelled', why: string): void =>
      finish(() => reject(new SwitchboardError(code, why)));
    const onMessage = (answer: { artifact?: Artifact; error?: ErrorBody }): void =>
      finish(() => (answer.artifact ? resolve(answer.artifact) : reject(errorFromBody(answer.error ?? {}))));
    const onError = (error: Error): void => fail('engine-failed', `preparing the component failed: ${error.message}`);
    const onExit = (): void => fail('engine-failed', 'preparing the component ended early');
    const onAbort = (): void => fail('cancelled', 'preparing the component was cancelled');
    const timer = setTimeout(() => fail('engine-failed', 'preparing the component took too long'), LONGEST_MS);
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.ref();
    worker.postMessage({ bytes, options });
  });
}
