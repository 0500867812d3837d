/** Bytes of a blob between the guest and the host, a piece at a time. */
import type { PollSource } from '../io/poll.ts';
import { type Sink, type Source, streamFailed } from '../io/streams.ts';

/** Asked for, or sent, at once. */
const PIECE = 256 * 1024;
/** What a guest that writes may be ahead of the disk. */
const ROOM = 1024 * 1024;

function listeners(): { wait(notify: () => void): () => void; tell(): void } {
  const waiting = new Set<() => void>();
  return {
    wait: (notify) => {
      waiting.add(notify);
      return () => waiting.delete(notify);
    },
    tell: () => {
      for (const notify of waiting) notify();
    },
  };
}

/** Reads `length` bytes from `offset` on; the next piece is asked for while the guest has one. */
export function blobSource(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  offset: number,
  length: number,
): Source {
  const { wait, tell } = listeners();
  let at = offset;
  let left = length;
  let piece: Uint8Array | undefined;
  let asking = false;
  let failed: string | undefined;
  const fetch = (): void => {
    if (asking || piece || left === 0 || failed !== undefined) return;
    asking = true;
    read(at, Math.min(left, PIECE)).then(
      (bytes) => {
        asking = false;
        at += bytes.length;
        left = bytes.length === 0 ? 0 : left - bytes.length;
        piece = bytes.length === 0 ? undefined : bytes;
        tell();
      },
      (thrown: unknown) => {
        asking = false;
        failed = thrown instanceof Error ? thrown.message : 'the host could not read it';
        tell();
      },
    );
  };
  const pollable: PollSource = {
    ready: () => piece !== undefined || failed !== undefined || (left === 0 && !asking),
    whenReady(notify) {
      fetch();
      return wait(notify);
    },
  };
  return {
    pollable,
    read(most) {
      if (failed !== undefined) throw streamFailed(failed, failed);
      if (most === 0) return new Uint8Array();
      if (!piece) {
        fetch();
        return left === 0 && !asking ? 'end' : new Uint8Array();
      }
      const taken = piece.subarray(0, most);
      piece = taken.length < piece.length ? piece.subarray(most) : undefined;
      if (!piece) fetch();
      return taken;
    },
    close: () => {
      left = 0;
      piece = undefined;
    },
  };
}

/** Where an upload's bytes go. */
export interface BlobSink extends Sink {
  /** As `write`, of bytes that are nobody else's: they are not copied. */
  keep(bytes: Uint8Array): void;
  /** Settles when all of it is with the host; rejects with why not. */
  drained(): Promise<void>;
  /** Settles when more would be taken; rejects as `drained`. */
  room(): Promise<void>;
}

/** `send` is called with one piece at a time; `sent` told of each that arrived. */
export function blobSink(send: (bytes: Uint8Array) => Promise<void>, sent: (bytes: number) => void): BlobSink {
  const { wait, tell } = listeners();
  let waiting: Uint8Array[] = [];
  let held = 0;
  let sending: Promise<void> | undefined;
  let failed: Error | undefined;
  const pump = async (): Promise<void> => {
    while (waiting.length > 0 && !failed) {
      const piece = takePiece();
      try {
        await send(piece);
      } catch (thrown) {
        failed = thrown instanceof Error ? thrown : new Error('the host could not keep it');
      }
      held -= piece.length;
      sent(piece.length);
      tell();
    }
    sending = undefined;
  };
  const takePiece = (): Uint8Array => {
    let size = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || size + (waiting[count]?.length ?? 0) <= PIECE)) {
      size += waiting[count]?.length ?? 0;
      count += 1;
    }
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return taken.length === 1 && taken[0] ? taken[0] : concatenated(taken, size);
  };
  const room = (): number => (failed ? ROOM : Math.max(0, ROOM - held));
  const keep = (bytes: Uint8Array): void => {
    if (failed) throw streamFailed(failed.message, failed.message);
    if (bytes.length === 0) return;
    waiting.push(bytes);
    held += bytes.length;
    sending ??= pump();
  };
  return {
    keep,
    write: (bytes) => keep(bytes.slice()),
    flush: () => {},
    permit: room,
    pollable: { ready: () => room() > 0, whenReady: wait },
    async room() {
      while (room() === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const cancel = wait(resolve);
        await promise;
        cancel();
      }
      if (failed) throw failed;
    },
    async drained() {
      while (sending) await sending;
      if (failed) throw failed;
    },
  };
}

function concatenated(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
