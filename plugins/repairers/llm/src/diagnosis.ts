/** What the scorers and the gate found, in words a repairer can use, without giving the gold answer away. */
import type { RepairCase, Score, ScoredTrajectory } from "@autotraj/core/plugin";

/** Dimensions at or above this are not worth mentioning. */
const GOOD_ENOUGH = 0.95;

/** One line per weakness, worst first. */
export function diagnose({ trajectory, scores, verdict }: ScoredTrajectory): readonly string[] {
  const weak = Object.entries(scores)
    .flatMap(([dimension, score]) => ("value" in score && score.value < GOOD_ENOUGH ? [{ dimension, score }] : []))
    .sort((a, b) => a.score.value - b.score.value || (a.dimension < b.dimension ? -1 : 1));
  const lines = weak.map(({ dimension, score }) => describe(dimension, score));
  if (verdict?.cause === "wrong") lines.unshift("The final answer is wrong.");
  if (trajectory.finish !== "answer") lines.unshift(FINISHES[trajectory.finish] ?? "It was not finished.");
  return [...lines, ...trajectory.faults.map((fault) => `Form: ${fault}.`)].filter((line) => !givesAway(line, trajectory.query.answers));
}

const FINISHES: Readonly<Record<string, string>> = {
  "no-answer": "It stops without giving an answer.",
  "tool-limit": "It asks for more tool calls than allowed.",
  "turn-limit": "It takes too many turns.",
  "token-limit": "It breaks off in the middle of a turn.",
  failed: "It could not be finished.",
};

function describe(dimension: string, score: Extract<Score, { value: number }>): string {
  const value = `${dimension} ${score.value.toFixed(2)}`;
  // The reason of a wrong answer may compare it with the gold one.
  return score.reason === undefined || dimension === "correctness" ? `${value}.` : `${value}: ${score.reason}`;
}

/** A line that contains a gold answer is left out, even where it may be there by chance. */
function givesAway(line: string, answers: readonly string[]): boolean {
  return answers.some((answer) => answer !== "" && line.includes(answer));
}

/** The attempts refused so far, shortest useful description. */
export function refusals(attempts: RepairCase["attempts"], answers: readonly string[]): readonly string[] {
  return attempts.flatMap(({ trajectory, verdict }) => {
    const line = `An earlier repair answered "${trajectory.answer ?? "nothing"}" and was refused (${verdict?.cause ?? "not good enough"}).`;
    return givesAway(line, answers) ? [] : [line];
  });
}
