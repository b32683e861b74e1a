/** What a verdict's reason says of scores. */
import type { ScoredTrajectory, Scores } from "@autotraj/core/plugin";

/** The value of a dimension; undefined where it has none. */
export function valueIn(scores: Scores, dimension: string): number | undefined {
  const score = scores[dimension];
  return score !== undefined && "value" in score ? score.value : undefined;
}

/** The scorer's own reason, in brackets. */
export function reasonOf(scores: Scores, dimension: string): string {
  const score = scores[dimension];
  return score !== undefined && "value" in score && score.reason !== undefined ? ` (${score.reason})` : "";
}

/** The terms of S that pull it down. */
export function terms({ scores }: ScoredTrajectory): string {
  const low = ["confidence", "length", "repetition"].flatMap((name) => {
    const value = valueIn(scores, name);
    return value !== undefined && value < 1 ? [`${name} ${shown(value)}`] : [];
  });
  return low.length === 0 ? "" : `: ${low.join(", ")}`;
}

/** Why one of the dimensions that a rule needs has no value. */
export function failureOf({ scores }: ScoredTrajectory, dimensions: readonly string[]): string {
  for (const dimension of dimensions) {
    const score = scores[dimension];
    if (score !== undefined && "failed" in score) return `: ${dimension} failed (${score.failed})`;
  }
  return "";
}

/** Cut, not rounded: 0.8599 must not read as 0.86. */
export function shown(value: number): string {
  return (Math.floor(value * 1000) / 1000).toString();
}
