/** Holds a trajectory's scores against the minimums that are required beside the paper's own rule. */
import type { Scores } from "@autotraj/core/plugin";
import type { PaperGateOptions } from "./options.ts";
import { reasonOf, shown, valueIn } from "./reasons.ts";

/** A minimum that is not reached, and the verdict's cause it stands for. */
export interface Shortfall {
  readonly text: string;
  readonly cause: string;
}

/** What falls short, in the order of `require`. A score that failed does not: it is unknown, not low (`isRequiredKnown`). */
export function shortfallsOf(scores: Scores, { require, causes, whenSkipped }: PaperGateOptions): readonly Shortfall[] {
  return Object.entries(require).flatMap(([dimension, minimum]) => {
    const text = shortfall(scores, dimension, minimum, whenSkipped);
    return text === undefined ? [] : [{ text, cause: causeOf(dimension, causes) }];
  });
}

/** Whether each required dimension was judged, if only by being skipped. */
export function isRequiredKnown(scores: Scores, { require }: PaperGateOptions): boolean {
  return Object.keys(require).every((dimension) => scores[dimension] !== undefined && !("failed" in scores[dimension]));
}

function shortfall(scores: Scores, dimension: string, minimum: number, whenSkipped: PaperGateOptions["whenSkipped"]): string | undefined {
  const score = scores[dimension];
  if (score !== undefined && "skipped" in score) return whenSkipped === "fail" ? `${dimension} was skipped (${score.skipped})` : undefined;
  const value = valueIn(scores, dimension);
  return value !== undefined && minimum - value > ROUNDING ? `${dimension} ${shown(value)} < ${minimum}${reasonOf(scores, dimension)}` : undefined;
}

/** What sums of doubles leave behind: three times 0.7, divided by three, is 0.6999999999999998. */
const ROUNDING = 1e-9;

/** The words that repairers and tables go by; the same as `gate-threshold` uses. */
const CAUSES: ReadonlyMap<string, string> = new Map([
  ["correctness", "wrong"],
  ["format", "format"],
  ["grounded", "ungrounded"],
]);

function causeOf(dimension: string, causes: PaperGateOptions["causes"]): string {
  return new Map(Object.entries(causes)).get(dimension) ?? CAUSES.get(dimension) ?? "poor";
}
