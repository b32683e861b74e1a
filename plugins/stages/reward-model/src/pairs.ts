/** How well a reward model's scores tell held-out pairs apart, beside rules that can do so without any judgement of a trajectory. */
import type { PreferencePair, SftRow } from "@autotraj/core/plugin";
import type { Estimate, RewardModelReport } from "@autotraj/core/reports";
import { clusteredDifference, clusteredMean, mulberry32 } from "@autotraj/statistics/intervals";

/** Canonical rows of `preferences.jsonl`. */
export type PairRow = Omit<PreferencePair, "chosen" | "rejected"> & { readonly chosen: SftRow; readonly rejected: SftRow };

export interface ScoredPair extends PairRow {
  /** The model's score of each side; undefined (or no finite number) where it could give none. */
  readonly chosenScore: number | undefined;
  readonly rejectedScore: number | undefined;
}

/** A side with its text as the dialect has it, without the prompt. */
type Told = SftRow & { readonly text: string };
type ToldPair = Omit<PairRow, "chosen" | "rejected"> & { readonly chosen: Told; readonly rejected: Told };

/** A pair of which both sides have a score. */
interface Judged extends ToldPair {
  /** Score of the chosen side minus that of the rejected one. */
  readonly margin: number;
}

/**
 * Everything is taken over the held-out pairs with two finite scores. A pair counts 1 where the chosen side is preferred, ½ where neither is. Several
 * pairs can share a question, so intervals are bootstrapped over questions (`query.id`). Accuracy is compared with these baselines on the same pairs:
 *
 * - `longer wins`, `shorter wins`: words of what was written after the question, tools' results included (the paper's own pairs differ in length).
 * - `fewer calls`: tool results in the trajectory.
 * - `quality`: the paper's S, where both sides have it, else ½; left out where no pair has it on both sides.
 * - `author`: who usually wins in the training pairs. A reward model can reach as much by style alone. Where no author is on both sides,
 *   as in pairs of repairs and originals, this is 1 whatever they are worth: it is reported (`authorsSeparated`) and is never `best`.
 * - `bag of words`: a logistic regression on the training pairs' word counts.
 * - `shuffled labels`: the same with a random half of the training pairs turned round, the mean of five such draws: about ½. Never `best`.
 *
 * Of no scored pairs: every estimate has `n` 0, `best` and `sameAuthor` are null, nothing is beaten, and the scale is that of the scores there are.
 */
export function evaluatePairs(
  heldOut: readonly ScoredPair[],
  training: readonly PairRow[],
  seed: number,
  textOf: (row: SftRow) => string,
): RewardModelReport {
  const told = <Pair extends PairRow>({ chosen, rejected, ...pair }: Pair) => ({
    ...pair,
    chosen: { ...chosen, text: textOf(chosen) },
    rejected: { ...rejected, text: textOf(rejected) },
  });
  const train = training.map(told);
  const judged = heldOut.flatMap((pair): Judged[] => {
    const { chosenScore, rejectedScore } = pair;
    return isScore(chosenScore) && isScore(rejectedScore) ? [{ ...told(pair), margin: chosenScore - rejectedScore }] : [];
  });
  const questions = judged.map(({ query }) => query.id);
  const right = judged.map(({ margin }) => credit(margin));
  const accuracy = clusteredMean(right, questions, seed);
  const baselines = [...baselineCredits(judged, train, seed)].map(([name, values]) => ({
    name,
    values,
    estimate: clusteredMean(values, questions, seed),
  }));
  // Where no author was ever on both sides, who wrote it says nothing about how good it is, and no reward model could do better than 1.
  const separated = authorsAreSeparated(heldOut);
  const best = judged.length === 0 ? undefined : bestOf(baselines.filter(({ name }) => name !== SHUFFLED && !(separated && name === AUTHOR)));
  const lead = clusteredDifference(
    right.map((value, index) => value - (best?.values[index] ?? 0)),
    questions,
    seed,
  );
  const sameAuthor = judged.filter(({ chosen, rejected }) => authorOf(chosen) !== undefined && authorOf(chosen) === authorOf(rejected));
  return {
    pairs: judged.length,
    unscored: heldOut.length - judged.length,
    accuracy,
    baselines: Object.fromEntries(baselines.map(({ name, estimate }) => [name, estimate])),
    best: best?.name ?? null,
    authorsSeparated: separated,
    beatsBaselines: best !== undefined && accuracy.low > 0.5 && lead.low > 0,
    causes: causesOf(judged, seed),
    sameAuthor: sameAuthor.length === 0 ? null : accuracyOf(sameAuthor, seed),
    calibration: calibrationOf(judged),
    scale: scaleOf(heldOut.flatMap(({ chosenScore, rejectedScore }) => [chosenScore, rejectedScore]).filter(isScore)),
  };
}

