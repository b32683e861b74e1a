/** Text in lines of a width that is counted in a terminal's columns. */
import { eastAsianWidth } from "get-east-asian-width";
import wrapAnsi from "wrap-ansi";

const SIGNS = new Intl.Segmenter();
/** What a pipe is given where text is broken into lines. */
const PIPED = 80;
/** Longer lines are hard to read. */
const READABLE = 100;

/** Columns of a terminal: Chinese and emoji take two, marks on a letter none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of SIGNS.segment(text)) width += eastAsianWidth(segment.codePointAt(0) ?? 0);
  return width;
}

/** Infinite for a pipe: what reads it reads lines. */
export function terminalColumns(): number {
  return process.stdout.isTTY === true ? process.stdout.columns : Number.POSITIVE_INFINITY;
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
  return wrapped(text, terminalColumns()).join("\n");
}

/** A paragraph whose lines all begin with this indent. */
export function paragraph(text: string, indent: number, columns = readableColumns()): string {
  return wrapped(text, columns - indent)
    .map((line) => `${" ".repeat(indent)}${line}`)
    .join("\n");
}
