import type { Scope } from '../scope.ts';
import type { Sink } from './streams.ts';

/** A longer line becomes several records. */
const LONGEST_LINE = 4096;
/** Of one write, so many lines become a record each; further ones share records, or each newline would cost one. */
const LINES_OF_ONE_WRITE = 64;

/**
 * Turns what a component writes into records of its log, one per line. Holds at most one line. Bytes that are
 * not UTF-8 are replaced, as a log must be text.
 */
export function lineSink(scope: Scope, stream: 'stdout' | 'stderr'): Sink {
  const level = stream === 'stdout' ? 'info' : 'warn';
  const decoder = new TextDecoder();
  let pending = '';
  /** The last line was said before its newline came: that newline is no empty line. */
  let said = false;
  const log = (text: string): void => scope.env.log(stream, level, text.endsWith('\r') ? text.slice(0, -1) : text);
  const logLong = (text: string): void => {
    let rest = text;
    while (rest.length > LONGEST_LINE) {
      const end = startsSurrogatePair(rest, LONGEST_LINE - 1) ? LONGEST_LINE - 1 : LONGEST_LINE;
      log(rest.slice(0, end));
      rest = rest.slice(end);
    }
    log(rest);
  };
  return {
    write: (bytes) => {
      let rest = pending + decoder.decode(bytes, { stream: true });
      pending = '';
      if (said && rest !== '') {
        said = false;
        rest = rest.replace(/^\r?\n/, '');
      }
      for (let lines = 0, end = rest.indexOf('\n'); end >= 0; lines += 1, end = rest.indexOf('\n')) {
        if (lines === LINES_OF_ONE_WRITE) end = rest.lastIndexOf('\n');
        logLong(rest.slice(0, end));
        rest = rest.slice(end + 1);
      }
      if (rest.length > LONGEST_LINE) logLong(rest);
      else pending = rest;
    },
    flush: () => {
      if (pending === '') return;
      const text = pending;
      pending = '';
      said = true;
      log(text);
    },
  };
}

function startsSurrogatePair(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}
