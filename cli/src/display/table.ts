/** Plain text tables that stay readable in a log file. */
import { visibleLine } from "@autotraj/core";
import { terminalColumns, widthOf, wrapped } from "./lines.ts";

type Row = readonly string[];
const BETWEEN = "  ";
/** Narrower than this no column of words is made: it would be read letter by letter. */
const NARROWEST = 12;
/** A longer word than this is broken where there is no room for it. */
const LONG_WORD = 40;

/** @param columns of the terminal that it has to fit, as far as words can be broken into lines; default: as wide as it is, one line for each row */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[], columns = terminalColumns()): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => visibleLine(String(cell))));
  const numeric = header.map((_, column) => rows.length > 0 && rows.every((row) => /^[-–−+]?[\d.,%]*$/.test(String(row[column] ?? ""))));
  const widths = fitted(
    header.map((_, column) => cells.map((row) => row[column] ?? "")),
    columns,
  );
  const line = (row: Row) =>
    row
      .map((cell, column) => {
        const space = " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
        return numeric[column] ? space + cell : cell + space;
      })
      .join(BETWEEN)
      .trimEnd();
  const lines = (row: Row) => {
    const parts = row.map((cell, column) => wrapped(cell, widths[column] ?? 0));
    return Array.from({ length: Math.max(1, ...parts.map(({ length }) => length)) }, (_, at) => line(parts.map((part) => part[at] ?? "")));
  };
  const [head = [], ...body] = cells;
  return [...lines(head), widths.map((width) => "─".repeat(width)).join(BETWEEN), ...body.flatMap(lines)].join("\n");
}

/** The widths of columns: what they hold, less what is too much, taken from the widest first and never from a word or number that is whole. */
function fitted(columns: readonly (readonly string[])[], most: number): readonly number[] {
  const widths = columns.map((cells) => Math.max(0, ...cells.map(widthOf)));
  const least = columns.map((cells) =>
    Math.max(NARROWEST, ...cells.flatMap((cell) => cell.split(" ").map((word) => Math.min(widthOf(word), LONG_WORD)))),
  );
  const total = () => widths.reduce((sum, width) => sum + width, BETWEEN.length * (widths.length - 1));
  while (total() > most) {
    const widest = widths.reduce((found, width, at) => (width > (least[at] ?? 0) && width > (widths[found] ?? -1) ? at : found), -1);
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.4 GiB` */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  const scaled = value / 2 ** (10 * power);
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[power]}`;
}
