/** How well a reward model's scores tell held-out pairs apart, beside rules that can do so without any judgement of a trajectory. */
import type { SftRow } from "@autotraj/core/plugin";
import type { Estimate, RewardModelReport } from "@autotraj/core/reports";
import { clusteredDifference, clusteredMean } from "@autotraj/statistics/intervals";
import { AUTHOR, authorOf, authorsAreSeparated, baselineCredits, credit, SHUFFLED } from "./baselines.ts";
import { namesOf, type PairRow, type ScoredPair, type ToldPair, told } from "./pair-row.ts";

/** A pair of which both sides have a score. */
interface Judged extends ToldPair {
  /** Score of the chosen side minus that of the rejected one. */
  readonly margin: number;
}

/** What the model and the rules make of one held-out pair: a line of `held-out-judged.jsonl`, in the order of the pairs. */
export interface PairJudgement {
  /** Ids of the two sides. */
  readonly chosen: string;
  readonly rejected: string;
  readonly chosenScore: number | null;
  readonly rejectedScore: number | null;
  /** What each baseline gives the chosen side: 1 where it prefers it, 0 where it prefers the other, ½ where neither. Null where a side has no score. */
  readonly rules: Readonly<Record<string, number>> | null;
}

export interface EvaluatedPairs {
  readonly report: RewardModelReport;
  readonly judgements: readonly PairJudgement[];
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
 * - `format`: the side that keeps it, where the other does not.
 * - `answer = last result`: the side whose answer is what its last successful call gave, where the other's is not.
 * - `untrained model`: the model as it was before the training, with the mean difference of the training pairs' last hidden states as its only direction;
 *   left out where the trainer does not give it. What it reaches, training has not taught.
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
): EvaluatedPairs {
  const train = training.map((pair) => told(pair, textOf));
  const judged = heldOut.flatMap((pair): Judged[] => {
    const { chosenScore, rejectedScore } = pair;
    return isScore(chosenScore) && isScore(rejectedScore) ? [{ ...told(pair, textOf), margin: chosenScore - rejectedScore }] : [];
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
  const rivals = baselines.filter(({ name }) => name !== SHUFFLED && !(separated && name === AUTHOR));
  const best = judged.length === 0 ? undefined : bestOf(rivals);
  const lead = clusteredDifference(
    right.map((value, index) => value - (best?.values[index] ?? 0)),
    questions,
    seed,
  );
  const sameAuthor = judged.filter(({ chosen, rejected }) => authorOf(chosen) !== undefined && authorOf(chosen) === authorOf(rejected));
  const report = {
    pairs: judged.length,
    unscored: heldOut.length - judged.length,
    accuracy,
    baselines: Object.fromEntries(baselines.map(({ name, estimate }) => [name, estimate])),
    best: best?.name ?? null,
    authorsSeparated: separated,
    beatsBaselines: best !== undefined && accuracy.low > 0.5 && lead.low > 0,
    kinds: kindsOf(judged, rivals, seed),
    causes: causesOf(judged, seed),
    sameAuthor: sameAuthor.length === 0 ? null : accuracyOf(sameAuthor, seed),
    calibration: calibrationOf(judged),
    scale: scaleOf(heldOut.flatMap(({ chosenScore, rejectedScore }) => [chosenScore, rejectedScore]).filter(isScore)),
  };
  return { report, judgements: judgementsOf(heldOut, baselines) };
}

function judgementsOf(heldOut: readonly ScoredPair[], baselines: readonly Credits[]): readonly PairJudgement[] {
  let judged = 0;
  return heldOut.map(({ chosen, rejected, chosenScore, rejectedScore }): PairJudgement => {
    const [won, lost] = [chosenScore, rejectedScore].map((score) => (isScore(score) ? score : null)) as [number | null, number | null];
    const at = won === null || lost === null ? undefined : judged++;
    const rules = at === undefined ? null : Object.fromEntries(baselines.map(({ name, values }) => [name, values[at] as number]));
    return { chosen: chosen.id, rejected: rejected.id, chosenScore: won, rejectedScore: lost, rules };
  });
}

function isScore(score: number | undefined): score is number {
  return score !== undefined && Number.isFinite(score);
}

function accuracyOf(pairs: readonly Judged[], seed: number): Estimate {
  return clusteredMean(
    pairs.map(({ margin }) => credit(margin)),
    pairs.map(({ query }) => query.id),
    seed,
  );
}

/** By kind of pair and by edit: the model's accuracy, and the rule that does best on these. */
function kindsOf(judged: readonly Judged[], rivals: readonly Credits[], seed: number): NonNullable<RewardModelReport["kinds"]> {
  const indices = judged.flatMap((pair, index) => namesOf(pair).map((name) => ({ name, index })));
  return Object.fromEntries(
    [...Map.groupBy(indices, ({ name }) => name)].sort().map(([name, own]) => {
      const over = (values: readonly number[]) =>
        clusteredMean(
          own.map(({ index }) => values[index] as number),
          own.map(({ index }) => (judged[index] as Judged).query.id),
          seed,
        );
      const share = ({ values }: Credits) => mean(own.map(({ index }) => values[index] as number));
      const best = rivals.reduce<Credits | undefined>((most, one) => (most === undefined || share(one) > share(most) ? one : most), undefined);
      const accuracy = over(judged.map(({ margin }) => credit(margin)));
      return [name, { accuracy, best: best?.name ?? null, bestAccuracy: best === undefined ? null : over(best.values) }];
    }),
  );
}

interface Credits {
  readonly name: string;
  readonly values: readonly number[];
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
