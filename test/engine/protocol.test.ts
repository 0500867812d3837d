import { deepEqual, equal, match } from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { SwitchboardError } from '#core';
import type { Cell, CellTrace } from '#engine/cell';
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
function record(): { said: Said[]; trace: CellTrace; cell(): Cell | undefined } {
  const said: Said[] = [];
  const greetings = new Map<Cell, Said[]>();
  let loaded: Cell | undefined;
  const keep = (from: string, message: Said): void => {
    if (message['n'] !== 0) said.push({ from, ...plain(message) });
  };
  const trace: CellTrace = (from, sent, cell) => {
    const message: Said = { ...sent };
    if (!loaded && sent.t === 'load') {
      loaded = cell;
      for (const greeting of greetings.get(cell) ?? []) keep('cell', greeting);
    }
    if (loaded === cell) keep(from, message);
    else greetings.set(cell, [message]);
  };
  return { said, trace, cell: () => loaded };
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
  const { engine, call, target, stopped } = await testEngine(
    async (payload) => {
      if (payload === 'never') onAsked();
      if (payload === 'never') return new Promise(() => undefined);
      if (payload === 'refused') throw new SwitchboardError('denied', 'not to you');
      return `${String(payload)}!`;
    },
    { trace: recorded.trace },
  );
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
  recorded.cell()?.post({ t: 'ping', n: 7 });
  equal(await call(guest, 'count'), 2);
  engine.retire(() => true);
  while (stopped.length === 0) await new Promise((resolve) => setImmediate(resolve));

  const lines = recorded.said.map((message) => JSON.stringify(message));
  if (process.execArgv.includes('--test-update-snapshots')) await writeFile(TRANSCRIPT, `${lines.join('\n')}\n`);
  const golden = (await readFile(TRANSCRIPT, 'utf8')).trimEnd().split('\n');
  deepEqual(
    recorded.said,
    golden.map((line) => JSON.parse(line) as Said),
  );
});

test('[engine.protocol] a cell says its version first and refuses to be loaded in another', async () => {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./test-cell.ts', import.meta.url), {
    workerData: { port: port2 },
    transferList: [port2],
  });
  deepEqual(await once(port1, 'message'), [[{ t: 'hello', v: PROTOCOL_VERSION }]]);
  port1.postMessage([{ t: 'load', v: PROTOCOL_VERSION + 1 }]);
  const [[answer]] = (await once(port1, 'message')) as [[{ t: string; error: { code: string; message: string } }]];
  equal(answer.t, 'failed');
  equal(answer.error.code, 'engine-failed');
  match(answer.error.message, new RegExp(`protocol ${PROTOCOL_VERSION + 1} `));
  port1.postMessage([{ t: 'retire' }]);
  await once(worker, 'exit');
});
