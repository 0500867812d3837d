/** Ranges of WIT's numbers. */

/** Smallest and largest value of the integers that fit a JavaScript number. */
export const INTEGERS = {
  u8: [0, 0xff],
  u16: [0, 0xffff],
  u32: [0, 0xffff_ffff],
  s8: [-0x80, 0x7f],
  s16: [-0x8000, 0x7fff],
  s32: [-0x8000_0000, 0x7fff_ffff],
} as const;

/** Smallest and largest value of the 64-bit integers. */
export const BIG_INTEGERS = {
  u64: [0n, 0xffff_ffff_ffff_ffffn],
  s64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
} as const;

/** The largest finite f32. */
export const LARGEST_F32 = 3.4028234663852886e38;

/** Digits of a whole number above zero without leading zeros, none larger than `max`, as a pattern without anchors. */
function upTo(max: bigint): string {
  const digits = max.toString();
  const shorter = `[1-9][0-9]{0,${digits.length - 2}}`;
  const branches = [shorter];
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[i]);
    const low = i === 0 ? 1 : 0;
    if (digit <= low) continue;
    const rest = digits.length - i - 1;
    branches.push(`${digits.slice(0, i)}[${low}-${digit - 1}]${rest === 0 ? '' : `[0-9]{${rest}}`}`);
  }
  return `${branches.join('|')}|${digits}`;
}

/** The pattern of a decimal string that fits `u64` or `s64`, exactly. */
export function decimalPattern(type: 'u64' | 's64'): string {
  const [low, high] = BIG_INTEGERS[type];
  if (type === 'u64') return `^(?:0|${upTo(high)})$`;
  return `^(?:0|${upTo(high)}|-(?:${upTo(-low)}))$`;
}
