/** A study's result as Markdown and as comma-separated values. */
import type { StudyResult } from "./result.ts";
import { armsTable, comparisonLine, runsTable, type Table } from "./rows.ts";

export function markdownOf(result: StudyResult): string {
  const { study, preset, done, planned, comparisons, notes } = result;
  return [
    `# ${study}`,
    `Preset ${preset}; ${done} of ${planned} runs done.`,
    "![Mean right by arm](study.svg)",
    table(armsTable(result)),
    ...(comparisons.length === 0 ? [] : [comparisons.map((one) => `- ${comparisonLine(one)}`).join("\n")]),
    "Intervals of 95 %: bootstrap over seeds and questions, paired by both where arms are compared.",
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
    "## Runs",
    table(runsTable(result)),
    "",
  ].join("\n\n");
}

function table({ header, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** One row for each run; numbers as they are. What a trainer does not say is empty. */
export function csvOf({ arms }: StudyResult): string {
  const header = ["arm", "seed", "model", "weights", "questions", "right", "mean", "stage", "steps", "loss_tokens", "rows", "seconds", "run"];
  const rows = arms.flatMap(({ arm, runs }) =>
    runs.flatMap(({ seed, model, precision, questions, right, mean, trainings, run }) =>
      Object.entries(trainings).map(([stage, { steps, lossTokens, rows: trained, seconds }]) =>
        [arm, seed, model, precision, questions, right, mean, stage, steps, lossTokens, trained, seconds, run].map(cell).join(","),
      ),
    ),
  );
  return [header.join(","), ...rows, ""].join("\n");
}

/** RFC 4180. */
function cell(value: string | number | null): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
