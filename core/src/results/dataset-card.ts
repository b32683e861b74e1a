/** The data sets' card: what they hold, where it came from and what to look out for, as Markdown. */
import type { RunSummary } from "./summary.ts";

export function datasetCard(summary: RunSummary): string {
  const { funnel } = summary;
  return [
    `# Data sets of ${summary.run}`,
    "",
    `Made by AutoTraj with the preset \`${summary.preset}\`.`,
    "",
    "| file | rows | what a row is |",
    "|---|---|---|",
    `| sft.jsonl | ${funnel.sft} | a trajectory to imitate: a kept candidate or an accepted repair |`,
    `| preferences.jsonl | ${funnel.pairs} | \`chosen\` (an accepted repair) preferred to \`rejected\` (what it repairs) |`,
    `| hard-cases.jsonl | ${funnel.hard} | a candidate that no repair could mend |`,
    "",
    `${funnel.candidates} candidates on ${funnel.queries} questions: ${funnel.kept} kept, ${funnel.repaired} repaired, ${funnel.hard} hard, ${funnel.discarded} discarded.`,
    ...(funnel.duplicates > 0
      ? [`${funnel.duplicates} rows were left out of sft.jsonl because another row of the same question says the same.`]
      : []),
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
