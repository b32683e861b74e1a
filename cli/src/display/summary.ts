/** The end of a run as a person reads it in a terminal: its tables, each with what is to be said of it. */
import type { RunSummary } from "@autotraj/core";
import { adviceOn, type FigureTable, figuresOf } from "@autotraj/report";
import { sentence } from "./lines.ts";
import { table } from "./table.ts";

export function renderSummary(summary: RunSummary): string {
  const blocks = [...Object.values(figuresOf(summary)).map((parts) => parts.map(partText).join("\n")), adviceOn(summary).join("\n")];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function partText(part: FigureTable | string): string {
  return typeof part === "string" ? sentence(part) : table(part.header, part.rows);
}
