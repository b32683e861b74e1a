/** A format that reads, and how surely it knows a row. */
import type { Format, JsonValue } from "../../kernel/plugin.ts";

export type ReadingFormat = Pick<Format, "read" | "split" | "gather" | "recognizes">;

/** From here on a format would read the row. */
export const SURE = 0.5;

/** The other format that knows this row; undefined where none does. */
export function wouldRead(row: JsonValue, formats: ReadonlyMap<string, ReadingFormat>): string | undefined {
  const [best] = [...formats].map(([id, { recognizes }]) => ({ id, score: recognizes?.(row) ?? 0 })).sort((a, b) => b.score - a.score);
  return best !== undefined && best.score >= SURE ? best.id : undefined;
}
