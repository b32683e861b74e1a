/** The data sets' card: what they hold, where it came from and what to look out for, as Markdown. */
import type { RunSummary } from "./summary.ts";

export function datasetCard(summary: RunSummary): string {
  const { funnel, datasets } = summary;
  return [
    `# Data sets of ${summary.run}`,
    "",
    `Made by AutoTraj with the preset \`${summary.preset}\`.`,
    "",
    "| file | rows | what a row is |",
    "|---|---|---|",
    `| sft.jsonl | ${datasets.sft} | a trajectory to imitate: a kept candidate or an accepted repair |`,
    `| preferences.jsonl | ${datasets.preferences} | \`chosen\` (an accepted repair) preferred to \`rejected\` (what it repairs) |`,
    `| siblings.jsonl | ${datasets.siblings} | \`chosen\` (a kept candidate) preferred to \`rejected\` (a wrong one of the same question by the same author) |`,
    `| hard-cases.jsonl | ${datasets.hardCases} | a candidate that no repair could mend |`,
    "",
    `${funnel.candidates} candidates on ${funnel.queries} questions: ${funnel.kept} kept, ${funnel.repaired} repaired, ${funnel.hard} hard, ${funnel.discarded} discarded.`,
    "",
    `- sft.jsonl: ${datasets.sft - datasets.repaired} rows are kept candidates and ${datasets.repaired} repairs, on ${datasets.questions} questions, ${datasets.onlyRepaired} of which have repairs alone.`,
    `- preferences.jsonl: ${datasets.chosenTexts} different chosen texts.`,
    `- siblings.jsonl: pairs of ${datasets.siblingQuestions} questions.`,
    ...leftOut(datasets),
    "",
    "Every message says whether it is trained on (`train`); system, user and tool messages never are. Split by `query.id`, never by row:",
    "several rows may share a question.",
    "",
    ...Object.entries(summary.dimensions).flatMap(([name, { failed, asked }]) =>
      failed === 0 ? [] : [`\`${name}\` could not be judged in ${failed} of ${asked} trajectories: such a score is never treated as 0.`, ""],
    ),
    "| dimension | candidates | kept | before repair | after repair |",
    "|---|---|---|---|---|",
    ...Object.entries(summary.dimensions).map(([name, means]) => {
      const cell = (value: number | null) => (value === null ? "" : value.toFixed(3));
      return `| ${name} | ${cell(means.candidates)} | ${cell(means.kept)} | ${cell(means.before)} | ${cell(means.after)} |`;
    }),
    "",
  ].join("\n");
}

/** Texts are compared within their question. */
function leftOut({ duplicates, samePairs }: RunSummary["datasets"]): readonly string[] {
  return [
    { count: duplicates, what: "rows", file: "sft.jsonl" },
    { count: samePairs, what: "pairs", file: "preferences.jsonl" },
  ].flatMap(({ count, what, file }) =>
    count === 0 ? [] : [`- ${count} ${what} were left out of ${file} because another of the same question says the same.`],
  );
}
