/** What a log says of its own outcome: kept with the trajectory under `provenance.notes.outcome`, where a scorer can read it. */
import { exactDigits, isJsonObject } from "../../kernel/json.ts";
import type { JsonObject, JsonValue } from "../../kernel/plugin.ts";

const FIELDS = [
  ...["reward", "success", "score", "resolved", "passed", "correct", "is_correct", "solved", "is_success", "is_solved", "outcome", "final_reward"],
] as const;
/** Where logs put it beside the row's own fields. */
const PLACES = ["info", "metadata", "meta", "extra", "result", "evaluation", "final_metrics", "verifier_result"] as const;

/** The fields there are, by name; undefined where there are none. Only numbers, flags and short words are outcomes. */
export function outcomeOf(row: JsonValue): JsonObject | undefined {
  if (!isJsonObject(row)) return undefined;
  const nested = PLACES.map((name) => row[name]).filter(isJsonObject);
  const found: JsonObject = {};
  for (const record of [...nested, row]) {
    for (const name of FIELDS) {
      const value = numberOf(record[name]) ?? record[name];
      if (typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value !== "" && value.length <= 40))
        found[name] = value;
    }
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

/** A score is a number, however many digits it was written with. */
function numberOf(value: JsonValue | undefined): number | undefined {
  const digits = exactDigits(value);
  return digits === undefined ? undefined : Number(digits);
}
