/** Means with intervals, two models on the same questions, and the most frequent answer. Pure: the same values and seed give the same figures. */
import type { Estimate, ModelComparison } from "@autotraj/core/reports";
import { DIFFERENCES, ofEqualValues, percentileInterval, type Range, SHARES, Z } from "./bootstrap.ts";

export { mulberry32 } from "./bootstrap.ts";

/** Query id → 1 (right) or 0. */
export type ComparedAnswers = ReadonlyMap<string, number>;

/**
 * Mean of values in [0, 1], one per question, with its 95 % interval: Wilson's for zeros and ones, else the percentile bootstrap over questions.
 * Of no values: value 0 and the interval of all that is possible, [0, 1], with `n` 0; read `n` first.
 */
export function meanEstimate(values: readonly number[], seed: number): Estimate {
  return estimate(values, singletons(values.length), SHARES, seed);
}

/** {@link meanEstimate} of values of which several can belong to one question (a cluster): resampled by question, never by value. `n` counts values. */
export function clusteredMean(values: readonly number[], questions: readonly string[], seed: number): Estimate {
  return estimate(values, clusterNumbers(questions), SHARES, seed);
}

/** The same of differences between such values, in [-1, 1]: two judges of the same pairs. */
export function clusteredDifference(values: readonly number[], questions: readonly string[], seed: number): Estimate {
  return estimate(values, clusterNumbers(questions), DIFFERENCES, seed);
}

/** `a` minus `b` over the questions that both have, in the order of `a`. Without a common question: difference 0 in [-1, 1] with `n` 0, p 1. */
export function compareModels(a: ComparedAnswers, b: ComparedAnswers, seed: number): Omit<ModelComparison, "model" | "against"> {
  const differences: number[] = [];
  for (const [id, right] of a) {
    const other = b.get(id);
    if (other !== undefined) differences.push(right - other);
  }
  const better = differences.filter((difference) => difference > 0).length;
  const worse = differences.filter((difference) => difference < 0).length;
  return {
    difference: estimate(differences, singletons(differences.length), DIFFERENCES, seed),
    better,
    worse,
    p: mcnemar(better, worse),
  };
}

/**
 * Index of the first sample that gives the most frequent answer; of equally frequent ones, the answer that came first. Answers are the same where they
 * agree but for case, outer blanks and the writing of a number (`1,000`, `1000`, `1000.0`). Missing and blank answers have no vote: undefined when all are.
 */
export function majorityIndex(answers: readonly (string | undefined)[]): number | undefined {
  const votes = new Map<string, { readonly first: number; count: number }>();
  answers.forEach((answer, index) => {
    const key = normalised(answer ?? "");
    if (key === "") return;
    const vote = votes.get(key);
    if (vote === undefined) votes.set(key, { first: index, count: 1 });
    else vote.count++;
  });
  let most: { readonly first: number; readonly count: number } | undefined;
  for (const vote of votes.values()) if (most === undefined || vote.count > most.count) most = vote;
  return most?.first;
}

interface Clusters {
  /** Of each value, the number of its cluster. */
  readonly of: Int32Array;
  readonly count: number;
}

function singletons(count: number): Clusters {
  return { of: Int32Array.from({ length: count }, (_, index) => index), count };
}

function clusterNumbers(names: readonly string[]): Clusters {
  const numbers = new Map<string, number>();
  const of = Int32Array.from(names, (name) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
  return { of, count: numbers.size };
}

function estimate(values: readonly number[], clusters: Clusters, range: Range, seed: number): Estimate {
  const n = values.length;
  const value = n === 0 ? 0 : values.reduce((sum, one) => sum + one, 0) / n;
  const [low, high] = intervalOf(values, value, clusters, range, seed);
  return { value, low, high, n };
}

function intervalOf(values: readonly number[], mean: number, clusters: Clusters, range: Range, seed: number): readonly [number, number] {
  if (values.every((one) => one === values[0])) return ofEqualValues(mean, clusters.count, range);
  if (range === SHARES && clusters.count === values.length && values.every((one) => one === 0 || one === 1)) return wilson(mean, values.length);
  return bootstrap(values, clusters, seed);
}

/**
 * Wilson's score interval of a share p of n: (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n).
 * E. B. Wilson, J. Am. Stat. Assoc. 22 (1927); recommended for small n by Brown, Cai and DasGupta, Stat. Sci. 16 (2001).
 */
function wilson(p: number, n: number): readonly [number, number] {
  const centre = p + Z ** 2 / (2 * n);
  const half = Z * Math.sqrt((p * (1 - p)) / n + Z ** 2 / (4 * n ** 2));
  return [(centre - half) / (1 + Z ** 2 / n), (centre + half) / (1 + Z ** 2 / n)];
}

/** The percentile bootstrap of a mean, clusters drawn with replacement (Davison and Hinkley, Bootstrap Methods and their Application, 1997, sections 3.8, 5.3). */
function bootstrap(values: readonly number[], { of, count }: Clusters, seed: number): readonly [number, number] {
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  values.forEach((value, index) => {
    const cluster = of[index] as number;
    sums[cluster] = (sums[cluster] as number) + value;
    sizes[cluster] = (sizes[cluster] as number) + 1;
  });
  return percentileInterval(seed, (random) => {
    let sum = 0;
    let size = 0;
    for (let drawn = 0; drawn < count; drawn++) {
      const cluster = Math.floor(random() * count);
      sum += sums[cluster] as number;
      size += sizes[cluster] as number;
    }
    return sum / size;
  });
}

/**
 * McNemar's exact two-sided p: of b + c questions that only one model has right, min(1, 2·P(X ≤ min(b, c))) with X ~ Binomial(b + c, ½); 1 where there is
 * none. The largest term is taken through its logarithm and the others by their ratios, so that thousands of questions neither over- nor underflow.
 */
function mcnemar(better: number, worse: number): number {
  const n = better + worse;
  const fewer = Math.min(better, worse);
  let logLargest = -n * Math.LN2;
  for (let k = 1; k <= fewer; k++) logLargest += Math.log((n - fewer + k) / k);
  let terms = 1;
  for (let k = fewer, ratio = 1; k > 0; k--) {
    ratio *= k / (n - k + 1);
    terms += ratio;
  }
  return Math.min(1, 2 * Math.exp(logLargest) * terms);
}

const NUMBER = /^([+-]?)((?:\d{1,3}(?:,\d{3})+|\d+)?)(?:\.(\d*))?$/;

/** Numbers are compared as text, digit by digit: `9007199254740993` is not `9007199254740992`. */
function normalised(answer: string): string {
  const text = answer.trim().toLowerCase();
  const [, sign, whole = "", fraction = ""] = NUMBER.exec(text) ?? [];
  if (whole === "" && fraction === "") return text;
  const digits = whole.replaceAll(",", "").replace(/^0+/, "") || "0";
  const decimals = fraction.replace(/0+$/, "");
  const size = decimals === "" ? digits : `${digits}.${decimals}`;
  return sign === "-" && size !== "0" ? `-${size}` : size;
}
