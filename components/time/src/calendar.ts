/** Calendar arithmetic in UTC, in milliseconds since the epoch. */
export type Unit = 'milliseconds' | 'seconds' | 'minutes' | 'hours' | 'days' | 'weeks' | 'months' | 'years';

export interface Moment {
  readonly iso: string;
  readonly epochSeconds: number;
  readonly weekday: number;
  readonly dayOfYear: number;
  readonly week: number;
}

const DAY = 86_400_000;
const LENGTHS: { readonly [unit: string]: number } = {
  milliseconds: 1,
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: DAY,
  weeks: 7 * DAY,
};
const DATE = /^[+-]?\d{4,6}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const MAIL = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}(?::\d{2})? (?:GMT|UTC|[+-]\d{4})$/;

/** Throws what is wrong with the text. A time without an offset is UTC. */
export function read(text: string): number {
  const trimmed = text.trim();
  if (!DATE.test(trimmed) && !MAIL.test(trimmed)) {
    throw new Error(`"${trimmed.slice(0, 60)}" is no date: write 2026-03-01 or 2026-03-01T12:30:00Z`);
  }
  const normal = DATE.test(trimmed) ? withZone(trimmed) : trimmed;
  const time = Date.parse(normal);
  const wanted = /^[+-]?(\d{4,6})-(\d{2})-(\d{2})/.exec(trimmed);
  if (Number.isNaN(time) || (wanted && !exists(Number(wanted[1]), Number(wanted[2]), Number(wanted[3])))) {
    throw new Error(`"${trimmed}" does not exist in the calendar`);
  }
  return time;
}

function withZone(text: string): string {
  const iso = text
    .replace(' ', 'T')
    .replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
    .replace(/(\.\d{3})\d+/, '$1');
  return iso.includes('T') && !/(?:Z|[+-]\d{2}:\d{2})$/.test(iso) ? `${iso}Z` : iso;
}

const exists = (year: number, month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month - 1);

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month + 1, 0)).getUTCDate();
}

export function momentOf(time: number): Moment {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new Error('the time is out of range');
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  const midnight = Math.floor(time / DAY) * DAY;
  const weekday = ((date.getUTCDay() + 6) % 7) + 1;
  const thursday = new Date(midnight + (4 - weekday) * DAY);
  const week = Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / (7 * DAY)) + 1;
  return {
    iso: date.toISOString(),
    epochSeconds: time / 1000,
    weekday,
    dayOfYear: Math.round((midnight - start) / DAY) + 1,
    week,
  };
}

export function addTo(time: number, amount: number, unit: Unit): number {
  const length = LENGTHS[unit];
  if (length !== undefined) return time + amount * length;
  const date = new Date(time);
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() + amount * (unit === 'years' ? 12 : 1);
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12];
  const day = Math.min(date.getUTCDate(), daysIn(year, month));
  const moved = new Date(0);
  moved.setUTCFullYear(year, month, day);
  return moved.getTime() + (((time % DAY) + DAY) % DAY);
}

export function between(from: number, to: number, unit: Unit): number {
  const length = LENGTHS[unit];
  if (length !== undefined) return (to - from) / length;
  if (to < from) return -between(to, from, unit) + 0;
  const [a, b] = [new Date(from), new Date(to)];
  let months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  if (addTo(from, months, 'months') > to) months -= 1;
  return unit === 'years' ? Math.floor(months / 12) : months;
}
