/** Two runs, or two models of runs, side by side. */
export { type ComparedModels, compareEvaluated } from "./models.ts";
export type { Difference, QuestionComparison } from "./result.ts";
export { type ComparedRuns, compareRuns } from "./runs.ts";
