import type { IncomingMessage } from 'node:http';
import { SwitchboardError } from '#core/errors';
import { formatSize } from '#core/limits';
import { parseJson } from './messages.ts';

/** The largest request body that is read. */
export const LARGEST_BODY = 8 * 1024 * 1024;
/** After a body that is too large: this much more is read and thrown away, so that the client can see the answer. */
const MOST_DRAINED = 64 * 1024 * 1024;
/** All bodies that are being read, together. Small ones do not count, so large ones never keep them out. */
const MOST_AT_ONCE = 128 * 1024 * 1024;
const SMALL = 64 * 1024;

/** Reads the bodies of one server. */
export interface BodyReader {
  /**
   * The request's body as JSON. `too-large` past 8 MiB, whether announced or only sent; `busy` where others are
   * sending more than the server keeps; a body that is not JSON, or not UTF-8, is the JSON-RPC parse error.
   */
  readJson(request: IncomingMessage): Promise<unknown>;
}

export function createBodyReader(): BodyReader {
  let held = 0;
  const readBytes = (request: IncomingMessage): Promise<Buffer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    let chunks: Buffer[] | undefined = [];
    let length = 0;
    let counted = 0;
    const release = (): void => {
      held -= counted;
      counted = 0;
      chunks = undefined;
    };
    const refuse = (error: SwitchboardError): void => {
      release();
      reject(error);
    };
    const tooLarge = (): void =>
      refuse(new SwitchboardError('too-large', `the body is larger than ${formatSize(LARGEST_BODY)}`));
    if (Number(request.headers['content-length']) > LARGEST_BODY) tooLarge();
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MOST_DRAINED) request.destroy();
      if (!chunks) return;
      if (length > LARGEST_BODY) return tooLarge();
      chunks.push(chunk);
      if (length <= SMALL) return;
      held += length - counted;
      counted = length;
      if (held > MOST_AT_ONCE) refuse(new SwitchboardError('busy', 'too many large requests are being sent at once'));
    });
    request.on('end', () => {
      const whole = Buffer.concat(chunks ?? []);
      release();
      resolve(whole);
    });
    request.on('error', (error) => {
      release();
      reject(error);
    });
    request.on('close', () => refuse(new SwitchboardError('cancelled', 'the client went away')));
    return promise;
  };
  return {
    async readJson(request) {
      const bytes = await readBytes(request);
      return parseJson(bytes.toString('utf8'), () => bytes);
    },
  };
}
