import { appendFile, chmod, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, SwitchboardError } from '#core/errors';
import type { LogRecord } from '#core/events';
import type { Clock, FaultPoints, LogStore } from '#core/ports';
import { homeFailure } from './failures.ts';
import { FILE_MODE } from './files.ts';
import { encodeRecord, readLast } from './log-lines.ts';

const FILES = 4;
const FILE_BYTES = 4 * 1024 * 1024;
const BUFFER_BYTES = 1024 * 1024;
const FLUSH_MS = 50;

export interface FileLogStoreOptions {
  /** The directory the files are in. */
  readonly directory: string;
  readonly home: string;
  readonly clock: Clock;
  readonly faults: FaultPoints;
  /** Files kept, the one being written included. */
  readonly files?: number;
  /** A file this large is rotated away before the next write. */
  readonly fileBytes?: number;
  /** Records waiting for the disk; beyond it the oldest are dropped and counted. */
  readonly bufferBytes?: number;
}

interface Waiting {
  readonly component: string;
  readonly line: string;
}

/**
 * Lines of JSON in `components.jsonl`, older ones in `components.1.jsonl` and so on. A component that
 * floods its log costs at most the buffer in memory and the files on disk; what is dropped is counted, and
 * the count is logged for the component it belonged to. Fault point: `logs.before-write`.
 */
export function fileLogStore(options: FileLogStoreOptions): LogStore {
  const { files = FILES, fileBytes = FILE_BYTES, bufferBytes = BUFFER_BYTES, faults, clock } = options;
  const names = Array.from({ length: files }, (_, n) =>
    join(options.directory, n === 0 ? 'components.jsonl' : `components.${n}.jsonl`),
  );
  const current = names[0] ?? join(options.directory, 'components.jsonl');
  const dropped = new Map<string, number>();
  let waiting: Waiting[] = [];
  let first = 0;
  let waitingSize = 0;
  let size: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let closed = false;

  const drop = (component: string): void => {
    dropped.set(component, (dropped.get(component) ?? 0) + 1);
  };

  const append = (record: LogRecord): void => {
    if (closed) return;
    const line = encodeRecord(record);
    waiting.push({ component: record.component, line });
    waitingSize += line.length;
    while (waitingSize > bufferBytes && first < waiting.length - 1) {
      const oldest = waiting[first];
      if (oldest) {
        waitingSize -= oldest.line.length;
        drop(oldest.component);
      }
      first += 1;
    }
    if (first > 1024) {
      waiting = waiting.slice(first);
      first = 0;
    }
    schedule();
  };

  const schedule = (): void => {
    if (timer || writing || closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      void write();
    }, FLUSH_MS);
    timer.unref();
  };

  /** Takes what waits; a line per component that lost records goes first, as theirs were the oldest. */
  const take = (): readonly Waiting[] => {
    const lost = [...dropped].map(([component, count]): Waiting => {
      const message = `${count} older records were dropped: they came faster than the disk takes them`;
      const record: LogRecord = { at: clock.now(), component, stream: 'log', level: 'warn', message };
      return { component, line: encodeRecord({ ...record, fields: { dropped: String(count) } }) };
    });
    dropped.clear();
    const batch = [...lost, ...waiting.slice(first)];
    waiting = [];
    first = 0;
    waitingSize = 0;
    return batch;
  };

  const write = (): Promise<void> => {
    writing ??= writeBatch(take()).finally(() => {
      writing = undefined;
      if (waiting.length > first) schedule();
    });
    return writing;
  };

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    if (batch.length === 0) return;
    let written = 0;
    try {
      for (const piece of pieces(batch, fileBytes)) {
        faults.hit('logs.before-write');
        size ??= await prepare(current);
        if (size >= fileBytes) size = await rotate(names);
        const bytes = Buffer.from(piece.map((w) => w.line).join(''));
        await appendFile(current, bytes, { mode: FILE_MODE });
        size += bytes.length;
        written += piece.length;
      }
    } catch {
      // Nobody waits for a log record: a full disk costs records, which are counted, and nothing else.
      size = undefined;
      for (const { component } of batch.slice(written)) drop(component);
    }
  };

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await writing;
    await write();
  };

  return {
    append,
    flush,
    read: async ({ component, last }) => {
      if (!Number.isInteger(last) || last < 0) {
        throw new SwitchboardError('invalid-setting', `the number of log records must be 0 or more, not ${last}`);
      }
      await flush();
      try {
        return await readLast(names, last, component);
      } catch (error) {
        throw homeFailure(error, options.home, options.directory);
      }
    },
    close: async () => {
      await flush();
      closed = true;
    },
  };
}

/** Splits a batch so that no write is much larger than a file may be. */
function* pieces(batch: readonly Waiting[], most: number): Generator<readonly Waiting[]> {
  let piece: Waiting[] = [];
  let length = 0;
  for (const waiting of batch) {
    piece.push(waiting);
    length += waiting.line.length;
    if (length < most / 4) continue;
    yield piece;
    piece = [];
    length = 0;
  }
  if (piece.length > 0) yield piece;
}

/** The size of the file to append to; a line that a crash cut off is ended, so that the next starts on its own. */
async function prepare(file: string): Promise<number> {
  const handle = await open(file, 'a+', FILE_MODE);
  try {
    await handle.chmod(FILE_MODE);
    const { size } = await handle.stat();
    if (size === 0) return 0;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer[0] === 10) return size;
    await handle.appendFile('\n');
    return size + 1;
  } finally {
    await handle.close();
  }
}

/** Moves each file to the next name, the oldest away; returns the size of the new current file. */
async function rotate(names: readonly string[]): Promise<number> {
  for (let n = names.length - 1; n > 0; n -= 1) {
    const [from, to] = [names[n - 1], names[n]];
    if (from !== undefined && to !== undefined && (await exists(from))) await rename(from, to);
  }
  if (names.length === 1 && names[0] !== undefined) await rm(names[0], { force: true });
  if (names[0] !== undefined) {
    await appendFile(names[0], '', { mode: FILE_MODE });
    await chmod(names[0], FILE_MODE);
  }
  return 0;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
