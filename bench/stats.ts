/** The middle value; of an even number of values the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which `share` of the values lie, interpolated between neighbours. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** How far the median of these values is likely off, as a part of it: 1.25 IQR-based standard errors. */
export function relativeError(values: readonly number[]): number {
  if (values.length < 3) return Number.POSITIVE_INFINITY;
  const spread = (quantile(values, 0.75) - quantile(values, 0.25)) / 1.349;
  return (1.25 * spread) / Math.sqrt(values.length) / median(values);
}
