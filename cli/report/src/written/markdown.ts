/** A report as Markdown: its tables and sentences. */
import type { FigureTable } from "../figures/parts.ts";
import type { Section } from "../sections.ts";
import { shownLine } from "./markup.ts";

const LONGEST = 400;

export function markdownOf(title: string, about: readonly string[], sections: readonly Section[]): string {
  const blocks = sections.flatMap(({ title: heading, parts }) => [
    `## ${heading}`,
    ...parts.map((part) => (typeof part === "string" ? text(part) : part.rows.length === 0 ? "" : tableOf(part))),
  ]);
  return `${[`# ${text(title)}`, ...about.map(text), ...blocks].filter((block) => block !== "").join("\n\n")}\n`;
}

function tableOf({ header, rows }: FigureTable): string {
  const row = (cells: readonly (string | number)[]) => `| ${cells.map((cell) => indented(String(cell))).join(" | ")} |`;
  return [row(header), row(header.map(() => "---")), ...rows.map(row)].join("\n");
}

/** Markdown drops the spaces that say what belongs to what. */
function indented(cell: string): string {
  if (cell === "---") return cell;
  const depth = (/^ */.exec(cell)?.[0].length ?? 0) / 2;
  return `${"&nbsp;&nbsp;".repeat(depth)}${text(cell)}`;
}

/** Nothing in it is read as Markdown or HTML. */
function text(said: string): string {
  return shownLine(said, LONGEST).replaceAll(/[\\`*_[\]<>|&~#]/g, "\\$&");
}
