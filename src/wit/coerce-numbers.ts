/** Numbers, strings and booleans between their JSON form and jco's JavaScript form. */
import type { Primitive } from '#core/wit-types';
import { expected, kindOf, Mismatch } from './coerce-common.ts';
import { BIG_INTEGERS, INTEGERS, LARGEST_F32 } from './ranges.ts';

type Convert = (value: unknown) => unknown;

const DECIMAL = /^(?:0|-?[1-9][0-9]{0,19})$/;
const WORDS: { readonly [word: string]: number } = { NaN: Number.NaN, Infinity: Infinity, '-Infinity': -Infinity };

function integerIn(type: keyof typeof INTEGERS): Convert {
  const [low, high] = INTEGERS[type];
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value + 0;
    if (typeof value === 'number') throw new Mismatch(`expected ${type} (${low} to ${high}), got ${value}`);
    throw expected(type, value);
  };
}

function bigIn(type: keyof typeof BIG_INTEGERS): Convert {
  const [low, high] = BIG_INTEGERS[type];
  return (value) => {
    const exact = toBig(type, value);
    if (exact >= low && exact <= high) return exact;
    throw new Mismatch(`expected ${type} (${low} to ${high}), got ${exact}`);
  };
}

function toBig(type: string, value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'number') {
    const why = Number.isInteger(value) ? ', which JSON numbers do not hold exactly; write it as a string' : '';
    throw new Mismatch(`expected ${type}, got number ${value}${why}`);
  }
  if (typeof value === 'string' && DECIMAL.test(value)) return BigInt(value);
  if (typeof value === 'string') throw new Mismatch(`expected ${type} as a number or a decimal string, got string`);
  throw expected(type, value);
}

function floatIn(type: 'f32' | 'f64'): Convert {
  return (value) => {
    if (typeof value === 'number') {
      if (type === 'f64' || Math.abs(value) <= LARGEST_F32 || !Number.isFinite(value)) return value;
      throw new Mismatch(`expected f32, got ${value}, which is too large`);
    }
    if (typeof value === 'string' && Object.hasOwn(WORDS, value)) return WORDS[value];
    throw expected(type, value);
  };
}

function stringIn(value: unknown): unknown {
  if (typeof value !== 'string') throw expected('string', value);
  if (!value.isWellFormed()) throw new Mismatch('the string has a lone surrogate, which UTF-8 cannot hold');
  return value;
}

function charIn(value: unknown): unknown {
  if (typeof value !== 'string') throw expected('char', value);
  const code = value.codePointAt(0);
  if (code === undefined || value.length !== (code > 0xffff ? 2 : 1)) {
    throw new Mismatch(`expected char (one Unicode character), got a string of length ${value.length}`);
  }
  if (!value.isWellFormed()) throw new Mismatch('the char is a lone surrogate');
  return value;
}

function boolIn(value: unknown): unknown {
  if (typeof value !== 'boolean') throw expected('bool', value);
  return value;
}

/** JSON to jco. */
export const PRIMITIVE_IN: { readonly [P in Primitive]: Convert } = {
  bool: boolIn,
  string: stringIn,
  char: charIn,
  u8: integerIn('u8'),
  u16: integerIn('u16'),
  u32: integerIn('u32'),
  s8: integerIn('s8'),
  s16: integerIn('s16'),
  s32: integerIn('s32'),
  u64: bigIn('u64'),
  s64: bigIn('s64'),
  f32: floatIn('f32'),
  f64: floatIn('f64'),
};

function bigOut(type: keyof typeof BIG_INTEGERS): Convert {
  const [low, high] = BIG_INTEGERS[type];
  return (value) => {
    if (typeof value !== 'bigint') throw expected(type, value);
    if (value < low || value > high) throw new Mismatch(`expected ${type}, got ${value}`);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  };
}

function floatOut(type: string): Convert {
  return (value) => {
    if (typeof value !== 'number') throw expected(type, value);
    return Number.isFinite(value) ? value : String(value);
  };
}

function stringOut(value: unknown): unknown {
  if (typeof value !== 'string') throw new Mismatch(`expected string, got ${kindOf(value)}`);
  return value;
}

/** jco to JSON. */
export const PRIMITIVE_OUT: { readonly [P in Primitive]: Convert } = {
  ...PRIMITIVE_IN,
  string: stringOut,
  u64: bigOut('u64'),
  s64: bigOut('s64'),
  f32: floatOut('f32'),
  f64: floatOut('f64'),
};
