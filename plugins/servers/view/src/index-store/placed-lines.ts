/** Lines of a file of rows with their places, so that one of them can be read again without the others. */
import { closeSync, openSync, readSync } from "node:fs";

export interface PlacedLine {
  readonly text: string;
  /** Where it begins, in bytes. */
  readonly at: number;
  readonly bytes: number;
}

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** Those that are not blank. Memory holds one line and one chunk, however long the file is. */
export function* placedLines(file: string): Generator<PlacedLine> {
  const handle = openSync(file, "r");
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let begun: Buffer[] = [];
    let at = 0;
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0 && end < read; end = chunk.indexOf(NEWLINE, start)) {
        const line = Buffer.concat([...begun, chunk.subarray(start, end)]);
        if (line.length > 0) yield { text: line.toString("utf8"), at, bytes: line.length };
        at += line.length + 1;
        start = end + 1;
        begun = [];
      }
      if (start < read) begun.push(Buffer.from(chunk.subarray(start, read)));
    }
    const last = Buffer.concat(begun);
    if (last.length > 0) yield { text: last.toString("utf8"), at, bytes: last.length };
  } finally {
    closeSync(handle);
  }
}

export function lineAt(file: string, { at, bytes }: Pick<PlacedLine, "at" | "bytes">): string {
  const handle = openSync(file, "r");
  try {
    const line = Buffer.alloc(bytes);
    return line.toString("utf8", 0, readSync(handle, line, 0, bytes, at));
  } finally {
    closeSync(handle);
  }
}
