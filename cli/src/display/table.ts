/** Plain text tables that stay readable in a log file. */
import { visibleLine } from "@autotraj/core";
import { eastAsianWidth } from "get-east-asian-width";

export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => visibleLine(String(cell))));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ""))));
  const numeric = header.map((_, column) => rows.length > 0 && rows.every((row) => /^[-–]?[\d.,%]*$/.test(String(row[column] ?? ""))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const space = " ".repeat((widths[column] ?? 0) - widthOf(cell));
        return numeric[column] ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  const [head = [], ...body] = cells;
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...body.map(line)].join("\n");
}

const SIGNS = new Intl.Segmenter();

/** Columns of a terminal: Chinese and emoji take two, marks on a letter none. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of SIGNS.segment(text)) width += eastAsianWidth(segment.codePointAt(0) ?? 0);
  return width;
}

export function seconds(value: number): string {
  if (value < 60) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(value % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}
