/**
 * For authors of stages that report (`@autotraj/core/reports`). What an evaluation found, as `evaluation/evaluation.json` keeps it, and what of it still
 * holds when it is read again.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, writeJsonFile } from "../data/json-file.ts";
import { changeOfAny, found, portable } from "./artifact.ts";
import type { EvaluationSummary, ModelComparison, ModelEvaluation } from "./reports.ts";

export type * from "./reports.ts";
export { isWorkedOn, lastChange, lastEvent } from "./worked-on.ts";

export function evaluationDir(runDir: string): string {
  return join(runDir, "evaluation");
}

export function keepEvaluation(runDir: string, { models, ...others }: EvaluationSummary): void {
  const dir = evaluationDir(runDir);
  mkdirSync(dir, { recursive: true });
  const rows = models.map((row) => ({ ...row, path: row.path === null ? null : portable(dir, runDir, row.path) }));
  writeJsonFile(join(dir, "evaluation.json"), { models: rows, ...others });
}

/**
 * What an earlier evaluation of this run found. A row whose model is no longer what the run has is marked, and compared with nothing.
 * @param policy what the run's own policy is known by now, where that is known (`ModelEvaluation.identity`)
 */
export function readEvaluation(runDir: string, policy?: string): EvaluationSummary | undefined {
  const dir = evaluationDir(runDir);
  const file = join(dir, "evaluation.json");
  if (!existsSync(file)) return undefined;
  const { models, comparisons, ...others } = readJsonFile<EvaluationSummary>(file);
  const rows = models.map((row): ModelEvaluation => {
    const outOfDate = row.outOfDate ?? changeOfAny(dir, row.madeFrom ?? []) ?? otherPolicy(row, policy);
    return { ...row, path: row.path === null ? null : found(dir, row.path), ...(outOfDate === undefined ? {} : { outOfDate }) };
  });
  return { models: rows, comparisons: comparable(rows, comparisons), ...others };
}

/** Figures of models of different standing say nothing about each other. */
export function comparable<Pair extends Pick<ModelComparison, "model" | "against">>(
  rows: readonly Pick<ModelEvaluation, "model" | "outOfDate">[],
  pairs: readonly Pair[],
): readonly Pair[] {
  const old = new Set(rows.flatMap(({ model, outOfDate }) => (outOfDate === undefined ? [] : [model])));
  return pairs.filter(({ model, against }) => !old.has(model) && !old.has(against));
}

function otherPolicy({ path, identity }: ModelEvaluation, policy: string | undefined): string | undefined {
  const isOther = path === null && identity !== undefined && policy !== undefined && identity !== policy;
  return isOther ? "the policy is another one now" : undefined;
}
