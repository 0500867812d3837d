/** What a script has beside its language, and how one fails that fails. */

class Box {
  readonly size: number;
  constructor(size: number) {
    if (size > 10) throw new RangeError(`a box of ${size} is too large`);
    this.size = size;
  }
  open(): string {
    if (this.size === 0) throw new TypeError('the box is empty');
    return `box of ${this.size}`;
  }
  static make(size: number): Box {
    try {
      return new Box(size);
    } catch {
      return new Box(0);
    }
  }
}

const deep = (n: number): number => (n === 0 ? 0 : 1 + deep(n - 1));

export const api = {
  Box,
  broken(how: string): string {
    switch (how) {
      case 'null':
        return (JSON.parse('null') as { name: string }).name;
      case 'text':
        throw 'only a text';
      case 'object':
        throw { code: 7 };
      case 'stack':
        return String(deep(1e9));
      case 'absent':
        return typeof setTimeout === 'undefined' ? String(setTimeout(() => 1, 1)) : 'there';
      case 'long':
        throw new Error('long '.repeat(1000));
      case 'control':
        throw new Error('a\u001b[31mb\u202ec');
      case 'hostile':
        throw Object.defineProperty(new Error('x'), 'stack', {
          get() {
            throw new Error('no');
          },
        });
      default:
        return `${this.name()} is whole`;
    }
  },
  name: (): string => 'api',
};

const born = [Date.now(), new Date().getTime(), performance.now(), Math.random() === Math.random()];
let early = 'none';
try {
  crypto.randomUUID();
} catch (thrown) {
  early = (thrown as Error).message;
}

export const top = (): string => JSON.stringify([...born, early]);

const calls: { readonly [what: string]: () => unknown } = {
  now: () => Date.now(),
  date: () => new Date().toISOString(),
  text: () => Date(),
  'date is a date': () => {
    const day = new Date(2024, 1, 29);
    class Day extends Date {}
    return [
      day instanceof Date,
      day.constructor === Date,
      new Day() instanceof Day,
      Math.abs(new Day().getTime() - Date.now()) < 1000,
      Date.UTC(2024, 1, 29) === day.getTime(),
      new Date('2024-02-29').getTime() === day.getTime(),
      Date.length,
      Date.name,
      Object.prototype.toString.call(new Date()),
      globalThis.Date === Date,
    ].join(' ');
  },
  clock: () => {
    const from = performance.now();
    let now = from;
    while (now === from) now = performance.now();
    return now > from && now - from < 1000 && Math.abs(performance.timeOrigin + now - Date.now()) < 1000;
  },
  random: () => Math.random(),
  'random by another name': () => {
    const { random } = Math;
    return random();
  },
  spread: () => {
    const all = Array.from({ length: 2000 }, () => Math.random());
    const mean = all.reduce((sum, one) => sum + one) / all.length;
    return new Set(all).size === 2000 && mean > 0.45 && mean < 0.55 && all.every((one) => one >= 0 && one < 1);
  },
  uuid: () => crypto.randomUUID(),
  bytes: () => [...crypto.getRandomValues(new Uint8Array(8))].join(),
  words: () => crypto.getRandomValues(new Uint32Array(16)).some((word) => word > 0xffffff),
  'too many bytes': () => {
    try {
      crypto.getRandomValues(new Uint8Array(65_537));
    } catch (thrown) {
      return (thrown as Error).name;
    }
    return 'none';
  },
  'log it': () => console.warn('logged'),
};

export const ask = (what: string): string => String(calls[what]?.());

export const refuse = (how: string): string => {
  if (how === 'text') throw 'refused';
  if (how === 'error') throw new Error('refused too');
  return how;
};

export const later = async (): Promise<string> => Promise.resolve('later');
