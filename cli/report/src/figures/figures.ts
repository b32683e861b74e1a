/** The tables of a run, as a terminal, a page and a Markdown file show them: one piece for each question that people have of a run. */
import type { RunSummary } from "@autotraj/core";
import type { EvaluationSummary } from "@autotraj/core/reports";
import { evaluationFigures } from "./evaluation.ts";
import { datasetRows, funnelRows } from "./funnel.ts";
import { dimensionFigures, failureFigures, reasonFigures, repairFigures, taskFigures } from "./loop.ts";
import type { FigureParts } from "./parts.ts";
import { rewardModelFigures } from "./reward-model.ts";
import { spendingFigures } from "./spending.ts";
import { stageFigures } from "./stages.ts";

/** By what each is about; those of which a run has nothing are empty. */
export interface Figures {
  readonly funnel: FigureParts;
  readonly reasons: FigureParts;
  readonly repairs: FigureParts;
  readonly dimensions: FigureParts;
  readonly failures: FigureParts;
  readonly tasks: FigureParts;
  readonly stages: FigureParts;
  readonly rewardModel: FigureParts;
  readonly evaluation: FigureParts;
  readonly spending: FigureParts;
}

/** `autotraj eval` of a model's folder: no question was rolled out, and there are no data sets to speak of. */
export function isEvaluationAlone(summary: RunSummary): summary is RunSummary & { readonly evaluation: EvaluationSummary } {
  return summary.funnel.queries === 0 && summary.evaluation !== null;
}

/** In the order in which they are read. */
export function figuresOf(summary: RunSummary): Figures {
  const hasLoop = !isEvaluationAlone(summary);
  return {
    funnel: hasLoop ? [{ header: ["what", "count", "share"], rows: [...funnelRows(summary), ...datasetRows(summary)] }] : [],
    reasons: reasonFigures(summary),
    repairs: repairFigures(summary),
    dimensions: hasLoop ? dimensionFigures(summary) : [],
    failures: failureFigures(summary),
    tasks: taskFigures(summary),
    stages: stageFigures(summary),
    rewardModel: rewardModelFigures(summary),
    evaluation: evaluationFigures(summary),
    spending: spendingFigures(summary),
  };
}