function isScore(score: number | undefined): score is number {
  return score !== undefined && Number.isFinite(score);
}

function credit(margin: number): number {
  return margin > 0 ? 1 : margin < 0 ? 0 : 0.5;
}

function accuracyOf(pairs: readonly Judged[], seed: number): Estimate {
  return clusteredMean(
    pairs.map(({ margin }) => credit(margin)),
    pairs.map(({ query }) => query.id),
    seed,
  );
}

function bestOf<Baseline extends { readonly estimate: Estimate }>(baselines: readonly Baseline[]): Baseline | undefined {
  return baselines.reduce<Baseline | undefined>(
    (best, one) => (best === undefined || one.estimate.value > best.estimate.value ? one : best),
    undefined,
  );
}

/** Pairs whose rejected side has no cause are in none. */
function causesOf(judged: readonly Judged[], seed: number): Readonly<Record<string, Estimate>> {
  const byCause = Map.groupBy(judged, ({ rejected }) => rejected.verdict?.cause);
  return Object.fromEntries([...byCause].flatMap(([cause, pairs]) => (cause === undefined ? [] : [[cause, accuracyOf(pairs, seed)]])));
}

const BINS = 10;

/**
 * Bins of equally many pairs (to one) by the size of the score difference |d|, smallest first; fewer bins than ten for fewer than ten pairs. `difference`
 * is the mean |d|. A Bradley-Terry model claims σ(|d|) = 1 / (1 + e^−|d|) for the side it scores higher: `predicted` is the mean of that, `observed` the
 * share of pairs in which that side is the chosen one (a tie counts half). Signed differences would say what side a pair's row names first, no more.
 */
function calibrationOf(judged: readonly Judged[]): RewardModelReport["calibration"] {
  const sorted = judged.map(({ margin }) => ({ size: Math.abs(margin), right: credit(margin) })).sort((a, b) => a.size - b.size);
  const bins = Math.min(BINS, sorted.length);
  return Array.from({ length: bins }, (_, bin) => {
    const inBin = sorted.slice(Math.floor((bin * sorted.length) / bins), Math.floor(((bin + 1) * sorted.length) / bins));
    return {
      difference: mean(inBin.map(({ size }) => size)),
      predicted: mean(inBin.map(({ size }) => sigmoid(size))),
      observed: mean(inBin.map(({ right }) => right)),
      pairs: inBin.length,
    };
  });
}

