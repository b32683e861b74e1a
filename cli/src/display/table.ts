/** Plain text tables that stay readable in a log file. */
import { visibleLine } from "@autotraj/core";
import { folded, terminalColumns, widthOf, wrapped } from "./lines.ts";

type Row = readonly string[];
const BETWEEN = "  ";
const NUMBER = /^[-–−+]?[\d.,%]*$/;
/** Narrower than this no column of words is made: it would be read letter by letter. */
const NARROWEST = 12;
/** The same where words have to be broken: names and addresses. */
const NARROWEST_BROKEN = 20;
/** A table of two columns is read across, however wide. */
const FEWEST_TO_PART = 3;
/** A longer word than this is broken where there is no room for it. */
const LONG_WORD = 40;

/** @param columns of the terminal that it has to fit, as far as words can be broken into lines; default: as wide as it is, one line for each row */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[], columns = terminalColumns()): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => visibleLine(String(cell))));
  const numeric = header.map((_, column) => rows.length > 0 && rows.every((row) => NUMBER.test(String(row[column] ?? ""))));
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
  if (head.length >= FEWEST_TO_PART && widthOf(line(widths.map((width) => "─".repeat(width)))) > columns) return parted(head, body, columns);
  return [...lines(head), widths.map((width) => "─".repeat(width)).join(BETWEEN), ...body.flatMap(lines)].join("\n");
}

/** For what is wider than the terminal whatever is broken: each row as lines of its own, below what it begins with. */
function parted([, ...names]: Row, body: readonly Row[], columns: number): string {
  const width = Math.max(...names.map(widthOf));
  return body
    .flatMap(([first = "", ...cells]) => [
      first,
      ...cells.map((cell, at) => {
        const name = names[at] ?? "";
        const begin = `  ${name}${" ".repeat(width - widthOf(name))}${BETWEEN}`;
        return folded(`${begin}${cell}`.trimEnd(), columns, begin.length - 2);
      }),
    ])
    .join("\n");
}

/** The widths of columns: what they hold, less what is too much, taken from the widest first; from a word that is whole only where nothing else is left, and never from a number. */
function fitted(columns: readonly (readonly string[])[], most: number): readonly number[] {
  const widths = columns.map((cells) => Math.max(0, ...cells.map(widthOf)));
  const longest = (isMeant: (word: string) => boolean) =>
    columns.map((cells) => Math.max(0, ...cells.flatMap((cell) => cell.split(" ").filter(isMeant).map(widthOf))));
  const whole = longest((word) => widthOf(word) <= LONG_WORD);
  const words = longest(() => true).map((width, at) => Math.max(NARROWEST, whole[at] ?? 0, width > LONG_WORD ? NARROWEST_BROKEN : 0));
  const numbers = longest((word) => NUMBER.test(word)).map((width) => Math.max(NARROWEST_BROKEN, width));
  const room = most - BETWEEN.length * (widths.length - 1);
  narrow(widths, words, room);
  narrow(widths, numbers, room);
  return widths;
}

/** Takes what is too much from the widest column that is wider than what it keeps. */
function narrow(widths: number[], kept: readonly number[], most: number): void {
  while (widths.reduce((sum, width) => sum + width, 0) > most) {
    const widest = widths.reduce((found, width, at) => (width > (kept[at] ?? 0) && width > (widths[found] ?? -1) ? at : found), -1);
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.4 GiB` */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  const scaled = value / 2 ** (10 * power);
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[power]}`;
}
