import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceEnv } from '#core';
import { OutputStream } from '../io/streams.ts';
import { Scope } from '../scope.ts';
import { Failed } from './failures.ts';
import { BodyPipe } from './outgoing-body.ts';

function open() {
  const env = { refund: () => undefined, signal: () => new AbortController().signal } as unknown as ServiceEnv;
  const scope = new Scope(env);
  const pipe = new BodyPipe(scope, undefined);
  return { pipe, streams: [new OutputStream(scope, pipe.sink), new OutputStream(scope, pipe.sink)] };
}

test('[http.wasi] who waits for room is woken when there is some, and by less of it not', async () => {
  const { pipe, streams } = open();
  const reader = pipe[Symbol.asyncIterator]();
  const [stream] = streams;
  stream?.write(new Uint8Array(1));
  for (let i = 0; i < 7; i += 1) stream?.write(new Uint8Array(40_000));
  equal(stream?.checkWrite(), 0n);
  let written = 0;
  const waiting = streams.map(async (each) => {
    await each.blockingWriteAndFlush(new Uint8Array(4096));
    written += 1;
  });
  for (const [length, done] of [
    [1, 0],
    [40_000, 2],
  ] as const) {
    equal((await reader.next()).value?.length, length);
    await new Promise((resolve) => setImmediate(resolve));
    equal(written, done);
  }
  await Promise.all(waiting);
});

test('[http.wasi] who waits for room of a request that fails is told why', async () => {
  const { pipe, streams } = open();
  for (let i = 0; i < 7; i += 1) streams[0]?.write(new Uint8Array(40_000));
  const waiting = streams.map((each) =>
    rejects(Promise.resolve(each.blockingWriteAndFlush(new Uint8Array(1))), ({ payload }: { payload: unknown }) => {
      const { tag, val } = payload as { tag: string; val: { code: unknown } };
      deepEqual([tag, val.code], ['last-operation-failed', { tag: 'connection-refused' }]);
      return true;
    }),
  );
  pipe.break(new Failed({ tag: 'connection-refused' }));
  await Promise.all(waiting);
});
