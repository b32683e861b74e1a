/** The data sets' card: what they hold, where it came from and what to look out for, as Markdown. Cards of exports have its second half. */
import { counted } from "../messages/counted.ts";
import type { DataOrigins } from "./origins.ts";
import type { RunSummary } from "./summary.ts";

export function datasetCard(summary: RunSummary, origins: DataOrigins): string {
  const { datasets } = summary;
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
    funnelLine(summary),
    "",
    `- sft.jsonl: ${counted(datasets.sft - datasets.repaired, "kept candidate")} and ${counted(datasets.repaired, "accepted repair")}, on ${counted(datasets.questions, "question")}, of which ${datasets.onlyRepaired} by repairs alone.`,
    `- preferences.jsonl: ${counted(datasets.chosenTexts, "different chosen text")}.`,
    `- siblings.jsonl: pairs of ${counted(datasets.siblingQuestions, "question")}.`,
    ...leftOut(datasets),
    "",
    "Every message says whether it is trained on (`train`); system, user and tool messages never are. Split by `query.id`, never by row:",
    "several rows may share a question. Where one question stands under several ids, split by its text.",
    "",
    ...scoresAndOrigins(summary, origins),
  ].join("\n");
}

/** What is true of a run's data however they are written: where they came from, how they score, what made them. */
export function aboutData(summary: RunSummary, origins: DataOrigins): readonly string[] {
  return [funnelLine(summary), "", ...scoresAndOrigins(summary, origins)];
}

function funnelLine({ funnel: { candidates, queries, kept, repaired, hard, discarded } }: RunSummary): string {
  return `${counted(candidates, "candidate")} on ${counted(queries, "question")}: ${kept} kept, ${repaired} repaired, ${hard} hard, ${discarded} discarded.`;
}

function scoresAndOrigins(summary: RunSummary, origins: DataOrigins): readonly string[] {
  return [
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
    ...originLines(origins),
  ];
}

function originLines({ models, rollout = {}, tools, plugins }: DataOrigins): readonly string[] {
  const settings = Object.entries(rollout).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [
    "## What made them",
    "",
    ...Object.entries(models).map(([id, model]) => `- model \`${id}\`: ${model}`),
    ...(settings.length === 0 ? [] : [`- candidates: ${settings.join(", ")}; repairs as their repairers say (preset.resolved.yaml)`]),
    ...Object.entries(tools).map(([id, facts]) => `- tool \`${id}\`${facts === "" ? "" : `: ${facts}`}`),
    ...Object.entries(plugins).map(([id, version]) => `- plugin \`${id}\`: ${version}`),
    "",
  ];
}

/** Texts are compared within their question. */
function leftOut({ duplicates, untrained, samePairs, contradicting, incomparable }: RunSummary["datasets"]): readonly string[] {
  const [sft, preferences] = [
    { what: "row", file: "sft.jsonl" },
    { what: "pair", file: "preferences.jsonl" },
  ];
  return [
    { count: duplicates, ...sft, why: "another of the same question says the same" },
    { count: untrained, ...sft, why: "the loss is off all turns" },
    { count: samePairs, ...preferences, why: "another of the same question says the same" },
    { count: contradicting, ...preferences, why: "a row of sft.jsonl says what the rejected side says" },
    {
      count: incomparable,
      ...preferences,
      why: "the rejected side is missing, has no turn, has calls and results that do not pair, or was asked something else",
    },
  ].flatMap(({ count, what, file, why }) =>
    count === 0 ? [] : [`- ${counted(count, what)} ${count === 1 ? "was" : "were"} left out of ${file} because ${why}.`],
  );
}
