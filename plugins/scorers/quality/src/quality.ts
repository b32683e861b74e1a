/** The paper's score S of a trajectory: 0.4·confidence + 0.3·length + 0.3·repetition (method §1.3). */

import { type Dialects, isRight, type Score, type ScoreItem, type Scores, type Trajectory } from "@autotraj/core/plugin";
import { brief } from "@autotraj/trajectory-text/brief";
import { hedgeFinder } from "./confidence.ts";
import { lengthTerm } from "./length.ts";
import type { QualityOptions } from "./options.ts";
import { repetitionOf } from "./repetition.ts";
import { wordsOf } from "./words.ts";

/** Makes the function that fills the four dimensions of one item. */
export function qualityScorer(dialects: Dialects, options: QualityOptions): (item: ScoreItem) => Scores {
  const hedging = hedgeFinder(options.hedgeWords);
  const counted = new WeakMap<Trajectory, number>();

  function wordCount(trajectory: Trajectory): number {
    const count = counted.get(trajectory) ?? wordsOf(dialects.text(trajectory)).length;
    counted.set(trajectory, count);
    return count;
  }

  /** n*: the length that L compares with; undefined where there is nothing to compare with. */
  function bestLength(item: ScoreItem, words: number): number | undefined {
    const { parent } = item;
    if (parent !== undefined) {
      const counts = isRight(parent.scores["correctness"]) && reaches(parent.scores, options.among);
      return counts ? Math.min(words, wordCount(parent.trajectory)) : words;
    }
    const right = item.group.filter((other) => isRight(other.scores["correctness"]));
    const fallback = options.scope === "all" ? item.group.filter((other) => other.trajectory.finish !== "failed") : [];
    const compared = right.length > 0 ? right : fallback;
    if (compared.length === 0) return undefined;
    const admitted = compared.filter((other) => reaches(other.scores, options.among));
    const shortest = (admitted.length > 0 ? admitted : compared).reduce(
      (best, other) => Math.min(best, wordCount(other.trajectory)),
      Number.POSITIVE_INFINITY,
    );
    // One that is left out may be shorter still, and is not too long for that.
    return compared.includes(item) ? Math.min(words, shortest) : shortest;
  }

  function lengthScore(item: ScoreItem, words: number): Score {
    const best = bestLength(item, words);
    if (best === undefined) return { skipped: "no right candidate to compare with" };
    return { value: lengthTerm(words, best, options.sigma), reason: `${words} words, compared with ${best}` };
  }

  return (item) => {
    const words = wordsOf(dialects.text(item.trajectory));
    const confidence = confidenceScore(hedging(item.trajectory));
    const repetition = repetitionScore(repetitionOf(words));
    const unscored = options.scope === "right" ? whyUnscored(item.scores["correctness"]) : undefined;
    if (unscored !== undefined) return { confidence, length: { skipped: unscored }, repetition, quality: { skipped: unscored } };
    const length = lengthScore(item, words.length);
    return { confidence, length, repetition, quality: qualityScore({ confidence, length, repetition }, options.weights) };
  };
}

/** Whether every named dimension has a value, and one that is high enough. */
function reaches(scores: Scores, minimums: QualityOptions["among"]): boolean {
  return Object.entries(minimums).every(([dimension, minimum]) => {
    const score = scores[dimension];
    return score !== undefined && "value" in score && score.value >= minimum;
  });
}

function whyUnscored(correctness: Score | undefined): string | undefined {
  if (isRight(correctness)) return undefined;
  if (correctness === undefined) return "there is no correctness, and the paper scores right answers only";
  if ("value" in correctness) return "the answer is wrong; the paper scores right answers only";
  const why = "skipped" in correctness ? correctness.skipped : correctness.failed;
  return `correctness is not known (${why}); the paper scores right answers only`;
}

function confidenceScore({ words, spans }: ReturnType<ReturnType<typeof hedgeFinder>>): Score {
  if (words.length === 0) return { value: 1 };
  return { value: 0, reason: `hedging: ${words.join(", ")}`, ...(spans.length > 0 ? { spans } : {}) };
}

/** A repeated 3-gram is shown up to here: a "word" may be a megabyte long. */
const SHOWN_CHARACTERS = 60;

function repetitionScore({ value, worst }: ReturnType<typeof repetitionOf>): Score {
  if (worst === undefined) return { value };
  return { value, reason: `"${brief(worst.words, SHOWN_CHARACTERS)}" occurs ${worst.count} times` };
}

function qualityScore(terms: Readonly<Record<"confidence" | "length" | "repetition", Score>>, weights: QualityOptions["weights"]): Score {
  let value = 0;
  const shown: string[] = [];
  for (const name of ["confidence", "length", "repetition"] as const) {
    const term = terms[name];
    if (!("value" in term)) return { skipped: `${name}: ${"skipped" in term ? term.skipped : term.failed}` };
    value += weights[name] * term.value;
    shown.push(`${weights[name]} × ${name} ${term.value.toFixed(2)}`);
  }
  return { value: withoutNoise(value), reason: shown.join(" + ") };
}

/** 0.4 + 0.3 + 0.3 · 2/3 is 0.9, and as floating point adds it up a little less, which would fall below a gate's threshold; other weights add up to more than 1. */
function withoutNoise(sum: number): number {
  return Number(sum.toFixed(12));
}
