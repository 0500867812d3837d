import { SwitchboardError } from '#core/errors';
import type { Loose } from './check.ts';
import { MAX_ATTACHMENT, MAX_LINE } from './protocol.ts';

const NEWLINE = 10;

type Deliver = (message: Loose, attachment: Uint8Array | undefined) => void;

/** A message whose bytes have not all come. */
interface Waiting {
  readonly message: Loose;
  readonly bytes: number;
}

/** A message as a line of JSON. Fails with `too-large` above `MAX_LINE`, so that a peer need not hang up. */
export function encodeMessage(message: object): string {
  const line = `${JSON.stringify(message)}\n`;
  if (line.length > MAX_LINE || Buffer.byteLength(line) > MAX_LINE) {
    throw new SwitchboardError(
      'too-large',
      `a message of ${line.length} characters is more than the ${MAX_LINE} bytes that the control socket carries`,
    );
  }
  return line;
}

/**
 * Cuts a byte stream into messages. `push` throws `invalid-usage` or `too-large` on what is not a message;
 * the stream cannot be read any further then. Holds at most one line and its attachment.
 */
export class FrameReader {
  readonly #deliver: Deliver;
  #parts: Buffer[] = [];
  #held = 0;
  #waiting: Waiting | undefined;
  #detached = false;

  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  push(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk;
    while (rest !== undefined && rest.length > 0 && !this.#detached) {
      rest = this.#waiting === undefined ? this.#line(rest) : this.#attachment(rest, this.#waiting);
    }
    if (rest !== undefined && rest.length > 0) this.#hold(rest);
  }

  /** Stops reading messages, from inside a delivery as well; `takeRest` then has what came after the last one. */
  detach(): void {
    this.#detached = true;
  }

  takeRest(): Buffer {
    return this.#take();
  }

  #line(chunk: Buffer): Buffer | undefined {
    const end = chunk.indexOf(NEWLINE);
    const length = end < 0 ? chunk.length : end;
    if (this.#held + length > MAX_LINE) {
      throw new SwitchboardError('too-large', `a line is longer than ${MAX_LINE} bytes`);
    }
    this.#hold(end < 0 ? chunk : chunk.subarray(0, end));
    if (end < 0) return undefined;
    const message = parseLine(this.#take().toString('utf8'));
    const bytes = attachmentLength(message);
    if (bytes === undefined) this.#deliver(message, undefined);
    else if (bytes === 0) this.#deliver(message, new Uint8Array());
    else this.#waiting = { message, bytes };
    return chunk.subarray(end + 1);
  }

  #attachment(chunk: Buffer, waiting: Waiting): Buffer | undefined {
    const missing = waiting.bytes - this.#held;
    this.#hold(chunk.subarray(0, missing));
    if (chunk.length < missing) return undefined;
    this.#waiting = undefined;
    this.#deliver(waiting.message, this.#take());
    return chunk.subarray(missing);
  }

  #hold(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#held += chunk.length;
  }

  #take(): Buffer {
    const whole = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#held = 0;
    return whole ?? Buffer.alloc(0);
  }
}

function parseLine(line: string): Loose {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SwitchboardError('invalid-usage', 'a line on the control socket is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SwitchboardError('invalid-usage', 'a line on the control socket is not a JSON object');
  }
  return value as Loose;
}

function attachmentLength(message: Loose): number | undefined {
  const bytes = message['bytes'];
  if (bytes === undefined) return undefined;
  if (typeof bytes !== 'number' || !Number.isInteger(bytes) || bytes < 0) {
    throw new SwitchboardError('invalid-usage', 'bytes of a message must be a whole number');
  }
  if (bytes > MAX_ATTACHMENT) {
    throw new SwitchboardError('too-large', `${bytes} bytes are more than the ${MAX_ATTACHMENT} that are accepted`);
  }
  return bytes;
}
