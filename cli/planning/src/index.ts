/** A preset before it runs. */

export { type Answered, askPolicy } from "./ask.ts";
export { type Estimate, type EstimatedSpending, estimate, type PlannedRun } from "./estimate.ts";
export { allThatKeeps, type Examined, type ExamineOptions, examine } from "./examine.ts";
export { explainPreset } from "./explained.ts";
export { type Plan, planOf } from "./plan.ts";
export { newestProbe, probedCalls, probedCallsOf, probeRun } from "./probes.ts";
export { type Part, type RecordedFigures, recordedFigures, type Spent } from "./recorded.ts";
export { allThatKeepsAny, type WrongVariant } from "./variants.ts";
