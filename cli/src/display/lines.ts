/** Text in lines of a width that is counted in a terminal's columns. */
import { stripVTControlCharacters } from "node:util";
import { eastAsianWidth } from "get-east-asian-width";
import wrapAnsi from "wrap-ansi";

const SIGNS = new Intl.Segmenter();
/** What a pipe is given where text is broken into lines. */
const PIPED = 80;
/** Longer lines are hard to read. */
const READABLE = 100;

/** Columns of a terminal: Chinese and emoji take two, marks on a letter and colours none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of SIGNS.segment(stripVTControlCharacters(text))) width += eastAsianWidth(segment.codePointAt(0) ?? 0);
  return width;
}

/** Infinite for a pipe: what reads it reads lines. */
export function terminalColumns({ isTTY, columns }: Pick<NodeJS.WriteStream, "isTTY" | "columns"> = process.stdout): number {
  return isTTY === true ? columns : Number.POSITIVE_INFINITY;
}

/** Of paragraphs, in a terminal and in a pipe. */
export function readableColumns(): number {
  return process.stdout.isTTY === true ? Math.min(READABLE, process.stdout.columns) : PIPED;
}

/** By words, a word that is too long in pieces; every line keeps the first one's indent. */
export function wrapped(text: string, width: number): readonly string[] {
  if (widthOf(text) <= width) return [text];
  const indent = /^ */.exec(text)?.[0] ?? "";
  return wrapAnsi(text.trimStart(), width - indent.length, { hard: true })
    .split("\n")
    .map((line) => `${indent}${line}`);
}

/** A sentence as wide as the terminal is; in one line for a pipe. */
export function sentence(text: string): string {
  return folded(text, terminalColumns());
}

/** Stands for a blank at which no line is broken. */
const KEPT_BLANK = "\uE000";

/**
 * Lines of at most this width, broken between words. What is copied stays whole, even where it is longer: a path, or a command in backticks.
 * @param hanging columns by which what a line goes on with stands to the right of where it begins
 */
export function folded(text: string, columns: number, hanging = 0): string {
  return text
    .split("\n")
    .map((line) => (widthOf(line) <= columns ? line : foldedLine(line, columns, hanging)))
    .join("\n");
}

function foldedLine(line: string, columns: number, hanging: number): string {
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  const begin = indent + hanging;
  const words = line.slice(begin).replaceAll(/`[^`]+`/g, (code) => code.replaceAll(" ", KEPT_BLANK));
  const rest = wrapAnsi(words, Math.max(1, columns - begin)).replaceAll(KEPT_BLANK, " ");
  return line.slice(0, begin) + rest.replaceAll("\n", `\n${" ".repeat(begin)}`);
}

/** A paragraph whose lines all begin with this indent. */
export function paragraph(text: string, indent: number, columns = readableColumns()): string {
  return wrapped(text, columns - indent)
    .map((line) => `${" ".repeat(indent)}${line}`)
    .join("\n");
}
