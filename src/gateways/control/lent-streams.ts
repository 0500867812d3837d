/**
 * The standard streams of an MCP client, handed to the host process by the `serve --stdio` that started it: file
 * descriptors can be passed to a process only when it is started. The client is then served without a process
 * between; those that come later reach the host through a pipe.
 */
import { closeSync, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { finished } from 'node:stream/promises';

/** Where the host process finds them. */
const INPUT = 4;
const OUTPUT = 5;
const READ_BYTES = 64 * 1024;

/** The client's ends of the streams, and how to hang up. */
export interface ClientStreams {
  readonly input: Socket;
  readonly output: Socket;
  /** Settles when what was written has left. */
  close(): Promise<void>;
}

export interface LentStreams {
  /** Once, to the holder of the key; undefined otherwise. */
  take(key: string): ClientStreams | undefined;
  /** The lender is gone: streams not taken are let go, or the client would wait for their end. */
  release(pid: number): void;
}

/**
 * The input, read into one buffer over and over: the chunk is good for as long as `data` listeners run. A buffer for
 * every message, as sockets have otherwise, is a tenth of a small call.
 */
function readInto(buffer: Buffer): Socket {
  const options = {
    fd: INPUT,
    readable: true,
    writable: false,
    onread: {
      buffer,
      callback(length: number): boolean {
        input.emit('data', buffer.subarray(0, length));
        return true;
      },
    },
  };
  const input = new Socket(options);
  return input;
}

/** Whether this process's standard input and output can be lent: pipes and sockets can, terminals and files cannot. */
export function canLend(): boolean {
  return [0, 1].every((fd) => {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  });
}

/** In the host process: what process `lender` lent it under `key`. */
export function lentStreams(key: string, lender: number): LentStreams {
  let taken = false;
  return {
    take(given) {
      if (taken || given !== key) return undefined;
      taken = true;
      const input = readInto(Buffer.allocUnsafeSlow(READ_BYTES));
      const output = new Socket({ fd: OUTPUT, readable: false, writable: true });
      return {
        input,
        output,
        async close() {
          input.destroy();
          output.end();
          await finished(output).catch(() => undefined);
          output.destroy();
        },
      };
    },
    release(pid) {
      if (taken || pid !== lender) return;
      taken = true;
      closeSync(INPUT);
      closeSync(OUTPUT);
    },
  };
}
