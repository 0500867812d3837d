/**
 * `Date`, `performance`, `Math.random` and `crypto` for guests, on the clocks and random numbers of WASI. QuickJS has the
 * first three, on a clock that the component does not import and a seed that is from its build. Until the first call
 * they answer as the build wants it, with what is always the same.
 */
import { isLive } from './guard.ts';

type Global = { [name: string]: unknown };
const on = globalThis as unknown as Global;

/** `wasi:clocks/wall-clock`. */
export type WallClock = () => { readonly seconds: number | bigint; readonly nanoseconds: number };
/** `wasi:clocks/monotonic-clock`. */
export type MonotonicClock = () => number | bigint;
/** `wasi:random/random`. */
export type RandomBytes = (count: number) => Uint8Array;

function set(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

export function installDate(clock: WallClock): void {
  const Native = Date;
  const now = (): number => {
    if (!isLive()) return Native.now();
    const { seconds, nanoseconds } = clock();
    return Number(seconds) * 1000 + Math.floor(nanoseconds / 1e6);
  };
  function GuestDate(...args: unknown[]): unknown {
    if (new.target === undefined) return new Native(now()).toString();
    return Reflect.construct(Native, args.length === 0 ? [now()] : args, new.target);
  }
  GuestDate.prototype = Native.prototype;
  set(GuestDate, 'name', 'Date');
  set(GuestDate, 'length', 7);
  set(GuestDate, 'now', now);
  set(GuestDate, 'parse', Native.parse);
  set(GuestDate, 'UTC', Native.UTC);
  set(Native.prototype, 'constructor', GuestDate);
  set(on, 'Date', GuestDate);
}

/** Time begins when it is first asked for in a call. */
export function installPerformance(clock: MonotonicClock, wall: WallClock): void {
  let origin: number | undefined;
  let timeOrigin = 0;
  const begin = (): number => {
    if (origin !== undefined) return origin;
    const { seconds, nanoseconds } = wall();
    timeOrigin = Number(seconds) * 1000 + nanoseconds / 1e6;
    origin = Number(clock());
    return origin;
  };
  set(on, 'performance', {
    now: (): number => {
      if (!isLive()) return 0;
      const from = begin();
      return (Number(clock()) - from) / 1e6;
    },
    get timeOrigin(): number {
      if (isLive()) begin();
      return timeOrigin;
    },
    toJSON: (): object => ({ timeOrigin: timeOrigin }),
  });
}

/** A generator (sfc32) that is seeded at its first use in a call, so that a number costs no call of the host. */
export function installMathRandom(bytes: RandomBytes): void {
  const native = Math.random;
  let state: Int32Array | undefined;
  const next = (s: Int32Array): number => {
    const [a = 0, b = 0, c = 0, d = 0] = s;
    const out = (a + b + d) | 0;
    s[0] = b ^ (b >>> 9);
    s[1] = (c + (c << 3)) | 0;
    s[2] = (((c << 21) | (c >>> 11)) + out) | 0;
    s[3] = (d + 1) | 0;
    return out >>> 0;
  };
  set(Math, 'random', function random(): number {
    if (!isLive()) return native();
    if (state === undefined) {
      state = new Int32Array(bytes(16).slice().buffer);
      for (let i = 0; i < 12; i += 1) next(state);
    }
    return ((next(state) >>> 5) * 0x4000000 + (next(state) >>> 6)) / 0x20000000000000;
  });
}

const MOST = 65_536;
type IntegerArray = Uint8Array | Int32Array;
const INTEGERS = /^(?:Int|Uint|BigInt|BigUint)\d+(?:Clamped)?Array$/;

export function installCrypto(random: RandomBytes): void {
  const bytes = (count: number): Uint8Array => {
    // Kept in the component, they would be the same in all its instances, and known to all who have the file.
    if (!isLive())
      throw new Error('crypto has no random values at the top level of a script; ask for them in a function');
    return random(count);
  };
  const getRandomValues = (array: IntegerArray): IntegerArray => {
    if (!ArrayBuffer.isView(array) || !INTEGERS.test(Object.prototype.toString.call(array).slice(8, -1))) {
      throw new DOMException('getRandomValues fills arrays of integers', 'TypeMismatchError');
    }
    if (array.byteLength > MOST) {
      throw new DOMException(
        `getRandomValues gives ${MOST} bytes at once, not ${array.byteLength}`,
        'QuotaExceededError',
      );
    }
    const target = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    if (target.length > 0) target.set(bytes(target.length));
    return array;
  };
  const randomUUID = (): string => {
    const b = bytes(16);
    b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
    b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
    const hex = Array.from(b, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  };
  set(on, 'crypto', { getRandomValues, randomUUID });
}
