/**
 * A worker: what the host sends goes to standard output, by blocking reads and writes. When the host's end closes
 * while the client's is open, the main thread stands in `read` and cannot be told: then the process ends here.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { pump } from './pump.ts';

const { fd, inputEnded } = workerData as { readonly fd: number; readonly inputEnded: Int32Array };
pump(fd, 1);
if (Atomics.load(inputEnded, 0) === 0) {
  writeSync(2, 'error: the host closed the connection\ncode: host-closed\n');
  process.kill(process.pid, 'SIGTERM');
}
