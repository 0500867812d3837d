/**
 * The sockets of the HTTP gateway. Whoever can reach the port can open sockets and say nothing: without a bound that
 * falls on the right one, a stranger without a token would keep everybody else out.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  /** A request on the socket bore a token that counts; it is busy until its response has closed. */
  serve(socket: Socket, response: ServerResponse): void;
  readonly size: number;
}

/** Of silence, before the system asks whether the peer is there. */
const KEEP_ALIVE_MS = 30_000;

interface Line {
  proven: boolean;
  busy: number;
}

/**
 * Holds a server to `most` sockets: one more takes the place of the oldest that never showed a token, else of the
 * one idle longest; where all are at work it is closed itself. A socket on which nothing moves for `quietMs` is closed,
 * unless a request waits for its answer: not one whose client does not read the answer.
 */
export function boundConnections(server: Server, most: number, quietMs: number): Connections {
  const lines = new Map<Socket, Line>();
  const oldest = (test: (line: Line) => boolean): Socket | undefined => {
    for (const [socket, line] of lines) if (test(line)) return socket;
    return undefined;
  };
  server.timeout = quietMs;
  // Node's timer knows the progress of large writes. With a listener, closing is ours to do.
  server.on('timeout', (socket: Socket) => {
    if (socket.writableLength > 0 || (lines.get(socket)?.busy ?? 0) === 0) socket.destroy();
  });
  server.on('connection', (socket: Socket) => {
    if (lines.size >= most) {
      const victim = oldest((line) => !line.proven) ?? oldest((line) => line.busy === 0) ?? socket;
      lines.delete(victim);
      victim.destroy();
      if (victim === socket) return;
    }
    // A peer that vanished without a word is found by the system, also under a stream on which nothing is to be sent.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    lines.set(socket, { proven: false, busy: 0 });
    socket.once('close', () => lines.delete(socket));
  });
  return {
    serve(socket, response) {
      const line = lines.get(socket);
      if (!line) return;
      line.proven = true;
      line.busy++;
      response.once('close', () => {
        line.busy--;
        // To the end of the order: it is now the one used last.
        if (lines.delete(socket) && !socket.destroyed) lines.set(socket, line);
      });
    },
    get size() {
      return lines.size;
    },
  };
}
