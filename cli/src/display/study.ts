/** What a study found, as a person reads it. */
import { counted } from "@autotraj/core";
import { armsTable, comparisonLine, dataTable, runsTable, type StudyResult } from "@autotraj/studies";
import { table } from "./table.ts";

export function renderStudy(result: StudyResult): string {
  const { study, done, planned, comparisons, notes } = result;
  const [arms, data, runs] = [armsTable(result), dataTable(result), runsTable(result)];
  const blocks = [
    `study ${study}: ${done} of ${counted(planned, "run")} done`,
    table(runs.header, runs.rows),
    table(data.header, data.rows),
    [table(arms.header, arms.rows), ...comparisons.map(comparisonLine)].join("\n"),
    notes.map((note) => `note: ${note}`).join("\n"),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}