/** Of all finite scores, also of those whose other side has none; the deviation is the population's. Both 0 where there is no score. */
function scaleOf(scores: readonly number[]): RewardModelReport["scale"] {
  if (scores.length === 0) return { mean: 0, deviation: 0 };
  const centre = mean(scores);
  return { mean: centre, deviation: Math.sqrt(mean(scores.map((score) => (score - centre) ** 2))) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/* ───────────────────────────── the baselines ───────────────────────────── */

const SHUFFLED = "shuffled labels";
const AUTHOR = "author";
/** One draw alone can be 0.1 off: pairs share a style, and random weights lean one way. */
const SHUFFLES = 5;

/** What each baseline gives the chosen side of each pair, in order. */
function baselineCredits(judged: readonly ToldPair[], train: readonly ToldPair[], seed: number): ReadonlyMap<string, readonly number[]> {
  const longer = judged.map(({ chosen, rejected }) => credit(wordCount(chosen) - wordCount(rejected)));
  const qualities = judged.map(qualityDifference);
  const author = authorRule(train);
  const [learnt, asked] = [train.map(wordDifference), judged.map(wordDifference)];
  const random = mulberry32(seed);
  const shuffled = Array.from({ length: SHUFFLES }, () =>
    bagOfWordsCredits(
      learnt.map((difference) => (random() < 0.5 ? difference : turned(difference))),
      asked,
    ),
  );
  return new Map([
    ["longer wins", longer],
    ["shorter wins", longer.map((value) => 1 - value)],
    ["fewer calls", judged.map(({ chosen, rejected }) => credit(callCount(rejected) - callCount(chosen)))],
    ...(qualities.every((difference) => difference === undefined)
      ? []
      : [["quality", qualities.map((difference) => credit(difference ?? 0))] as const]),
    [AUTHOR, judged.map((pair) => credit(author(pair)))],
    ["bag of words", bagOfWordsCredits(learnt, asked)],
    [SHUFFLED, judged.map((_, index) => mean(shuffled.map((credits) => credits[index] as number)))],
  ]);
}

/** Whitespace words of the rollout part, as the evaluation of models counts them. */
function wordCount({ text }: Told): number {
  return text.split(/\s+/).filter(Boolean).length;
}

function callCount({ messages }: SftRow): number {
  return messages.filter(({ role }) => role === "tool").length;
}

function qualityDifference({ chosen, rejected }: ToldPair): number | undefined {
  const [a, b] = [chosen.scores["quality"], rejected.scores["quality"]];
  return a !== undefined && b !== undefined && "value" in a && "value" in b ? a.value - b.value : undefined;
}

/** The repairer of a repair, else the model, else the policy that wrote it; undefined where none is known. */
function authorOf({ provenance: { origin, repairer, model, policy } }: SftRow): string | undefined {
  return origin === "repair" && repairer !== undefined ? `repairer ${repairer}` : (model ?? policy);
}

/** Every chosen side by authors that wrote no rejected one, as where all chosen sides are a repairer's. */
function authorsAreSeparated(pairs: readonly PairRow[]): boolean {
  const rejected = new Set(pairs.map((pair) => authorOf(pair.rejected)));
  return pairs.length > 0 && pairs.every(({ chosen }) => !rejected.has(authorOf(chosen)));
}

/** Prefers the author with the larger share of won training pairs, (won + 1) / (pairs + 2); one who is in none of them has ½. */
function authorRule(train: readonly ToldPair[]): (pair: PairRow) => number {
  const records = new Map<string, { won: number; pairs: number }>();
  const count = (row: SftRow, won: number) => {
    const author = authorOf(row);
    if (author === undefined) return;
    const record = records.get(author) ?? { won: 0, pairs: 0 };
    records.set(author, { won: record.won + won, pairs: record.pairs + 1 });
  };
  for (const { chosen, rejected } of train) {
    count(chosen, 1);
    count(rejected, 0);
  }
  const rate = (row: SftRow) => {
    const { won, pairs } = records.get(authorOf(row) ?? "") ?? { won: 0, pairs: 0 };
    return (won + 1) / (pairs + 2);
  };
  return ({ chosen, rejected }) => rate(chosen) - rate(rejected);
}

/** A sparse vector: `values[i]` stands in bucket `buckets[i]`. */
interface Sparse {
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
function bagOfWordsCredits(learnt: readonly Sparse[], asked: readonly Sparse[]): readonly number[] {
  const n = learnt.length;
  const weights = new Float64Array(BUCKETS);
  const curvature = n === 0 ? 1 : mean(learnt.map(({ values }) => values.reduce((sum, value) => sum + value ** 2, 0))) / 4 + PENALTY;
  for (let step = 0; step < STEPS && n > 0; step++) {
    const gradient = weights.map((weight) => PENALTY * weight);
    for (const difference of learnt) {
      const slope = -sigmoid(-product(weights, difference)) / n;
      difference.buckets.forEach((bucket, index) => {
        gradient[bucket] = (gradient[bucket] as number) + slope * (difference.values[index] as number);
      });
    }
    for (let bucket = 0; bucket < BUCKETS; bucket++) weights[bucket] = (weights[bucket] as number) - (gradient[bucket] as number) / curvature;
  }
  return asked.map((difference) => credit(product(weights, difference)));
}

function product(weights: Float64Array, { buckets, values }: Sparse): number {
  let sum = 0;
  for (let index = 0; index < buckets.length; index++) sum += (weights[buckets[index] as number] as number) * (values[index] as number);
  return sum;
}

function turned({ buckets, values }: Sparse): Sparse {
  return { buckets, values: values.map((value) => -value) };
}

/** log(1 + count) of each bucket, chosen minus rejected. */
function wordDifference({ chosen, rejected }: ToldPair): Sparse {
  const [won, lost] = [bucketCounts(chosen), bucketCounts(rejected)];
  const entries = [...new Set([...won.keys(), ...lost.keys()])]
    .map((bucket) => [bucket, Math.log1p(won.get(bucket) ?? 0) - Math.log1p(lost.get(bucket) ?? 0)] as const)
    .filter(([, value]) => value !== 0);
  return { buckets: Int32Array.from(entries, ([bucket]) => bucket), values: Float64Array.from(entries, ([, value]) => value) };
}

/** Words, numbers and single signs, in lower case, by FNV-1a over UTF-16 units, its high bits folded in. */
function bucketCounts({ text }: Told): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+|\p{N}+|[^\s\p{L}\p{N}]/gu)) {
    let hash = 0x811c9dc5;
    for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
    const bucket = (hash ^ (hash >>> 15)) & (BUCKETS - 1);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return counts;
}
