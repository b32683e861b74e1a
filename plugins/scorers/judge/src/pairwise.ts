/** A repair against its original, in both orders: a judge that only prefers a place prefers nobody. */
import { allFinished, type Score } from "@autotraj/core/plugin";
import { brief } from "@autotraj/trajectory-text/brief";
import { type Jury, LONGEST_REASON, type Vote } from "./jury.ts";
import { attemptParts, type Material, sharedParts } from "./material.ts";
import type { JudgeOptions } from "./options.ts";
import { PAIRWISE_QUESTION } from "./prompts.ts";

const [A, B, TIE] = [0, 1, 2];
const CHOICES = ["A", "B", "tie"];

/** Votes in both orders by what they said together. */
export interface Comparison {
  /** Both orders prefer the repair; the original; or call it a tie. */
  readonly repair: number;
  readonly original: number;
  readonly tie: number;
  /** One order said otherwise than the other: counts as a tie. */
  readonly disagreed: number;
  /** A reply of the two had no clear verdict. */
  readonly unreadable: number;
  readonly leftOut: number;
  readonly explanation: string;
}

/** Asks the jury in both orders. @throws what a failed call threw. */
export async function compare(jury: Jury, repair: Material, original: Material, options: JudgeOptions): Promise<Comparison> {
  const room = Math.floor(options.maxCharacters / 2);
  const shared = sharedParts(repair, options);
  const ask = (first: Material, second: Material) =>
    jury.ask({ name: "better", question: PAIRWISE_QUESTION, meanings: [], choices: CHOICES }, [
      ...shared,
      ...attemptParts(first, room, "attempt A").parts,
      ...attemptParts(second, room, "attempt B").parts,
    ]);
  const [repairFirst = [], originalFirst = []] = await allFinished([ask(repair, original), ask(original, repair)]);
  const pairs = repairFirst.map((vote, index) => outcome(vote, originalFirst[index]));
  const count = (wanted: Outcome) => pairs.filter((pair) => pair === wanted).length;
  return {
    repair: count("repair"),
    original: count("original"),
    tie: count("tie"),
    disagreed: count("disagreed"),
    unreadable: count("unreadable"),
    leftOut: attemptParts(repair, room).leftOut + attemptParts(original, room).leftOut,
    explanation: repairFirst[pairs.findIndex((pair) => pair === "repair" || pair === "original")]?.explanation ?? "",
  };
}

type Outcome = "repair" | "original" | "tie" | "disagreed" | "unreadable";

function outcome(repairFirst: Vote, originalFirst: Vote): Outcome {
  if (repairFirst === undefined || originalFirst === undefined) return "unreadable";
  if (repairFirst.choice === A && originalFirst.choice === B) return "repair";
  if (repairFirst.choice === B && originalFirst.choice === A) return "original";
  return repairFirst.choice === TIE && originalFirst.choice === TIE ? "tie" : "disagreed";
}

/** 1 where more votes prefer the repair than the original, 0 the other way round, else 0.5. */
export function preferenceScore(comparison: Comparison, { votes, showGold }: JudgeOptions): Score {
  const { repair, original, tie, disagreed, unreadable, leftOut } = comparison;
  if (unreadable === votes) return { failed: `none of ${votes} ${votes === 1 ? "comparison" : "comparisons"} had a clear verdict in both orders` };
  const notes = [
    `in both orders: repair ${repair}, original ${original}, tie ${tie}`,
    ...(disagreed > 0 ? [`${disagreed} depended on the order (a tie)`] : []),
    ...(unreadable > 0 ? [`${unreadable} without a clear verdict`] : []),
    ...(leftOut > 0 ? [`${leftOut} characters not shown`] : []),
    ...(showGold ? ["gold answer shown"] : []),
  ].join("; ");
  const explanation = brief(comparison.explanation, LONGEST_REASON);
  return {
    value: repair > original ? 1 : repair < original ? 0 : 0.5,
    reason: showGold || explanation === "" ? notes : `${notes}: "${explanation}" (A is the repair)`,
  };
}
