/** The paper's two rules as pure functions: which candidates of a query are kept, and when a repair is accepted. Method notes §1.3 and §1.4. */
import { type GateCase, isRight, PluginError, type ScoredTrajectory, type Verdict } from "@autotraj/core/plugin";
import type { PaperGateOptions } from "./options.ts";

interface Judged {
  readonly item: ScoredTrajectory;
  readonly right: boolean;
  readonly wellFormed: boolean;
  /** S; for a wrong answer, which the paper does not score, 0. */
  readonly quality: number;
}

/** Verdicts for the candidates of one query, or undefined when none can be judged: a question without a gold answer is another gate's. */
export function judgeCandidates({ items }: GateCase, options: PaperGateOptions): readonly Verdict[] | undefined {
  const judged = items.map((item) => judge(item, options));
  if (judged.every((candidate) => candidate === undefined)) return undefined;
  // The rule is about right answers: min and max run over the right, well-formed, finished candidates, as the published code scores no others.
  const eligible = judged.filter(
    (candidate): candidate is Judged => candidate?.right === true && candidate.wellFormed && !isUnfinished(candidate.item),
  );
  const scores = eligible.map(({ quality }) => quality);
  const lowest = Math.min(...scores);
  const best = Math.max(...scores);
  const keepAll = lowest >= options.keepAll;
  const bestOne = !keepAll && best >= options.keepBest ? eligible[scores.indexOf(best)] : undefined;
  return judged.map((candidate, index): Verdict => {
    const item = items[index] as ScoredTrajectory;
    if (isUnfinished(item)) return { decision: "discard", reason: "the policy failed before it was finished", cause: "failed" };
    if (candidate === undefined) return { decision: "discard", reason: `it could not be judged${failureOf(item)}`, cause: "unjudged" };
    if (!candidate.right) return { decision: "repair", reason: "the answer is wrong", cause: "wrong" };
    if (!candidate.wellFormed) return { decision: "repair", reason: `right, but the format is broken${reasonOf(item, "format")}`, cause: "format" };
    const s = `S ${shown(candidate.quality)}`;
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
  if (repaired === undefined) return [{ decision: "repair", reason: `the repair could not be judged${failureOf(item)}`, cause: "unjudged" }];
  if (isUnfinished(item)) return [{ decision: "repair", reason: "the policy failed before it was finished", cause: "failed" }];
  if (!repaired.right) return [{ decision: "repair", reason: "the repaired answer is wrong", cause: "wrong" }];
  if (!repaired.wellFormed) return [{ decision: "repair", reason: `the repair breaks the format${reasonOf(item, "format")}`, cause: "format" }];
  const parentWasRight = isRight(parent.scores["correctness"]) === true;
  const least = parentWasRight ? options.acceptPoor : options.acceptWrong;
  const { quality } = repaired;
  if (quality <= least) return [{ decision: "repair", reason: `S ${shown(quality)} is not above ${least}${terms(item)}`, cause: "poor" }];
  const before = scoreOf(parent, "quality");
  // A parent that only broke the format need not be beaten in quality: it may have had the best there is.
  if (parentWasRight && parent.verdict?.cause !== "format" && before !== undefined && quality <= before) {
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
  if (right && (!("value" in quality) || (formatCounts && !("value" in format)))) return undefined;
  return {
    item,
    right,
    wellFormed: !formatCounts || ("value" in format && format.value === 1),
    quality: "value" in quality ? quality.value : 0,
  };
}

function isUnfinished({ trajectory }: ScoredTrajectory): boolean {
  return trajectory.finish === "failed";
}

function scoreOf({ scores }: ScoredTrajectory, dimension: string): number | undefined {
  const score = scores[dimension];
  return score !== undefined && "value" in score ? score.value : undefined;
}

/** The terms of S that pull it down. */
function terms(item: ScoredTrajectory): string {
  const low = ["confidence", "length", "repetition"].flatMap((name) => {
    const value = scoreOf(item, name);
    return value !== undefined && value < 1 ? [`${name} ${shown(value)}`] : [];
  });
  return low.length === 0 ? "" : `: ${low.join(", ")}`;
}

function reasonOf({ scores }: ScoredTrajectory, dimension: string): string {
  const score = scores[dimension];
  return score !== undefined && "value" in score && score.reason !== undefined ? ` (${score.reason})` : "";
}

/** Why a dimension that the rule needs has no value. */
function failureOf({ scores }: ScoredTrajectory): string {
  for (const dimension of ["correctness", "quality", "format"]) {
    const score = scores[dimension];
    if (score !== undefined && "failed" in score) return `: ${dimension} failed (${score.failed})`;
  }
  return "";
}

/** Cut, not rounded: 0.8599 must not read as 0.86. */
function shown(value: number): string {
  return (Math.floor(value * 1000) / 1000).toString();
}
