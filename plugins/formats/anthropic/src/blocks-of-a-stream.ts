/** One message of the model that was logged in several pieces: each line holds its next blocks, or all blocks so far. */
import type { JsonValue } from "@autotraj/core/plugin";
import { isObject } from "@autotraj/core/rows";

/** All blocks in order, each once, as the last piece that has it says it. */
export function mergedBlocks(pieces: readonly JsonValue[]): JsonValue[] {
  const blocks: JsonValue[] = [];
  for (const piece of pieces) {
    for (const block of Array.isArray(piece) ? piece : [typeof piece === "string" ? { type: "text", text: piece } : piece]) {
      const at = blocks.findIndex((earlier) => goesOn(earlier, block));
      if (at < 0) blocks.push(block);
      else blocks[at] = block;
    }
  }
  return blocks;
}

/** The same call, or the same text and perhaps more of it. */
function goesOn(earlier: JsonValue, later: JsonValue): boolean {
  if (!isObject(earlier) || !isObject(later) || earlier["type"] !== later["type"]) return false;
  if ((earlier["id"] ?? null) !== null) return earlier["id"] === later["id"];
  for (const name of ["text", "thinking"]) {
    const [before, after] = [earlier[name], later[name]];
    if (typeof before === "string" && before !== "" && typeof after === "string") return after.startsWith(before);
  }
  return JSON.stringify(earlier) === JSON.stringify(later);
}
