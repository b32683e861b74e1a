/** Gathers what a study found from the folders of its runs: every model question by question, arms over seeds, arms compared. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { artifactOf, isRight, type JsonObject, readSummary, type Scores } from "@autotraj/core";
import { rowsIn } from "@autotraj/core/rows";
import { differenceOverSeeds, meanOverSeeds } from "@autotraj/statistics/seeds";
import type { Compared, Measure, Study } from "./definition.ts";
import { notesOf } from "./notes.ts";
import type { StudyRun } from "./plan.ts";
import type { ArmComparison, ArmResult, ArmRun, Beginning, Effort, StudyResult } from "./result.ts";
import { differingSurroundings } from "./surroundings.ts";

/** Of the bootstrap: the same answers give the same intervals. */
const BOOTSTRAP_SEED = 1;

interface Answered {
  readonly run: ArmRun;
  /** Query id → value in [0, 1]. */
  readonly values: ReadonlyMap<string, number>;
}

export function resultsOf(study: Study, dir: string, done: readonly StudyRun[], beginning: Beginning): StudyResult {
  const answered = new Map(
    Object.keys(study.arms).map((arm) => [arm, done.filter((one) => one.arm === arm).map((one) => answersOf(one, dir, study.measure))]),
  );
  const arms = [...answered].map(([arm, runs]): ArmResult => {
    const values = runs.map((one) => one.values);
    return { arm, runs: runs.map(({ run }) => run), mean: runs.length === 0 ? null : meanOverSeeds(values, BOOTSTRAP_SEED) };
  });
  const comparisons = study.compare.flatMap((pair) => compared(pair, answered, beginning));
  const references = referencesOf(done);
  const found = { arms, comparisons, references };
  return {
    ...{
      study: study.name,
      preset: study.preset,
      measure: study.measure,
      done: done.length,
      planned: study.seeds.length * Object.keys(study.arms).length,
    },
    ...found,
    notes: [...notesOf(found, study, beginning), ...differingSurroundings(study, done)],
  };
}

function answersOf({ seed, runDir, model, trainings }: StudyRun, dir: string, measure: Measure): Answered {
  const values = new Map<string, number>();
  for (const row of rowsIn(answersFile(runDir, model)) as Iterable<JsonObject>) {
    const { id, greedy, samples } = row as unknown as EvaluatedRow;
    // Counted nowhere, as in the run's own tables.
    if (greedy.finish === "failed") continue;
    values.set(id, measure === "greedy" ? rightness(greedy) : samples.reduce((sum, one) => sum + rightness(one), 0) / samples.length);
  }
  const right = [...values.values()].reduce((sum, value) => sum + value, 0);
  const { evaluation, funnel, datasets } = readSummary(runDir);
  const evaluated = evaluation?.models.find((row) => row.model === model);
  return {
    values,
    run: {
      ...{ seed, run: relative(dir, runDir), model, precision: evaluated?.precision ?? null, failed: funnel.failedQueries },
      ...{ questions: values.size, right, mean: values.size === 0 ? 0 : right / values.size },
      loop: {
        ...{ candidates: funnel.candidates, repairs: funnel.repaired + funnel.refused, kept: funnel.kept, repaired: funnel.repaired },
        ...{ questions: datasets.questions, gained: datasets.onlyRepaired },
      },
      trainings: Object.fromEntries(trainings.map((stage) => [stage, effortOf(runDir, stage)])),
    },
  };
}

/** Where a run's evaluation keeps a model's answers. */
export function answersFile(runDir: string, model: string): string {
  return join(runDir, "evaluation", `${model}.jsonl`);
}

interface EvaluatedRow {
  readonly id: string;
  readonly greedy: Evaluated;
  readonly samples: readonly Evaluated[];
}
interface Evaluated {
  readonly finish: string;
  readonly scores: Scores;
}

function rightness({ scores }: Evaluated): number {
  return isRight(scores["correctness"]) === true ? 1 : 0;
}

function effortOf(runDir: string, stage: string): Effort {
  const artifact = artifactOf(runDir, stage);
  const { train = null } = (artifact?.["rows"] ?? {}) as { readonly train?: number };
  return {
    steps: artifact?.metrics?.["steps"] ?? null,
    lossTokens: artifact?.metrics?.["lossTokens"] ?? null,
    rows: train,
    seconds: artifact?.seconds ?? 0,
    data: artifact?.parts?.["the rows to train on"] ?? null,
  };
}

/** Over the seeds that both have. */
function compared(pair: Compared, answered: ReadonlyMap<string, readonly Answered[]>, beginning: Beginning): readonly ArmComparison[] {
  const [ours, theirs] = [answered.get(pair.arm) ?? [], answered.get(pair.against) ?? []];
  const pairs = ours.flatMap((one) => {
    const other = theirs.find(({ run }) => run.seed === one.run.seed);
    return other === undefined ? [] : [{ seed: one.run.seed, a: one.values, b: other.values }];
  });
  if (pairs.length === 0) return [];
  const difference = (some: typeof pairs) => differenceOverSeeds(some.map(({ a }) => a), some.map(({ b }) => b), BOOTSTRAP_SEED); // biome-ignore format: one thing
  return [
    {
      ...pair,
      difference: difference(pairs),
      seeds: pairs.map((one) => ({ seed: one.seed, difference: difference([one]).value })),
      addedLater: !beginning.compare.some(({ arm, against }) => arm === pair.arm && against === pair.against),
    },
  ];
}

function referencesOf([first]: readonly StudyRun[]): StudyResult["references"] {
  if (first === undefined || !existsSync(first.runDir)) return [];
  const untrained = readSummary(first.runDir).evaluation?.models.filter(({ path }) => path === null) ?? [];
  return untrained.map(({ model, precision, questions, greedy }) => ({
    model,
    questions,
    greedy,
    ...(precision === undefined ? {} : { precision }),
  }));
}
