/** A cell's way to the component's log: bounded by credits, dropping and counting what is over. */
import { type ControlBlock, creditsGranted } from './control-block.ts';
import type { CellLog, FromCell } from './protocol.ts';

/** One credit pays for a record of up to this many bytes. */
export const BYTES_PER_CREDIT = 4096;
const BATCH_RECORDS = 64;

export interface CellLogs {
  /** Keeps the record if there is credit, else counts it as dropped. */
  add(record: CellLog): void;
  /** Sends what is kept. Called before a result, so that a call's logs precede it. */
  flush(): void;
}

/** What a record costs of the window. */
export function creditsOf(record: Pick<CellLog, 'message' | 'fields'>): number {
  const fields = record.fields === undefined ? 0 : JSON.stringify(record.fields).length;
  return 1 + Math.floor((record.message.length + fields) / BYTES_PER_CREDIT);
}

/** Logs of one cell. The guest may compute without end, so credits are read from shared memory, never awaited. */
export function createCellLogs(control: ControlBlock, post: (message: FromCell) => void): CellLogs {
  let spent = 0;
  let dropped = 0;
  let kept: CellLog[] = [];
  let scheduled = false;
  const flush = (): void => {
    if (kept.length === 0 && dropped === 0) return;
    post({ t: 'log', records: kept, dropped });
    kept = [];
    dropped = 0;
  };
  return {
    add(record) {
      const cost = creditsOf(record);
      if (spent + cost > creditsGranted(control)) {
        dropped += 1;
        return;
      }
      spent += cost;
      kept.push(record);
      if (kept.length >= BATCH_RECORDS) flush();
      else if (!scheduled) {
        scheduled = true;
        queueMicrotask(() => {
          scheduled = false;
          flush();
        });
      }
    },
    flush,
  };
}
