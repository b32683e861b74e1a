/** The rows of a study's tables, as texts: the terminal's, Markdown's and the comma-separated ones say the same. */
import { counted, type Estimate } from "@autotraj/core";
import type { ArmComparison, ArmRun, StudyResult } from "./result.ts";

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One row for each run: arm × seed. */
export function runsTable({ arms, measure }: StudyResult): Table {
  const stages = [...new Set(arms.flatMap(({ runs }) => runs.flatMap(({ trainings }) => Object.keys(trainings))))];
  return {
    header: [
      "arm",
      "seed",
      measure === "greedy" ? "right" : "right samples",
      "questions",
      "mean",
      ...stages.flatMap((stage) => [`${stage} steps`, `${stage} loss tokens`]),
      "weights",
    ],
    rows: arms.flatMap(({ arm, runs }) =>
      runs.map((run) => [
        ...[arm, String(run.seed), number(run.right, measure), String(run.questions), run.mean.toFixed(3)],
        ...stages.flatMap((stage) => effort(run, stage)),
        run.precision ?? "–",
      ]),
    ),
  };
}

function number(right: number, measure: StudyResult["measure"]): string {
  return measure === "greedy" ? String(right) : right.toFixed(2);
}

function effort({ trainings }: ArmRun, stage: string): readonly string[] {
  const { steps, lossTokens } = trainings[stage] ?? { steps: null, lossTokens: null };
  return [steps, lossTokens].map((value) => (value === null ? "–" : value.toLocaleString("en-US")));
}

/** One row for each arm, over its seeds, behind the untrained policy. */
export function armsTable({ arms, references }: StudyResult): Table {
  return {
    header: ["arm", "seeds", "questions", "right (95 % interval)", "per seed"],
    rows: [
      ...references.map(({ model, questions, greedy }) => [model, "–", String(questions), greedy === null ? "–" : interval(greedy), "–"]),
      ...arms.map(({ arm, runs, mean }) => [
        ...[arm, String(runs.length), mean === null ? "–" : String(mean.n), mean === null ? "–" : interval(mean)],
        runs.map((run) => run.mean.toFixed(3)).join(", ") || "–",
      ]),
    ],
  };
}

/** One row for each arm: what its loop wrote, and what there was to learn from. A training seed changes nothing of it. */
export function dataTable({ arms }: StudyResult): Table {
  return {
    header: ["arm", "candidates", "repairs tried", "kept", "repaired", "questions with rows", "only by repairs"],
    rows: arms.flatMap(({ arm, runs: [first] }) => {
      if (first === undefined) return [];
      const { candidates, repairs, kept, repaired, questions, gained } = first.loop;
      return [[arm, ...[candidates, repairs, kept, repaired, questions, gained].map((count) => count.toLocaleString("en-US"))]];
    }),
  };
}

/** `clean − all: +0.193 (+0.061 to +0.325), 3 seeds, 38 questions; by seed +0.132, …` */
export function comparisonLine({ arm, against, difference: { value, low, high, n }, seeds, addedLater }: ArmComparison): string {
  const count = `${counted(seeds.length, "seed")}, ${counted(n, "question")}`;
  const each = seeds.map(({ difference }) => signed(difference)).join(", ");
  return `${arm} − ${against}: ${signed(value)} (${signed(low)} to ${signed(high)}), ${count}; by seed ${each}${addedLater ? " [added later]" : ""}`;
}

function interval({ value, low, high, n }: Estimate): string {
  return n === 0 ? "–" : `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}
