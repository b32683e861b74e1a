/** What the scorers and the gate found, in words a repairer can use, without giving the gold answer away. */
import type { RepairCase, Score, ScoredTrajectory } from "@autotraj/core/plugin";

/** Dimensions at or above this are not worth mentioning. */
const GOOD_ENOUGH = 0.95;

/** One line per weakness, worst first. */
export function diagnose({ trajectory, scores, verdict }: ScoredTrajectory): readonly string[] {
  const weak = Object.entries(scores)
    .filter(([dimension]) => !IS_SECOND_OPINION.test(dimension))
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
  return score.reason === undefined || COMPARES_WITH_GOLD.test(dimension) ? `${value}.` : `${value}: ${score.reason}`;
}

/** Reasons of these dimensions compare with the gold answer: cut short or normalised, so that no search for it would find it. */
const COMPARES_WITH_GOLD = /^(correctness|f1)$/;

/** A second answer scorer's, under a suffix (`correctnessPaper`): it decides nothing, may contradict what does, and compares with the gold answer too. */
const IS_SECOND_OPINION = /^(correctness|f1)./;

/** A line that contains a gold answer is left out, even where it may be there by chance. */
function givesAway(line: string, answers: readonly string[]): boolean {
  const shown = normalized(line);
  return answers.some((answer) => {
    const gold = normalized(answer);
    return gold === "" ? answer !== "" && line.includes(answer) : shown.includes(gold);
  });
}

/** `1,234`, `Paris.` and `\frac{1}{2}` are found however they are capitalised, spaced and punctuated. */
function normalized(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}.]/gu, "");
}

/** The attempts refused so far. Only a wrong answer is named: one refused for another cause is right, and would be the gold answer in other words. */
export function refusals(attempts: RepairCase["attempts"], answers: readonly string[]): readonly string[] {
  return attempts.flatMap(({ trajectory, verdict }) => {
    const cause = verdict?.cause ?? "not good enough";
    const line =
      cause === "wrong"
        ? `An earlier repair answered "${trajectory.answer ?? "nothing"}" and was refused (wrong).`
        : `An earlier repair was refused (${cause}).`;
    return givesAway(line, answers) ? [] : [line];
  });
}
