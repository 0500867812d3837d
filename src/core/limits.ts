import { SwitchboardError } from './errors.ts';
import { printable } from './reference.ts';

/** How long an instance lives. `call`: fresh each call. `session`: one per session. `resident`: kept, state and all. */
export type Reuse = 'call' | 'session' | 'resident';

/** A component's limits. Sizes in bytes, times in milliseconds. Every one is enforced; SECURITY.md says how. */
export interface Limits {
  /** Linear memory of one instance, over all its memories. */
  readonly memory: number;
  /** Table elements of one instance, over all its tables. */
  readonly table: number;
  /** Stack of a cell's thread, in bytes. */
  readonly stack: number;
  /** Run time of one call. */
  readonly timeout: number;
  /** Time a call may wait for an instance. */
  readonly queueTimeout: number;
  /** Calls that may wait; one more is answered `busy`. */
  readonly queue: number;
  /** Instances alive at once, over all cells: also the number of calls running at once. */
  readonly instances: number;
  /** Cells (threads) at once. */
  readonly cells: number;
  /** Bytes lifted from the guest during one call: results, import arguments, output, logs. */
  readonly transfer: number;
  /** Resource handles a session may hold. */
  readonly handles: number;
  readonly reuse: Reuse;
}

const MiB = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  memory: 64 * MiB,
  table: 100_000,
  stack: 2 * MiB,
  timeout: 5_000,
  queueTimeout: 10_000,
  queue: 256,
  instances: 16,
  cells: 2,
  transfer: 32 * MiB,
  handles: 1_000,
  reuse: 'call',
};

/** Smallest and largest value of each numeric limit. */
export const LIMIT_RANGES: { readonly [K in Exclude<keyof Limits, 'reuse'>]: readonly [number, number] } = {
  memory: [64 * 1024, 2048 * MiB],
  table: [1, 10_000_000],
  stack: [1 * MiB, 16 * MiB],
  timeout: [1, 24 * 3_600_000],
  queueTimeout: [1, 24 * 3_600_000],
  queue: [0, 100_000],
  instances: [1, 10_000],
  cells: [1, 64],
  transfer: [1024, 1024 * MiB],
  handles: [0, 1_000_000],
};

/** The tightest first. */
const REUSES: readonly Reuse[] = ['call', 'session', 'resident'];

/** How a limit is written. */
export const LIMIT_KINDS: { readonly [K in keyof Limits]: 'size' | 'time' | 'count' | 'reuse' } = {
  memory: 'size',
  table: 'count',
  stack: 'size',
  timeout: 'time',
  queueTimeout: 'time',
  queue: 'count',
  instances: 'count',
  cells: 'count',
  transfer: 'size',
  handles: 'count',
  reuse: 'reuse',
};
export const LIMIT_KEYS = Object.keys(LIMIT_KINDS) as readonly (keyof Limits)[];
const SIZES: { readonly [unit: string]: number } = {
  '': 1,
  B: 1,
  KiB: 1024,
  MiB,
  GiB: 1024 * MiB,
  KB: 1000,
  MB: 1_000_000,
  GB: 1_000_000_000,
};
const TIMES: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `64MiB`, `1GB`, `4096` to bytes. Throws `invalid-setting`. */
export function parseSize(text: string): number {
  const m = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const unit = m?.[2] ?? '';
  if (!m || !Object.hasOwn(SIZES, unit)) {
    throw new SwitchboardError('invalid-setting', `"${text}" is not a size; write it as 64MiB, 512KiB or 1GiB`);
  }
  return Math.round(Number(m[1]) * (SIZES[unit] ?? 1));
}

/** `5s`, `250ms`, `2m`, `1h` to milliseconds. A bare number is refused: its unit would be a guess. */
export function parseDuration(text: string): number {
  const m = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  if (!m) throw new SwitchboardError('invalid-setting', `"${text}" is not a duration; write it as 5s, 250ms or 2m`);
  return Math.round(Number(m[1]) * (TIMES[m[2] ?? 's'] ?? 1000));
}

/** Bytes as a person reads them: `64 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [value, unit] =
    bytes < MiB ? [bytes / 1024, 'KiB'] : bytes < 1024 * MiB ? [bytes / MiB, 'MiB'] : [bytes / 1024 / MiB, 'GiB'];
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`;
}

/** Milliseconds as a person reads them: `5 s`. */
export function formatDuration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : ms < 60_000 ? `${ms / 1000} s` : `${Math.round(ms / 6000) / 10} min`;
}

/** Limits to set; one that is null is set no longer. */
export type LimitChanges = { readonly [K in keyof Limits]?: Limits[K] | null | undefined };

/** As `checkLimits`, of changes. */
export function checkLimitChanges(given: { readonly [key: string]: unknown }): LimitChanges {
  const unset = Object.keys(given).filter((key) => given[key] === null);
  const unknown = unset.find((key) => !LIMIT_KEYS.some((known) => known === key));
  if (unknown !== undefined) {
    throw new SwitchboardError('invalid-setting', `there is no limit "${printable(unknown)}"`);
  }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  return { ...checkLimits(set), ...Object.fromEntries(unset.map((key) => [key, null])) };
}

