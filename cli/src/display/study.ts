/** What a study found, as a person reads it. */
import { armsTable, comparisonLine, runsTable, type StudyResult } from "@autotraj/studies";
import { table } from "./table.ts";

export function renderStudy(result: StudyResult): string {
  const { study, done, planned, comparisons, notes } = result;
  const [arms, runs] = [armsTable(result), runsTable(result)];
  const blocks = [
    `study ${study}: ${done} of ${planned} runs done`,
    table(runs.header, runs.rows),
    [table(arms.header, arms.rows), ...comparisons.map(comparisonLine)].join("\n"),
    notes.map((note) => `note: ${note}`).join("\n"),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}
