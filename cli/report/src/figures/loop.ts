/** What became of candidates and repairs, and why. */

import type { RunSummary } from "@autotraj/core";
import { brief } from "@autotraj/trajectory-text/brief";
import { count, mean, share } from "./numbers.ts";
import type { FigureParts } from "./parts.ts";

/** Why candidates were not kept as they were. */
export function reasonFigures({ causes, funnel }: RunSummary): FigureParts {
  const rows = Object.entries(causes).map(([cause, number]) => [cause, count(number), share(number, funnel.candidates)]);
  return rows.length === 0 ? [] : [{ header: ["why candidates were not kept", "count", "share"], rows }];
}

export function repairFigures({ repairers, refusals }: RunSummary): FigureParts {
  const rows = Object.entries(repairers).map(([id, { accepted, refused, acceptedByCause }]) => [id, accepted, refused, counted(acceptedByCause)]);
  if (rows.length === 0) return [];
  const why = counted(refusals);
  return [{ header: ["repairer", "accepted", "refused", "accepted repairs of"], rows }, ...(why === "" ? [] : [`refused because: ${why}`])];
}

/** `45 wrong, 4 format` */
function counted(causes: Readonly<Record<string, number>>): string {
  return Object.entries(causes)
    .map(([cause, number]) => `${number} ${cause}`)
    .join(", ");
}

export function dimensionFigures({ dimensions }: RunSummary): FigureParts {
  return [
    {
      header: ["dimension (mean)", "candidates", "kept", "before repair", "after repair"],
      rows: Object.entries(dimensions).map(([name, { candidates, kept, before, after }]) => [name, ...[candidates, kept, before, after].map(mean)]),
    },
  ];
}

/** Dimensions that could not be judged, and who else had something to tell. */
export function failureFigures({ dimensions, incidentsBy }: RunSummary): FigureParts {
  const failed = Object.entries(dimensions).flatMap(([name, { failed, asked, failure }]) =>
    failed === 0 ? [] : [`${name}: failed ${count(failed)} of ${count(asked)}: ${firstLine(failure ?? "")}`],
  );
  const by = Object.entries(incidentsBy).map(([who, times]) => `${who} ${count(times)}`);
  return [...failed, ...(by.length === 0 ? [] : [`incidents: ${by.join(", ")} (log.jsonl)`])];
}

const LONGEST_LINE = 160;

function firstLine(text: string): string {
  return brief(text.split("\n", 1)[0] ?? "", LONGEST_LINE);
}

export function taskFigures({ tasks }: RunSummary): FigureParts {
  const entries = Object.entries(tasks);
  if (entries.length < 2) return [];
  const rows = entries.map(([task, { candidates, kept, repaired, hard }]) => [task || "(none)", candidates, kept, repaired, hard]);
  return [{ header: ["task", "candidates", "kept", "repaired", "hard"], rows }];
}
