/** A run's figures: as tables for whoever shows them, and as a report of three files. */
export { adviceOn } from "./advice.ts";
export { type Figures, figuresOf, isEvaluationAlone } from "./figures/figures.ts";
export { count, seconds } from "./figures/numbers.ts";
export type { FigureParts, FigureTable } from "./figures/parts.ts";
export { type ReportFiles, type ReportOptions, writeReport } from "./write-report.ts";
