/** Counts of values in TensorFlow's own buckets: each a tenth wider than the one before, from 1e-12 on, to both sides of 0. */

const UPWARDS = Array.from({ length: 776 }, (_, power) => 1e-12 * 1.1 ** power);
const LIMITS: readonly number[] = [...UPWARDS.map((limit) => -limit).reverse(), ...UPWARDS, Number.MAX_VALUE];

export class Histogram {
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;
  count = 0;
  sum = 0;
  squares = 0;
  /** By the place of the bucket's upper limit. */
  readonly #counts = new Map<number, number>();

  add(value: number): void {
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
    this.count++;
    this.sum += value;
    this.squares += value * value;
    const place = placeOf(value);
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + 1);
  }

  /** Those that are not empty, by their upper limits; what lies between two of them is one empty bucket. */
  buckets(): readonly { readonly limit: number; readonly count: number }[] {
    const places = [...this.#counts.keys()].sort((a, b) => a - b);
    return places.flatMap((place, index) => {
      const isApart = place > 0 && places[index - 1] !== place - 1;
      const before = isApart ? [{ limit: LIMITS[place - 1] as number, count: 0 }] : [];
      return [...before, { limit: LIMITS[place] as number, count: this.#counts.get(place) ?? 0 }];
    });
  }
}

/** The first limit that lies above the value. */
function placeOf(value: number): number {
  let [low, high] = [0, LIMITS.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((LIMITS[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
