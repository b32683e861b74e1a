/** The paper's two rules as pure functions: which candidates of a query are kept, and when a repair is accepted. Method notes §1.3 and §1.4. */
import { type GateCase, PluginError, type ScoredTrajectory, type Verdict } from "@autotraj/core/plugin";
import type { PaperGateOptions } from "./index.ts";

interface Judged {
  readonly item: ScoredTrajectory;
  readonly right: boolean;
  readonly wellFormed: boolean;
  /** S; undefined where the scorer could not or did not compute it. */
  readonly quality: number | undefined;
}

/** Verdicts for the candidates of one query, or undefined when none can be judged: a question without a gold answer is another gate's. */
export function judgeCandidates({ items }: GateCase, options: PaperGateOptions): readonly Verdict[] | undefined {
  const judged = items.map((item) => judge(item, options));
  if (judged.every((candidate) => candidate === undefined)) return undefined;
  // The rule is about right answers: min and max run over the right, well-formed candidates, as the published code scores no others.
  const eligible = judged.filter((candidate): candidate is Judged => candidate?.right === true && candidate.wellFormed);
  const scores = eligible.map(({ quality }) => quality ?? Number.NEGATIVE_INFINITY);
  const lowest = Math.min(...scores);
  const best = Math.max(...scores);
  const keepAll = lowest >= options.keepAll;
  const bestOne = !keepAll && best >= options.keepBest ? eligible[scores.indexOf(best)] : undefined;
  return judged.map((candidate, index): Verdict => {
    const trajectory = items[index]?.trajectory;
    if (trajectory?.finish === "failed") return { decision: "discard", reason: "the policy failed before it was finished", cause: "failed" };
    if (candidate === undefined) return { decision: "discard", reason: "its correctness could not be judged", cause: "unjudged" };
    if (!candidate.right) return { decision: "repair", reason: "the answer is wrong", cause: "wrong" };
    if (!candidate.wellFormed)
      return { decision: "repair", reason: `right, but the format is broken${reasonOf(candidate.item, "format")}`, cause: "format" };
    const s = `S ${shown(candidate.quality)}`;
    if (keepAll)
      return { decision: "keep", reason: `right, ${s}; the lowest of the question's right answers is ${shown(lowest)} ≥ ${options.keepAll}` };
    if (candidate === bestOne) return { decision: "keep", reason: `right, ${s} ≥ ${options.keepBest}, the question's best` };
    if (bestOne !== undefined)
      return { decision: "repair", reason: `right, but ${s} is below the question's best ${shown(best)}${terms(candidate.item)}`, cause: "poor" };
    return { decision: "repair", reason: `right, but ${s} < ${options.keepBest}${terms(candidate.item)}`, cause: "poor" };
  });
}

/** Accepts or refuses one repair: a wrong parent asks for less than a poor one, which must also be beaten. */
export function judgeRepair({ items, parent }: GateCase, options: PaperGateOptions): readonly Verdict[] | undefined {
  const [item] = items;
  if (item === undefined || parent === undefined) return undefined;
  const repaired = judge(item, options);
  if (repaired === undefined) return undefined;
  if (item.trajectory.finish === "failed") return [{ decision: "repair", reason: "the policy failed before it was finished", cause: "failed" }];
  if (!repaired.right) return [{ decision: "repair", reason: "the repaired answer is wrong", cause: "wrong" }];
  if (!repaired.wellFormed) return [{ decision: "repair", reason: `the repair breaks the format${reasonOf(item, "format")}`, cause: "format" }];
  const parentWasRight = scoreOf(parent, "correctness") === 1;
  const least = parentWasRight ? options.acceptPoor : options.acceptWrong;
  const quality = repaired.quality ?? Number.NEGATIVE_INFINITY;
  if (quality <= least) return [{ decision: "repair", reason: `S ${shown(quality)} is not above ${least}${terms(item)}`, cause: "poor" }];
  const before = scoreOf(parent, "quality");
  if (parentWasRight && before !== undefined && quality <= before) {
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
  if (!("value" in correctness)) return undefined;
  return {
    item,
    right: correctness.value === 1,
    wellFormed: options.format === "ignore" || format === undefined || ("value" in format && format.value === 1),
    quality: "value" in quality ? quality.value : undefined,
  };
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

function shown(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? "unknown" : value.toFixed(2);
}