/** Checks every key and value; an unknown key or a value out of range is `invalid-setting`. Returns only what was given. */
export function checkLimits(given: { readonly [key: string]: unknown }): Partial<Limits> {
  const checked: { [key: string]: unknown } = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    checked[key] = key === 'reuse' ? checkReuse(value) : checkNumber(key, value);
  }
  return checked;
}

function checkReuse(value: unknown): Reuse {
  const reuse = REUSES.find((r) => r === value);
  if (!reuse)
    throw new SwitchboardError('invalid-setting', `reuse is one of ${REUSES.join(', ')}, not "${String(value)}"`);
  return reuse;
}

function checkNumber(key: string, value: unknown): number {
  if (!Object.hasOwn(LIMIT_RANGES, key)) throw new SwitchboardError('invalid-setting', `there is no limit "${key}"`);
  const [low, high] = LIMIT_RANGES[key as keyof typeof LIMIT_RANGES];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
    throw new SwitchboardError(
      'invalid-setting',
      `${key} must be a whole number from ${low} to ${high}, not ${String(value)}`,
    );
  }
  return value;
}

/** As flags and manifests name it: `queue-timeout` for `queueTimeout`. */
export const limitName = (key: keyof Limits): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A limit as a person writes it: sizes and counts may be numbers, a duration needs its unit. Errors: `invalid-setting`. */
export function parseLimit(key: keyof Limits, text: string | number): Limits[typeof key] {
  return checkLimits({ [key]: valueOf(key, String(text)) })[key] as Limits[typeof key];
}

function valueOf(key: keyof Limits, text: string): unknown {
  const kind = LIMIT_KINDS[key];
  if (kind === 'size') return parseSize(text);
  if (kind === 'time') return parseDuration(text);
  if (kind === 'reuse') return text;
  if (!/^\d{1,12}$/.test(text))
    throw new SwitchboardError('invalid-setting', `"${printable(text)}" is not a whole number`);
  return Number(text);
}

/** A limit as a person reads it. */
export function formatLimit(key: keyof Limits, value: number | string): string {
  if (typeof value === 'string') return value;
  const kind = LIMIT_KINDS[key];
  return kind === 'size' ? formatSize(value) : kind === 'time' ? formatDuration(value) : String(value);
}

/** The flag of `switchboard limits` that sets exactly this: `--memory 128MiB`. */
export function limitFlag(key: keyof Limits, value: number | string): string {
  const [size, sizeUnit] = unitOf(Number(value), [
    [1024 * MiB, 'GiB'],
    [MiB, 'MiB'],
    [1024, 'KiB'],
  ]);
  const [time, timeUnit] = unitOf(Number(value), [
    [60_000, 'm'],
    [1000, 's'],
    [1, 'ms'],
  ]);
  const written = { size: `${size}${sizeUnit}`, time: `${time}${timeUnit}`, count: `${value}`, reuse: `${value}` };
  return `--${limitName(key)} ${written[LIMIT_KINDS[key]]}`;
}

function unitOf(value: number, units: readonly (readonly [size: number, unit: string])[]): readonly [number, string] {
  const [size, unit] = units.find(([of]) => value >= of && value % of === 0) ?? [1, ''];
  return [value / size, unit];
}

/** The limits that a manifest names. Errors: `invalid-setting`, whose message names the limit. */
export function manifestLimits(limits: { readonly [name: string]: string | number }): Partial<Limits> {
  const asked: { [key: string]: unknown } = {};
  for (const [name, text] of Object.entries(limits)) {
    const key = LIMIT_KEYS.find((one) => limitName(one) === name);
    if (key === undefined) throw new SwitchboardError('invalid-setting', `${printable(name)}: there is no such limit`);
    try {
      asked[key] = parseLimit(key, text);
    } catch (error) {
      throw new SwitchboardError('invalid-setting', `${name}: ${error instanceof Error ? error.message : ''}`);
    }
  }
  return asked;
}

/** What applies to one version, and why. */
export interface LimitSources {
  readonly effective: Limits;
  /** What the owner set for the name: it always wins. */
  readonly set: Partial<Limits>;
  /** What the version's manifest makes tighter than the default, where the owner set nothing. */
  readonly manifest: Partial<Limits>;
  /** What its manifest asks for beyond what applies: the owner's to give. */
  readonly requested: Partial<Limits>;
}

/** A manifest may take from its own component, never give it more: `asked` applies as far as it is tighter. */
export function effectiveLimits(asked: Partial<Limits>, set: Partial<Limits>): LimitSources {
  const pick = (test: (key: keyof Limits, value: number | string) => boolean): Partial<Limits> =>
    Object.fromEntries(
      LIMIT_KEYS.flatMap((key) => {
        const value = asked[key];
        return value !== undefined && test(key, value) ? [[key, value]] : [];
      }),
    );
  const manifest = pick((key, value) => set[key] === undefined && rank(value) < rank(DEFAULT_LIMITS[key]));
  const effective = { ...DEFAULT_LIMITS, ...manifest, ...set };
  return { effective, set, manifest, requested: pick((key, value) => rank(value) > rank(effective[key])) };
}

const rank = (value: number | string): number => (typeof value === 'number' ? value : REUSES.indexOf(value as Reuse));
