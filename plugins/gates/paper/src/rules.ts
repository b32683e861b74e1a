/** The paper's two rules as pure functions: which candidates of a query are kept, and when a repair is accepted. Method notes §1.3 and §1.4. */
import { type GateCase, isRight, PluginError, type ScoredTrajectory, type Verdict } from "@autotraj/core/plugin";
import type { PaperGateOptions } from "./options.ts";
import { failureOf, reasonOf, shown, terms, valueIn } from "./reasons.ts";
import { isRequiredKnown, type Shortfall, shortfallsOf } from "./required.ts";

interface Judged {
  readonly item: ScoredTrajectory;
  readonly right: boolean;
  readonly wellFormed: boolean;
  /** Of a right answer: the required minimums that it does not reach. */
  readonly short: readonly Shortfall[];
  /** S; for a wrong answer, which the paper does not score, 0. */
  readonly quality: number;
}

/** Verdicts for the candidates of one query, or undefined when none can be judged: a question without a gold answer is another gate's. */
export function judgeCandidates({ items }: GateCase, options: PaperGateOptions): readonly Verdict[] | undefined {
  const judged = items.map((item) => judge(item, options));
  if (judged.every((candidate) => candidate === undefined)) return undefined;
  // The rule is about right answers: min and max run over the right candidates that may be kept at all, as the published code scores no others.
  const eligible = judged.filter((candidate): candidate is Judged => candidate !== undefined && isEligible(candidate));
  const scores = eligible.map(({ quality }) => quality);
  const lowest = Math.min(...scores);
  const best = Math.max(...scores);
  const keepAll = lowest >= options.keepAll;
  const bestOne = !keepAll && best >= options.keepBest ? eligible[scores.indexOf(best)] : undefined;
  return judged.map((candidate, index): Verdict => {
    const item = items[index] as ScoredTrajectory;
    if (isUnfinished(item)) return { decision: "discard", reason: "the policy failed before it was finished", cause: "failed" };
    if (candidate === undefined)
      return { decision: "discard", reason: `it could not be judged${failureOf(item, decisive(options))}`, cause: "unjudged" };
    if (!candidate.right) return { decision: "repair", reason: "the answer is wrong", cause: "wrong" };
    const flaw = flawOf(candidate);
    if (flaw !== undefined) return { decision: "repair", reason: `right, but ${flaw.text}`, cause: flaw.cause };
    const s = `S ${shown(candidate.quality)}`;
    // It takes no place: what is said of it here is only that nothing else speaks against it.
    if (isRefused(item)) return { decision: "keep", reason: `right, ${s}` };
    if (keepAll)
      return { decision: "keep", reason: `right, ${s}; the lowest of the question's right answers is ${shown(lowest)} ≥ ${options.keepAll}` };
    if (candidate === bestOne) return { decision: "keep", reason: `right, ${s} ≥ ${options.keepBest}, the question's best` };
    if (bestOne !== undefined)
      return { decision: "repair", reason: `right, but ${s} is below the question's best ${shown(best)}${terms(item)}`, cause: "poor" };
    return { decision: "repair", reason: `right, but ${s} < ${options.keepBest}${terms(item)}`, cause: "poor" };
  });
}

/** Accepts or refuses one repair: a wrong parent asks for less than a poor one, which must also be beaten. */
export function judgeRepair({ items, parent }: GateCase, options: PaperGateOptions): readonly Verdict[] | undefined {
  const [item] = items;
  if (item === undefined || parent === undefined) return undefined;
  const repaired = judge(item, options);
  if (repaired === undefined)
    return [{ decision: "repair", reason: `the repair could not be judged${failureOf(item, decisive(options))}`, cause: "unjudged" }];
  if (isUnfinished(item)) return [{ decision: "repair", reason: "the policy failed before it was finished", cause: "failed" }];
  if (!repaired.right) return [{ decision: "repair", reason: "the repaired answer is wrong", cause: "wrong" }];
  const flaw = flawOf(repaired);
  if (flaw !== undefined) return [{ decision: "repair", reason: `the repair is right, but ${flaw.text}`, cause: flaw.cause }];
  const parentWasRight = isRight(parent.scores["correctness"]) === true;
  const least = parentWasRight ? options.acceptPoor : options.acceptWrong;
  const { quality } = repaired;
  if (quality <= least) return [{ decision: "repair", reason: `S ${shown(quality)} is not above ${least}${terms(item)}`, cause: "poor" }];
  const before = valueIn(parent.scores, "quality");
  // A parent that only broke the format or fell short of what is required need not be beaten in quality: it may have had the best there is.
  const parentWasFlawed = parent.verdict?.cause === "format" || shortfallsOf(parent.scores, options).length > 0;
  if (parentWasRight && !parentWasFlawed && before !== undefined && quality <= before) {
    return [{ decision: "repair", reason: `S ${shown(quality)} is no better than before (${shown(before)})`, cause: "no better" }];
  }
  return [{ decision: "keep", reason: `right, S ${shown(quality)} > ${least}` }];
}

/** @throws PluginError when the preset has no scorer for what the rule is about. */
function judge(item: ScoredTrajectory, options: PaperGateOptions): Judged | undefined {
  const { correctness, quality, format } = item.scores;
  if (correctness === undefined || quality === undefined) {
    throw new PluginError(
      "DIMENSION_MISSING",
      `the paper's gate needs the dimension "${correctness === undefined ? "correctness" : "quality"}", and no scorer fills it.`,
      {
        hint: `Add ${correctness === undefined ? "@autotraj/scorer-answer" : "@autotraj/scorer-quality"} to the preset.`,
      },
    );
  }
  const right = isRight(correctness);
  if (right === undefined) return undefined;
  const formatCounts = options.format === "require" && format !== undefined;
  // A score that failed is not a low score: nothing is decided on it.
  if (right && (!("value" in quality) || (formatCounts && !("value" in format)) || !isRequiredKnown(item.scores, options))) return undefined;
  return {
    item,
    right,
    wellFormed: !formatCounts || ("value" in format && format.value === 1),
    short: right ? shortfallsOf(item.scores, options) : [],
    quality: "value" in quality ? quality.value : 0,
  };
}

function isEligible(candidate: Judged): boolean {
  return candidate.right && flawOf(candidate) === undefined && !isUnfinished(candidate.item) && !isRefused(candidate.item);
}

/** By a gate before this one. */
function isRefused({ verdict }: ScoredTrajectory): boolean {
  return verdict !== undefined && verdict.decision !== "keep";
}

/** Why a right answer may not be kept, however good S is. The cause is what is required first: a repair that mends the form alone would keep the rest. */
function flawOf({ item, short, wellFormed }: Judged): Shortfall | undefined {
  const flaws = wellFormed ? short : [...short, { text: `the format is broken${reasonOf(item.scores, "format")}`, cause: "format" }];
  const [first] = flaws;
  return first === undefined ? undefined : { text: flaws.map(({ text }) => text).join("; "), cause: first.cause };
}

function isUnfinished({ trajectory }: ScoredTrajectory): boolean {
  return trajectory.finish === "failed";
}

/** The dimensions without which nothing is decided. */
function decisive({ require }: PaperGateOptions): readonly string[] {
  return ["correctness", "quality", "format", ...Object.keys(require)];
}
