/** A format that reads, and how surely it knows a row. */
import type { Format, JsonValue } from "../../kernel/plugin.ts";

export type ReadingFormat = Pick<Format, "read" | "split" | "gather" | "recognizes">;

/** From here on a format would read the row. */
export const SURE = 0.5;

/** The other format that knows this row and reads it; undefined where none does. */
export function wouldRead(row: JsonValue, formats: ReadonlyMap<string, ReadingFormat>): string | undefined {
  const known = [...formats].map(([id, format]) => ({ id, format, score: format.recognizes?.(row) ?? 0 })).filter(({ score }) => score >= SURE);
  return known.sort((a, b) => b.score - a.score).find(({ format }) => reads(format, row))?.id;
}

function reads({ read }: ReadingFormat, row: JsonValue): boolean {
  try {
    read?.(row, 0);
    return read !== undefined;
  } catch {
    return false;
  }
}
