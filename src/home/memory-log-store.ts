import { SwitchboardError } from '#core/errors';
import type { LogRecord } from '#core/events';
import type { LogStore } from '#core/ports';
import { encodeRecord, isOf } from './log-lines.ts';

const MOST_BYTES = 4 * 1024 * 1024;

/** Logs that end with the process, bounded like those on disk. */
export function memoryLogStore(mostBytes: number = MOST_BYTES): LogStore {
  let lines: string[] = [];
  let size = 0;
  let first = 0;
  return {
    append: (record) => {
      const line = encodeRecord(record);
      lines.push(line);
      size += line.length;
      while (size > mostBytes && first < lines.length - 1) {
        size -= lines[first]?.length ?? 0;
        first += 1;
      }
      if (first > 1024) {
        lines = lines.slice(first);
        first = 0;
      }
    },
    read: async ({ component, last }) => {
      if (!Number.isInteger(last) || last < 0) {
        throw new SwitchboardError('invalid-setting', `the number of log records must be 0 or more, not ${last}`);
      }
      const records = lines.slice(first).map((line) => JSON.parse(line) as LogRecord);
      const wanted = records.filter((record) => isOf(record, component));
      return last === 0 ? [] : wanted.slice(-last);
    },
    flush: async () => {},
    close: async () => {},
  };
}
