/** What a repairing model is told to do, by what is wrong with the attempt. Own words; the cases `wrong` and `poor` are the paper's. */
import { type Finish, isRight, type ScoredTrajectory } from "@autotraj/core/plugin";

/**
 * `wrong`: its answer is. `malformed`: it breaks the form, or was never finished. `ungrounded`: its answer does not follow from the tools. `poor`: it could be
 * better. `other`: whatever else a gate names.
 */
export type AttemptCase = "wrong" | "malformed" | "ungrounded" | "poor" | "other";

const OF_CAUSES: ReadonlyMap<string, AttemptCase> = new Map([
  ["wrong", "wrong"],
  ["format", "malformed"],
  ["ungrounded", "ungrounded"],
  ["poor", "poor"],
]);

/** An attempt without an answer is unfinished, whatever a gate calls that. */
export function caseOf({ trajectory, verdict }: ScoredTrajectory): AttemptCase {
  return trajectory.finish === "answer" ? (OF_CAUSES.get(verdict?.cause ?? "") ?? "other") : "malformed";
}

/** How an attempt ended that gave no answer. */
export const UNFINISHED: Readonly<Record<Exclude<Finish, "answer">, string>> = {
  "no-answer": "stops without giving an answer",
  "tool-limit": "asks for more tool calls than allowed",
  "turn-limit": "takes too many turns",
  "token-limit": "breaks off in the middle of a turn",
  failed: "could not be finished",
};

/** The built-in text of a case. It says that an answer is right only where a scorer said so. */
export function taskOf(original: ScoredTrajectory): string {
  const { trajectory, scores, verdict } = original;
  const isKnownRight = isRight(scores["correctness"]) === true;
  switch (caseOf(original)) {
    case "wrong":
      return "The attempt below leads to a wrong answer. Find silently where it goes wrong (a misunderstanding, a slip in the reasoning or the calculation, a tool used badly) and how that spreads, then solve the question again from the start, correctly.";
    case "malformed":
      if (trajectory.finish !== "answer")
        return `The attempt below has no final answer: it ${UNFINISHED[trajectory.finish]}. Find silently what kept it from its end, then solve the question from the start, within the limits, and end with one final answer.`;
      return `The attempt below ${isKnownRight ? "reaches the right answer, but not" : "is not"} in the form that is asked for. Find silently what breaks the form, then write the solution from the start, exactly in the format of the instructions.`;
    case "ungrounded":
      return `The attempt below gives ${isKnownRight ? "the right answer, but it" : "an answer that"} does not follow from what the tools returned for the question that was asked. Find silently where a call leaves the question, or the answer leaves the results, then solve the question again from the start: compute or look up the answer from what the question gives, by calls that do not hold it already, and answer what the last result says.`;
    case "poor":
      return `The attempt below ${isKnownRight ? "reaches the right answer, but not in a good way" : "is not good enough"}. Look silently for redundant reasoning, unclear logic, repetition and hedging words, then write a better solution from the start.`;
    case "other": {
      const cause = verdict?.cause === undefined ? "" : ` (${verdict.cause})`;
      return `The attempt below was not accepted${cause}. Find silently what is wrong with it, then solve the question again from the start, better.`;
    }
  }
}
