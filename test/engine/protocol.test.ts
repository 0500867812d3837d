import { deepEqual, equal, match } from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SwitchboardError } from '#core';
import { PROTOCOL_VERSION } from '#engine/protocol';
import { codeOf } from './host.ts';
import { GUEST, testEngine, toolsComponent } from './test-engine.ts';

/**
 * What host and cell say to each other in one scripted life of a cell. To write it anew after a change of the
 * protocol that is meant: `node --test-update-snapshots --test test/engine/protocol.test.ts`.
 */
const TRANSCRIPT = new URL('./transcript.jsonl', import.meta.url);

type Said = { readonly [field: string]: unknown };

/** Records both directions of the one cell that is loaded. Heartbeats come when they come, and are left out. */
function record(): { said: Said[]; ended: Promise<unknown>; post(message: Said): void } {
  const said: Said[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  let loaded: Worker | undefined;
  const keep = (from: 'host' | 'cell', batch: readonly Said[]): void => {
    for (const message of batch) {
      if (message['n'] !== 0) said.push({ from, ...plain(message) });
    }
  };
  process.on('worker', (worker: Worker) => {
    const hello: Said[] = [];
    worker.on('message', (batch: Said[]) => {
      // The transpiler's worker sends no batches.
      if (loaded === worker) keep('cell', batch);
      else if (Array.isArray(batch)) hello.push(...batch);
    });
    const post = worker.postMessage.bind(worker) as (batch: readonly Said[]) => void;
    worker.postMessage = (batch: readonly Said[]): void => {
      if (!loaded && batch[0]?.['t'] === 'load') {
        loaded = worker;
        worker.on('exit', resolve);
        keep('cell', hello);
      }
      if (loaded === worker) keep('host', batch);
      post(batch);
    };
  });
  return { said, ended, post: (message) => loaded?.postMessage([message]) };
}

const firstIds = new Map<string, number>();

/** Code, types and buffers by a word, times as 0, ids by what they count from. */
function plain(message: Said): Said {
  const relative = (kind: string, id: number): number => {
    if (!firstIds.has(kind)) firstIds.set(kind, id);
    return id - (firstIds.get(kind) ?? 0);
  };
  return JSON.parse(
    JSON.stringify(message, (key, value: unknown) => {
      if (key === 'code' && typeof value === 'string' && value.length > 100) return 'code';
      if (key === 'modules') return Object.keys(value as object);
      if (key === 'types' || key === 'control') return key;
      if (key === 'functions') return (value as { name: string }[]).map((fn) => fn.name);
      if (key === 'at' || key === 'runMs') return 0;
      if (key === 'id' && typeof value === 'number') return relative('call', value);
      return value;
    }),
  ) as Said;
}

test('[engine.protocol] the golden transcript: load, call, log, ask, answer, result, cancel, session, ping, retire', async () => {
  const recorded = record();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { engine, call, target } = await testEngine(async (payload) => {
    if (payload === 'never') onAsked();
    if (payload === 'never') return new Promise(() => undefined);
    if (payload === 'refused') throw new SwitchboardError('denied', 'not to you');
    return `${String(payload)}!`;
  });
  const guest = target(await toolsComponent(GUEST.exports, GUEST.body), { instances: 2, cells: 1 });
  equal(await call(guest, 'say', ['hello']), 'hello!');
  equal(await call(guest, 'count'), 1);
  equal(await codeOf(call(guest, 'say', ['refused'])), 'denied');
  equal(await codeOf(call(guest, 'say', [5])), 'invalid-arguments');
  const controller = new AbortController();
  const cancelled = codeOf(call(guest, 'say', ['never'], { signal: controller.signal }));
  await asked;
  controller.abort();
  equal(await cancelled, 'cancelled');
  while (!recorded.said.some((message) => message['t'] === 'event'))
    await new Promise((resolve) => setImmediate(resolve));
  equal(await call(guest, 'say', ['in a session'], { session: 's1' }), 'in a session!');
  engine.closeSession('s1');
  recorded.post({ t: 'ping', n: 7 });
  equal(await call(guest, 'count'), 2);
  engine.retire(() => true);
  await recorded.ended;

  const lines = recorded.said.map((message) => JSON.stringify(message));
  if (process.execArgv.includes('--test-update-snapshots')) await writeFile(TRANSCRIPT, `${lines.join('\n')}\n`);
  const golden = (await readFile(TRANSCRIPT, 'utf8')).trimEnd().split('\n');
  deepEqual(
    recorded.said,
    golden.map((line) => JSON.parse(line) as Said),
  );
});

test('[engine.protocol] a cell says its version first and refuses to be loaded in another', async () => {
  const worker = new Worker(new URL('./test-cell.ts', import.meta.url));
  deepEqual(await once(worker, 'message'), [[{ t: 'hello', v: PROTOCOL_VERSION }]]);
  worker.postMessage([{ t: 'load', v: PROTOCOL_VERSION + 1 }]);
  const [[answer]] = (await once(worker, 'message')) as [[{ t: string; error: { code: string; message: string } }]];
  equal(answer.t, 'failed');
  equal(answer.error.code, 'engine-failed');
  match(answer.error.message, /protocol 2/);
  worker.postMessage([{ t: 'retire' }]);
  await once(worker, 'exit');
});
