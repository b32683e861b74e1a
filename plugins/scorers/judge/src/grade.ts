/** One dimension of one attempt: its votes, and the score they make. */
import type { Score } from "@autotraj/core/plugin";
import { brief } from "@autotraj/trajectory-text/brief";
import { type Jury, LONGEST_REASON, type Vote } from "./jury.ts";
import { attemptParts, type Material, sharedParts } from "./material.ts";
import type { Dimension, JudgeOptions } from "./options.ts";

/** Where the verdict stands on the scale, and how it came about. */
export interface Grade {
  /** Index into the dimension's choices; undefined where no vote could be read. */
  readonly choice: number | undefined;
  readonly votes: readonly Vote[];
  /** Characters of the attempt that the judge was not shown. */
  readonly leftOut: number;
}

/** Why the dimension does not apply, or undefined where it does. */
export function notApplicable({ appliesTo }: Dimension, { has }: Material): string | undefined {
  if (appliesTo === "tools-offered" && !has.tools) return "no tool was offered";
  if (appliesTo === "tool-results" && !has.results) return "no tool returned anything";
  return undefined;
}

/** Asks the jury. @throws what a failed call threw. */
export async function grade(jury: Jury, dimension: Dimension, material: Material, options: JudgeOptions): Promise<Grade> {
  const { parts, leftOut } = attemptParts(material, options.maxCharacters);
  const inquiry = { name: dimension.rubric, question: dimension.question, meanings: dimension.levels, choices: dimension.choices };
  const votes = await jury.ask(inquiry, [...sharedParts(material, options), ...parts]);
  return { choice: lowerMedian(choicesOf(votes)), votes, leftOut };
}

/** The median, of two in the middle the lower one: a judge in doubt does not pass. With two choices this is the majority vote. */
export function lowerMedian(choices: readonly number[]): number | undefined {
  return choices.toSorted((a, b) => a - b)[Math.floor((choices.length - 1) / 2)];
}

/** @param worth a verdict's value by known verdicts, worst choice first; undefined: its place on the scale. */
export function scoreOf(graded: Grade, { choices }: Dimension, { showGold }: JudgeOptions, worth: readonly number[] | undefined): Score {
  const { choice, votes, leftOut } = graded;
  const readable = choicesOf(votes);
  if (choice === undefined) return { failed: `none of ${votes.length} ${votes.length === 1 ? "reply" : "replies"} of the judge had a clear verdict` };
  const plain = choice / (choices.length - 1);
  const value = worth?.[choice] ?? plain;
  const notes = [
    choices[0] === "1" ? `${choices[choice]} of ${choices.length}` : choices[choice],
    ...(votes.length > 1 ? [`votes ${readable.map((vote) => choices[vote]).join(" ")}`] : []),
    ...(readable.length < votes.length ? [`${votes.length - readable.length} of ${votes.length} replies had no clear verdict`] : []),
    ...(worth === undefined ? [] : [`${plain.toFixed(2)} before calibration`]),
    ...(leftOut > 0 ? [`${leftOut} characters not shown`] : []),
    ...(showGold ? ["gold answer shown"] : []),
  ].join("; ");
  const explanation = brief(votes.find((vote) => vote?.choice === choice)?.explanation ?? "", LONGEST_REASON);
  // An explanation by somebody who has seen the gold answer would hand it to whoever reads the reasons: a repairer.
  return { value, reason: showGold || explanation === "" ? notes : `${notes}: "${explanation}"` };
}

function choicesOf(votes: readonly Vote[]): readonly number[] {
  return votes.flatMap((vote) => (vote === undefined ? [] : [vote.choice]));
}
