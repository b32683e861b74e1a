/** A logistic regression on word counts: what a reward model could learn without having read a trajectory. */

/** A sparse vector: `values[i]` stands in bucket `buckets[i]`. */
export interface Sparse {
  readonly buckets: Int32Array;
  readonly values: Float64Array;
}

/** Words and signs are hashed into this many buckets: bounded, whatever models write. */
const BUCKETS = 2 ** 14;
/** Chosen on the 2,429 GSM8K pairs, five folds by question: 0.61 held out; larger or smaller ones, more steps and plain counts gave 0.57 to 0.61. */
const PENALTY = 0.01;
const STEPS = 200;

/**
 * Logistic regression without intercept on differences x (chosen minus rejected): minimises mean log(1 + e^(−w·x)) + PENALTY/2·|w|² by gradient descent
 * from 0, with steps of 1/L, L = mean |x|²/4 + PENALTY, a bound of the curvature, so that every step descends. Without training pairs it knows nothing.
 */
export function bagOfWordsMargins(learnt: readonly Sparse[], asked: readonly Sparse[]): readonly number[] {
  const n = learnt.length;
  const weights = new Float64Array(BUCKETS);
  const curvature = n === 0 ? 1 : learnt.reduce((sum, { values }) => sum + squared(values), 0) / n / 4 + PENALTY;
  for (let step = 0; step < STEPS && n > 0; step++) {
    const gradient = weights.map((weight) => PENALTY * weight);
    for (const difference of learnt) {
      const slope = -1 / (1 + Math.exp(product(weights, difference))) / n;
      difference.buckets.forEach((bucket, index) => {
        gradient[bucket] = (gradient[bucket] as number) + slope * (difference.values[index] as number);
      });
    }
    for (let bucket = 0; bucket < BUCKETS; bucket++) weights[bucket] = (weights[bucket] as number) - (gradient[bucket] as number) / curvature;
  }
  return asked.map((difference) => product(weights, difference));
}

function squared(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}

function product(weights: Float64Array, { buckets, values }: Sparse): number {
  let sum = 0;
  for (let index = 0; index < buckets.length; index++) sum += (weights[buckets[index] as number] as number) * (values[index] as number);
  return sum;
}

export function turned({ buckets, values }: Sparse): Sparse {
  return { buckets, values: values.map((value) => -value) };
}

/** log(1 + count) of each bucket, chosen minus rejected. */
export function wordDifference(chosen: string, rejected: string): Sparse {
  const [won, lost] = [bucketCounts(chosen), bucketCounts(rejected)];
  const entries = [...new Set([...won.keys(), ...lost.keys()])]
    .map((bucket) => [bucket, Math.log1p(won.get(bucket) ?? 0) - Math.log1p(lost.get(bucket) ?? 0)] as const)
    .filter(([, value]) => value !== 0);
  return { buckets: Int32Array.from(entries, ([bucket]) => bucket), values: Float64Array.from(entries, ([, value]) => value) };
}

/** Words, numbers and single signs, in lower case, by FNV-1a over UTF-16 units, its high bits folded in. */
function bucketCounts(text: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+|\p{N}+|[^\s\p{L}\p{N}]/gu)) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
    const bucket = (hash ^ (hash >>> 15)) & (BUCKETS - 1);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return counts;
}
