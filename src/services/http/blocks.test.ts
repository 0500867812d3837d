import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceEnv } from '#core/services';
import { Scope } from '../scope.ts';
import { Blocks } from './blocks.ts';
import { BodyPipe } from './outgoing-body.ts';

test('[http.wasi] pieces of any size leave in order, from blocks that are used again', () => {
  const blocks = new Blocks();
  const memory = new Set<ArrayBufferLike>();
  let written = 0;
  let read = 0;
  const random = (most: number): number => (written * 7919 + read * 104_729) % most;
  for (let round = 0; round < 150; round += 1) {
    for (let pieces = random(20); pieces >= 0; pieces -= 1) {
      const piece = new Uint8Array(random(round % 50 === 0 ? 100_000 : 9000) + 1);
      for (let i = 0; i < piece.length; i += 1) piece[i] = (written + i) % 251;
      blocks.add(piece);
      written += piece.length;
      piece.fill(255);
    }
    const taken: Uint8Array[] = [];
    for (let chunks = random(5); chunks >= 0; chunks -= 1) {
      const chunk = blocks.take();
      if (chunk) taken.push(chunk);
    }
    // Looked at as late as the network may: when more has been written.
    blocks.add(Uint8Array.of(written % 251));
    written += 1;
    for (const chunk of taken) {
      ok(chunk.every((byte, i) => byte === (read + i) % 251));
      read += chunk.length;
      if (chunk.length < 32_768) memory.add(chunk.buffer);
    }
    equal(blocks.length, written - read);
    blocks.sent();
    while (blocks.length > 300_000) {
      const chunk = blocks.take() ?? new Uint8Array();
      ok(chunk.every((byte, i) => byte === (read + i) % 251));
      read += chunk.length;
    }
  }
  ok(memory.size < 200, `${memory.size} blocks for ${written} bytes`);
});

test('[http.wasi] what has left is written over, what has not is not', () => {
  const blocks = new Blocks();
  blocks.add(Uint8Array.of(1, 2));
  const first = blocks.take() ?? new Uint8Array();
  blocks.add(Uint8Array.of(3));
  deepEqual([...first], [1, 2]);
  const second = blocks.take() ?? new Uint8Array();
  deepEqual([...second], [3]);
  equal(blocks.take(), undefined);
  blocks.sent();
  blocks.add(Uint8Array.of(4));
  equal(first[0], 4, 'the same memory');
});

test('[http.wasi] a writer that finds no room after all waits on, and takes nothing from the reader', async () => {
  const scope = new Scope({ refund: () => undefined } as unknown as ServiceEnv);
  const pipe = new BodyPipe(scope, undefined);
  const { pollable, permit, write } = pipe.sink;
  ok(pollable && permit);
  while (permit() > 0) write(new Uint8Array(60_000));
  write(new Uint8Array(60_000));
  let told = 0;
  // As a pollable does: told, it looks, and listens anew.
  const listen = (): void => {
    const cancel = pollable.whenReady(() => {
      cancel();
      told += 1;
      if (!pollable.ready()) listen();
    });
  };
  listen();
  const reader = pipe[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i += 1) await reader.next();
  ok(told >= 1 && told <= 3, `told ${told} times`);
  ok(pollable.ready());
});
