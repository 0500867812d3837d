import type { IncomingMessage } from 'node:http';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { RPC, RpcError } from './results.ts';

/** The largest request body that is read. */
export const LARGEST_BODY = 8 * 1024 * 1024;
/** After a body that is too large: this much more is read and thrown away, so that the client can see the answer. */
const MOST_DRAINED = 64 * 1024 * 1024;

/**
 * The request's body as JSON. `too-large` past 8 MiB, whether announced or only sent; a body that is not
 * JSON is the JSON-RPC parse error. Never holds more than 8 MiB.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request);
  try {
    return JSON.parse(text);
  } catch {
    throw new RpcError(RPC.parse, 'Parse error: the body is not JSON');
  }
}

function readText(request: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let length = 0;
  const refuse = (): void => {
    chunks.length = 0;
    reject(new SwitchboardError('too-large', `the body is larger than ${formatSize(LARGEST_BODY)}`));
  };
  if (Number(request.headers['content-length']) > LARGEST_BODY) refuse();
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MOST_DRAINED) request.destroy();
    else if (length > LARGEST_BODY) refuse();
    else chunks.push(chunk);
  });
  request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  request.on('error', reject);
  request.on('close', () => reject(new SwitchboardError('cancelled', 'the client went away')));
  return promise;
}
