/** Entry of the transpiler's worker: one request at a time, an artifact back. */
import { parentPort } from 'node:worker_threads';
import { toSwitchboardError } from '#core';
import { transpile, type TranspileOptions } from './transpile.ts';

parentPort?.on('message', (request: { bytes: Uint8Array; options: TranspileOptions }) => {
  transpile(request.bytes, request.options).then(
    (artifact) =>
      parentPort?.postMessage(
        { artifact },
        artifact.modules.map((m) => m.bytes.buffer),
      ),
    (error: unknown) => parentPort?.postMessage({ error: toSwitchboardError(error).toJSON() }),
  );
});
