/** Studies: arms × seeds of one preset in one command that can be stopped anywhere, as one table and one picture. */
export { type Compared, checkStudy, type Measure, readStudy, type Study, type StudyPlace } from "./definition.ts";
export { FILES, reportStudy, runStudy, type StudyRequest } from "./perform.ts";
export { type PlanOptions, planStudy, type StudyRun } from "./plan.ts";
export type { ArmComparison, ArmResult, ArmRun, Effort, LoopEffort, StudyResult } from "./result.ts";
export { armsTable, comparisonLine, dataTable, runsTable, type Table } from "./rows.ts";
