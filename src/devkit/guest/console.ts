/** `console` for guests. QuickJS has none, and libraries warn by it. */

type Write = (level: string, message: string, fields: never[]) => void;

const LEVELS: { readonly [method: string]: string } = {
  trace: 'trace',
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
};

/** Writes by the world's log; nowhere without one. Methods that write nothing do nothing. */
export function consoleOf(write: Write | undefined): { readonly [method: string]: (...values: unknown[]) => void } {
  const said = Object.fromEntries(
    Object.entries(LEVELS).map(([method, level]) => [
      method,
      (...values: unknown[]): void => write?.(level, values.map(shown).join(' '), []),
    ]),
  );
  const silent = Object.fromEntries(
    ['group', 'groupCollapsed', 'groupEnd', 'time', 'timeEnd', 'count', 'table', 'dir', 'assert', 'clear'].map(
      (name) => [name, (): void => undefined],
    ),
  );
  return { ...silent, ...said };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
