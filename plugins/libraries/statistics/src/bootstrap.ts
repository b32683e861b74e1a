/** What all bootstrap intervals here have in common: the generator, the percentiles, and what is said of values without any spread. */

/** What values can be at least and at most. */
export type Range = readonly [least: number, most: number];
export const SHARES: Range = [0, 1];
export const DIFFERENCES: Range = [-1, 1];

/** The normal quantile of 97.5 %. */
export const Z = 1.959963984540054;
const RESAMPLES = 10_000;
/** Of the sorted resampled means, 2.5 % lie at or beyond each end: the 250th from below and from above. */
const LOW = RESAMPLES / 40 - 1;
const HIGH = RESAMPLES - 1 - LOW;

/** The percentile interval of 95 %. @param draw one resampled mean */
export function percentileInterval(seed: number, draw: (random: () => number) => number): readonly [number, number] {
  const random = mulberry32(seed);
  const means = Float64Array.from({ length: RESAMPLES }, () => draw(random)).sort();
  return [means[LOW] as number, means[HIGH] as number];
}

/**
 * Equal values show no spread, and a bootstrap would claim certainty from three questions. By Wilson's interval for 0 of n, up to w = z²/(n + z²) of all
 * questions can be otherwise, at worst at the ends of the range. Of shares 0 and 1 this is Wilson's interval itself; of no values (n = 0) the whole range.
 */
export function ofEqualValues(value: number, n: number, [least, most]: Range): readonly [number, number] {
  const other = Z ** 2 / (n + Z ** 2);
  return [value - other * (value - least), value + other * (most - value)];
}

/**
 * Tommy Ettinger's mulberry32: numbers in [0, 1) from one 32-bit counter. Its period of 2^32 is far more than an estimate draws (10,000 for each question),
 * and it is the cheapest generator without visible faults in means.
 */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
