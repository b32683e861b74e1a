/** Holds one trajectory's scores against the rules: what falls short, what was skipped, what failed. Decides nothing. */

import type { Score, ScoredTrajectory, Scores } from "@autotraj/core/plugin";
import { brief } from "@autotraj/trajectory-text/brief";
import type { ByDimension, ThresholdGateOptions } from "./options.ts";

/** The rules of one stage, candidates or repairs. */
export interface Rules {
  readonly minimums: ByDimension;
  readonly maximums: ByDimension;
  /** Empty where nothing of the stage uses the weighted score: then a failed dimension in it costs nothing. */
  readonly weights: ByDimension;
  readonly weightedMinimum: number | undefined;
  /** Candidates only. */
  readonly discardBelow: number | undefined;
  /** Candidates only: how many pass at most. */
  readonly keepAtMost: number | undefined;
}

/** A rule that is not met, and the verdict's cause it stands for. */
export interface Shortfall {
  readonly text: string;
  readonly cause: string;
}

export interface Findings {
  /** Rules whose dimension has a value and misses it, in the order of the options. */
  readonly short: readonly Shortfall[];
  /** Dimensions of the rules that a scorer skipped. */
  readonly skipped: readonly Shortfall[];
  /** Dimensions of the rules whose scorer failed. Never a low score: nothing is known. */
  readonly failed: readonly string[];
  /** What was met, with the numbers. */
  readonly met: readonly string[];
  /** The weighted score; undefined where it is not used, or not every dimension of it (none, where skipped ones are ignored) has a value. */
  readonly weighted: number | undefined;
}

export function findingsOf({ scores }: ScoredTrajectory, rules: Rules, options: ThresholdGateOptions): Findings {
  const causeOf = (dimension: string) => causeFor(dimension, options);
  const short: Shortfall[] = [];
  const met: string[] = [];
  for (const [limits, misses, sign, opposite] of [
    [rules.minimums, (value: number, limit: number) => limit - value > ROUNDING, "<", "≥"],
    [rules.maximums, (value: number, limit: number) => value - limit > ROUNDING, ">", "≤"],
  ] as const) {
    for (const [dimension, limit] of Object.entries(limits)) {
      const value = valueIn(scores, dimension);
      if (value === undefined) continue;
      if (misses(value, limit))
        short.push({ text: `${dimension} ${shown(value, limit)} ${sign} ${limit}${why(scores, dimension)}`, cause: causeOf(dimension) });
      else met.push(`${dimension} ${shown(value, limit)} ${opposite} ${limit}`);
    }
  }
  const weighted = options.whenSkipped === "ignore" || isComplete(scores, rules.weights) ? weightedMean(scores, rules.weights) : undefined;
  const least = rules.weightedMinimum;
  if (weighted !== undefined && least !== undefined) {
    if (weighted < least)
      short.push({
        text: `weighted ${shown(weighted, least)} < ${least}${terms(scores, rules.weights)}`,
        cause: lowestCause(scores, rules, options),
      });
    else met.push(`weighted ${shown(weighted, least)} ≥ ${least}`);
  }
  const dimensions = [...new Set([rules.minimums, rules.maximums, rules.weights].flatMap(Object.keys))];
  return {
    short,
    skipped: dimensions.flatMap((dimension) => {
      const score = scores[dimension];
      return score !== undefined && "skipped" in score
        ? [{ text: `${dimension} was skipped (${brief(score.skipped, LONGEST_REASON)})`, cause: causeOf(dimension) }]
        : [];
    }),
    failed: dimensions.flatMap((dimension) => {
      const score = scores[dimension];
      return score !== undefined && "failed" in score ? [`${dimension} failed (${brief(score.failed, LONGEST_REASON)})`] : [];
    }),
    met,
    weighted,
  };
}

/**
 * The mean of the weighted dimensions that have a value: Σ wᵢ·vᵢ / Σ wᵢ, rounded to nine places, so that three values of 0.7 are 0.7 and not
 * 0.6999…; undefined where none has, or where one of them failed. `also` leaves out what has no value there either, to compare like with like.
 */
export function weightedMean(scores: Scores, weights: ByDimension, also: Scores = scores): number | undefined {
  let sum = 0;
  let total = 0;
  for (const [dimension, weight] of Object.entries(weights)) {
    const value = valueIn(scores, dimension);
    if (isFailed(scores[dimension])) return undefined;
    if (value === undefined || valueIn(also, dimension) === undefined) continue;
    sum += weight * value;
    total += weight;
  }
  return total === 0 ? undefined : Math.round((sum / total) * 1e9) / 1e9;
}

/** The word for what is wrong that repairers and tables go by; the same as the paper's gate uses. */
function causeFor(dimension: string, { causes }: ThresholdGateOptions): string {
  if (Object.hasOwn(causes, dimension)) return causes[dimension] ?? "poor";
  if (dimension === "correctness") return "wrong";
  if (dimension === "grounded") return "ungrounded";
  return dimension === "format" ? "format" : "poor";
}

/** A weighted score falls short most of all by its lowest dimension, of equals the first. */
function lowestCause(scores: Scores, { weights }: Rules, options: ThresholdGateOptions): string {
  let lowest: { dimension: string; value: number } | undefined;
  for (const dimension of Object.keys(weights)) {
    const value = valueIn(scores, dimension);
    if (value !== undefined && (lowest === undefined || value < lowest.value)) lowest = { dimension, value };
  }
  return lowest === undefined ? "poor" : causeFor(lowest.dimension, options);
}

function isComplete(scores: Scores, weights: ByDimension): boolean {
  return Object.keys(weights).every((dimension) => valueIn(scores, dimension) !== undefined);
}

function isFailed(score: Score | undefined): boolean {
  return score !== undefined && "failed" in score;
}

function valueIn(scores: Scores, dimension: string): number | undefined {
  const score = Object.hasOwn(scores, dimension) ? scores[dimension] : undefined;
  return score !== undefined && "value" in score ? score.value : undefined;
}

function terms(scores: Scores, weights: ByDimension): string {
  const parts = Object.keys(weights).flatMap((dimension) => {
    const value = valueIn(scores, dimension);
    return value === undefined ? [] : [`${dimension} ${shown(value)}`];
  });
  return ` (${parts.join(", ")})`;
}

/** The scorer's own reason, which may quote the model. */
function why(scores: Scores, dimension: string): string {
  const score = scores[dimension];
  return score !== undefined && "value" in score && score.reason !== undefined ? ` (${brief(score.reason, LONGEST_REASON)})` : "";
}

const LONGEST_REASON = 120;

/** What sums of doubles leave behind: 0.4 + 0.3 + 0.3 · ⅔ is 0.9, and 0.8999999999999999 in a double. */
const ROUNDING = 1e-9;

/** Three places; more where those would read as the limit itself, so that 0.8599999 is never shown as the 0.86 it misses. */
export function shown(value: number, limit?: number): string {
  const rounded = Math.round(value * 1000) / 1000;
  return String(rounded === limit && Math.abs(value - limit) > ROUNDING ? value : rounded);
}
