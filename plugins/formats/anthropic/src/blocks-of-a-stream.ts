/** One message of the model that was logged in several pieces: each line holds its next blocks, or all blocks so far. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, scalarText } from "@autotraj/core/rows";

/** All blocks in order, as the last piece that has one says it. Only a later piece can repeat a block: what one piece says twice was said twice. */
export function mergedBlocks(pieces: readonly JsonValue[]): JsonValue[] {
  const blocks: JsonObject[] = [];
  const places = new Map<string, number[]>();
  const lastOfType = new Map<string, number>();
  for (const piece of pieces) {
    const before = blocks.length;
    const repeated = new Map<string, number>();
    for (const given of Array.isArray(piece) ? piece : [piece]) {
      const block = isObject(given) ? given : { type: "text", text: scalarText(given) ?? "" };
      const text = JSON.stringify(block);
      const type = scalarText(block["type"]) ?? "";
      const times = repeated.get(text) ?? 0;
      const same = places.get(text)?.[times];
      if (same !== undefined && same < before) {
        repeated.set(text, times + 1);
        continue;
      }
      const last = lastOfType.get(type);
      const at = last !== undefined && last < before && goesOn(blocks[last] as JsonObject, block) ? last : blocks.length;
      blocks[at] = block;
      lastOfType.set(type, at);
      const known = places.get(text);
      if (known === undefined) places.set(text, [at]);
      else known.push(at);
    }
  }
  return blocks;
}

/** The same text and more of it; the same call, whose input was not there yet. */
function goesOn(earlier: JsonObject, later: JsonObject): boolean {
  if (earlier["id"] !== later["id"]) return false;
  if (isObject(earlier["input"])) return Object.keys(earlier["input"]).length === 0 && earlier["name"] === later["name"];
  return ["text", "thinking"].some((name) => {
    const [before, after] = [earlier[name], later[name]];
    return typeof before === "string" && before !== "" && typeof after === "string" && after.startsWith(before);
  });
}
