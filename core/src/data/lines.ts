/** Text files line by line, in memory that does not grow with the file. */
import { isUtf8 } from "node:buffer";
import { textBytes } from "./text-files.ts";

export interface TextLine {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Where the line holds bytes that are no UTF-8; its text is then not to be used. */
  readonly problem?: string;
}

const NEWLINE = 0x0a;

/** Non-blank lines. Splits at \n alone: JSON strings may hold U+2028, which `readline` takes for a line's end. @throws ATRAJ_TEXT_INVALID */
export async function* nonBlankLines(file: string, onBytes: (chunk: Buffer) => void = () => {}): AsyncGenerator<TextLine> {
  let parts: Buffer[] = [];
  let line = 0;
  const finished = (rest: Buffer): TextLine => {
    const bytes = parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
    parts = [];
    line += 1;
    const text = bytes.toString("utf8");
    const clean = line === 1 && text.startsWith("\uFEFF") ? text.slice(1) : text;
    return isUtf8(bytes) ? { text: clean, line } : { text: clean, line, problem: notUtf8(bytes) };
  };
  for await (const chunk of textBytes(file, onBytes)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const row = finished(chunk.subarray(start, end));
      if (row.text.trim() !== "") yield row;
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  const last = finished(Buffer.alloc(0));
  if (last.text.trim() !== "") yield last;
}

/** Where bytes stop being UTF-8, for a message. */
export function notUtf8(bytes: Buffer): string {
  let [valid, end] = [0, bytes.length];
  // The longest prefix that is valid, but for a character cut in its middle.
  while (valid < end) {
    const middle = (valid + end + 1) >> 1;
    if (isValidPrefix(bytes.subarray(0, middle))) valid = middle;
    else end = middle - 1;
  }
  const offset = Math.max(0, valid - trailing(bytes.subarray(0, valid)));
  const byte = (bytes[offset] ?? 0).toString(16).padStart(2, "0").toUpperCase();
  return `not UTF-8: byte ${offset + 1} is 0x${byte}; rewrite the file, from Latin-1 say with \`iconv -f latin1 -t utf8\``;
}

function isValidPrefix(bytes: Buffer): boolean {
  return isUtf8(bytes.subarray(0, bytes.length - trailing(bytes)));
}

/** Bytes at the end that may be the beginning of a character. */
function trailing(bytes: Buffer): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count] as number;
    if (byte >= 0xc0) return byte >= 0xf0 ? (count < 4 ? count : 0) : byte >= 0xe0 ? (count < 3 ? count : 0) : count < 2 ? count : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}
