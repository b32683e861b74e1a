/** A study's result as Markdown and as comma-separated values. */
import type { ArmRun, StudyResult } from "./result.ts";
import { armsTable, comparisonLine, dataTable, runsTable, type Table } from "./rows.ts";

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
    "## What the arms learnt from",
    table(dataTable(result)),
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
  const header = [
    "arm",
    "seed",
    "model",
    "weights",
    "questions",
    "right",
    "mean",
    "stage",
    "steps",
    "loss_tokens",
    "rows",
    "seconds",
    "candidates",
    "repairs",
    "kept",
    "repaired",
    "data_questions",
    "gained",
    "run",
  ];
  const rows = arms.flatMap(({ arm, runs }) =>
    runs.flatMap(({ seed, model, precision, questions, right, mean, loop, trainings, run }) =>
      Object.entries(trainings).map(([stage, { steps, lossTokens, rows: trained, seconds }]) =>
        [arm, seed, model, precision, questions, right, mean, stage, steps, lossTokens, trained, seconds, ...loopOf(loop), run].map(cell).join(","),
      ),
    ),
  );
  return [header.join(","), ...rows, ""].join("\n");
}

function loopOf({ candidates, repairs, kept, repaired, questions, gained }: ArmRun["loop"]): readonly number[] {
  return [candidates, repairs, kept, repaired, questions, gained];
}

/** RFC 4180. */
function cell(value: string | number | null): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
