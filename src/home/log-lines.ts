/** Log records as lines of JSON, and reading the last of them from the end of files. */
import { open, type FileHandle } from 'node:fs/promises';
import { errnoOf } from '#core/errors';
import type { LogLevel, LogRecord } from '#core/events';

const LONGEST_MESSAGE = 64 * 1024;
const MOST_FIELDS = 64;
const LONGEST_FIELD = 4 * 1024;
const CHUNK = 64 * 1024;
/** A line the encoder cannot have written: twelve bytes of JSON for each UTF-16 unit, and the fields. */
const LONGEST_LINE = 12 * (LONGEST_MESSAGE + 2 * MOST_FIELDS * LONGEST_FIELD);
const NEWLINE = 10;
const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** One record as a line, with its newline. Long messages and many fields are cut: one record cannot fill the log. */
export function encodeRecord(record: LogRecord): string {
  const { fields } = record;
  const cutFields = fields && Object.entries(fields).slice(0, MOST_FIELDS);
  return `${JSON.stringify({
    ...record,
    message: cut(record.message, LONGEST_MESSAGE),
    ...(cutFields && {
      fields: Object.fromEntries(cutFields.map(([k, v]) => [cut(k, LONGEST_FIELD), cut(v, LONGEST_FIELD)])),
    }),
  })}\n`;
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}… (${text.length - longest} more characters)` : text;
}

/** Whether a record is of a component: by name (any version) or by name and version. */
export function isOf(record: LogRecord, component: string | undefined): boolean {
  if (component === undefined || record.component === component) return true;
  return record.component.startsWith(`${component}@`);
}

/** A line as a record; undefined for what is none, such as a line a crash cut off. */
function decodeRecord(line: string): LogRecord | undefined {
  try {
    const value = JSON.parse(line) as Partial<LogRecord> | null;
    const whole =
      typeof value?.at === 'number' &&
      typeof value.component === 'string' &&
      typeof value.message === 'string' &&
      typeof value.stream === 'string' &&
      LEVELS.some((level) => level === value.level);
    return whole ? (value as LogRecord) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The last `last` records of the files, which are given newest first; oldest record first. Reads backwards
 * and stops when it has enough; holds one chunk, one line and the records.
 */
export async function readLast(
  files: readonly string[],
  last: number,
  component: string | undefined,
): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  const seen = new Set<string>();
  for (const file of files) {
    if (found.length >= last) break;
    let handle: FileHandle;
    try {
      handle = await open(file, 'r');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') continue;
      throw error;
    }
    try {
      // A rotation while reading moves a file that was read already to the next name.
      const { dev, ino } = await handle.stat();
      if (seen.has(`${dev}:${ino}`)) continue;
      seen.add(`${dev}:${ino}`);
      for await (const line of linesBackwards(handle)) {
        const record = decodeRecord(line);
        if (record && isOf(record, component)) found.push(record);
        if (found.length >= last) break;
      }
    } finally {
      await handle.close();
    }
  }
  return found.reverse();
}

async function* linesBackwards(handle: FileHandle): AsyncGenerator<string> {
  let position = (await handle.stat()).size;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  const takeTail = (): string => {
    const line = Buffer.concat(tail).toString('utf8');
    tail = [];
    tailBytes = 0;
    return line;
  };
  while (position > 0) {
    const length = Math.min(CHUNK, position);
    position -= length;
    const chunk = Buffer.alloc(length);
    await handle.read(chunk, 0, length, position);
    let end = length;
    for (let at = chunk.lastIndexOf(NEWLINE); at >= 0; at = at === 0 ? -1 : chunk.lastIndexOf(NEWLINE, at - 1)) {
      tail.unshift(chunk.subarray(at + 1, end));
      yield takeTail();
      end = at;
    }
    tail.unshift(chunk.subarray(0, end));
    tailBytes += end;
    if (tailBytes > LONGEST_LINE) takeTail();
  }
  yield takeTail();
}
