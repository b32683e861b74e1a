/** Half a surrogate pair, which logs that cut their texts have, is no text: readers of other languages refuse a whole file, or fail at the tokenizer. */
import { isJsonObject } from "../kernel/json.ts";

/** The value with U+FFFD for each such half, in names of fields too; itself where it has none. */
export function wellFormed<T>(value: T): T {
  return rewritten(value) as T;
}

function rewritten(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) {
    const made = value.map(rewritten);
    return made.every((one, index) => one === value[index]) ? value : made;
  }
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value);
  const made = fields.map(([name, one]) => [name.toWellFormed(), rewritten(one)] as const);
  return made.every(([name, one], index) => name === fields[index]?.[0] && one === fields[index]?.[1]) ? value : Object.fromEntries(made);
}
