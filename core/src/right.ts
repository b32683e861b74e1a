/** When an answer counts as right: one rule for tables, pass rates, evaluation and plugins. */
import type { Score, Scores } from "./plugin.ts";

/** Checkers give 0 or 1; token F1 counts as right from 0.5, as in the paper's evaluation. */
export const RIGHT_FROM = 0.5;

/** The dimension that says whether an answer is right. */
export const CORRECTNESS = "correctness";

/** Whether an answer is right; undefined where it was not judged. */
export function isRight(correctness: Score | undefined): boolean | undefined {
  return correctness !== undefined && "value" in correctness ? correctness.value >= RIGHT_FROM : undefined;
}

export function scoreValue(scores: Scores, dimension: string): number | undefined {
  const score = scores[dimension];
  return score !== undefined && "value" in score ? score.value : undefined;
}
