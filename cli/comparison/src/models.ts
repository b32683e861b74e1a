/** Two evaluated models on the held-out questions that both were asked, whichever runs evaluated them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AutoTrajError, isRight, readSummary, type Scores } from "@autotraj/core";
import { rowsIn } from "@autotraj/core/rows";
import { compareQuestions, type QuestionComparison } from "./result.ts";

/** A model as a run's evaluation has it. */
export interface EvaluatedModel {
  readonly run: string;
  readonly model: string;
}

export interface ComparedModels {
  readonly a: EvaluatedModel;
  readonly b: EvaluatedModel;
  /** Right at temperature 0. */
  readonly questions: QuestionComparison;
  /** What a reader must know. */
  readonly notes: readonly string[];
}

/** @throws ATRAJ_USAGE where a run has evaluated no such model */
export function compareEvaluated(a: EvaluatedModel, b: EvaluatedModel): ComparedModels {
  const notes = [a, b].flatMap(({ run, model }) => {
    const row = readSummary(run).evaluation?.models.find((one) => one.model === model);
    return row?.outOfDate === undefined ? [] : [`${model} of ${run} is out of date: ${row.outOfDate}.`];
  });
  return { a, b, questions: compareQuestions(answersOf(a), answersOf(b)), notes };
}

/** Names of the models that a run has evaluated, in the order of its table. */
export function evaluatedModels(run: string): readonly string[] {
  return (readSummary(run).evaluation?.models ?? []).map(({ model }) => model);
}

function answersOf({ run, model }: EvaluatedModel): ReadonlyMap<string, number> {
  const known = evaluatedModels(run);
  const file = join(run, "evaluation", `${model}.jsonl`);
  if (!known.includes(model) || !existsSync(file)) {
    throw new AutoTrajError("ATRAJ_USAGE", {
      who: "compare",
      what: `${run} has evaluated no model "${model}".`,
      hint: known.length === 0 ? "It has evaluated none: `autotraj eval` does." : `It has ${known.join(", ")}.`,
    });
  }
  const right = new Map<string, number>();
  for (const row of rowsIn(file) as Iterable<unknown>) {
    const { id, greedy } = row as { readonly id: string; readonly greedy: { readonly finish: string; readonly scores: Scores } };
    // What could not be had is counted nowhere, as in the run's own tables.
    if (greedy.finish !== "failed") right.set(id, isRight(greedy.scores["correctness"]) === true ? 1 : 0);
  }
  return right;
}
