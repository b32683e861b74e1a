/** The end of a run as a person reads it: the funnel, the repairers, the dimensions, time and tokens. */
import type { RunSummary } from "@autotraj/core";
import { count, seconds, table } from "./table.ts";

export function renderSummary(summary: RunSummary): string {
  const { funnel } = summary;
  const share = (part: number, whole: number) => (whole === 0 ? "" : `${((100 * part) / whole).toFixed(0)}%`);
  const blocks = [
    table(
      ["what", "count", "share"],
      [
        ["questions", count(funnel.queries), ""],
        ...(funnel.dropped > 0 ? [["  dropped", count(funnel.dropped), share(funnel.dropped, funnel.queries)]] : []),
        ...(funnel.failedQueries > 0
          ? [["  failed (resume tries again)", count(funnel.failedQueries), share(funnel.failedQueries, funnel.queries)]]
          : []),
        ["candidates", count(funnel.candidates), ""],
        ...(summary.right === null ? [] : [["  right", count(summary.right.candidates), share(summary.right.candidates, summary.right.judged)]]),
        ["  kept", count(funnel.kept), share(funnel.kept, funnel.candidates)],
        ["  sent to repair", count(funnel.toRepair), share(funnel.toRepair, funnel.candidates)],
        ["    repaired", count(funnel.repaired), share(funnel.repaired, funnel.toRepair)],
        ["    hard cases", count(funnel.hard), share(funnel.hard, funnel.toRepair)],
        ["  discarded", count(funnel.discarded), share(funnel.discarded, funnel.candidates)],
        ["SFT rows", count(funnel.sft), ""],
        ["preference pairs", count(funnel.pairs), ""],
      ],
    ),
    repairTable(summary),
    table(
      ["dimension (mean)", "candidates", "kept", "before repair", "after repair"],
      Object.entries(summary.dimensions).map(([name, { candidates, kept, before, after }]) => [name, ...[candidates, kept, before, after].map(mean)]),
    ),
    taskTable(summary),
    spending(summary),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function repairTable({ repairers, refusals }: RunSummary): string {
  const entries = Object.entries(repairers);
  if (entries.length === 0) return "";
  const rows = entries.map(([id, { accepted, refused, acceptedByCause }]) => [
    id,
    accepted,
    refused,
    Object.entries(acceptedByCause)
      .map(([cause, number]) => `${number} ${cause}`)
      .join(", "),
  ]);
  const why = Object.entries(refusals)
    .map(([cause, number]) => `${number} ${cause}`)
    .join(", ");
  return `${table(["repairer", "accepted", "refused", "accepted repairs of"], rows)}${why === "" ? "" : `\nrefused because: ${why}`}`;
}

function taskTable({ tasks }: RunSummary): string {
  const entries = Object.entries(tasks);
  if (entries.length < 2) return "";
  return table(
    ["task", "candidates", "kept", "repaired", "hard"],
    entries.map(([task, { candidates, kept, repaired, hard }]) => [task || "(none)", candidates, kept, repaired, hard]),
  );
}

function spending({ seconds: parts, usage }: RunSummary): string {
  const time = (["start", "rollout", "scoring", "repair", "loop"] as const)
    .flatMap((part) => (parts[part] === undefined ? [] : [`${TIMES[part]} ${seconds(parts[part])}`]))
    .join(", ");
  const tokens = Object.entries(usage).map(([policy, { calls, promptTokens, cachedTokens, completionTokens, usd }]) => {
    const price = usd === null ? "" : `, $${usd.toFixed(4)}`;
    return `${policy}: ${count(calls)} model calls, ${count(promptTokens)} prompt tokens (${count(cachedTokens)} cached), ${count(completionTokens)} written${price}`;
  });
  return [time === "" ? "" : `time: ${time} (parts overlap)`, ...tokens].filter((line) => line !== "").join("\n");
}

const TIMES = { start: "starting", rollout: "rolling out", scoring: "scoring", repair: "repairing", loop: "in all" } as const;

function mean(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}
