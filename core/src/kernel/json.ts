/** JSON values, with the numbers that a double cannot hold: they stay what was written, as `JSON.rawJSON` (data/exact-json.ts makes them). */
import type { JsonValue } from "./plugin.ts";

/** Not yet in TypeScript's library for the year we compile to. */
const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): value is { readonly rawJSON: string } };

/** The digits of a number that was kept as it was written; undefined for any other value. */
export function exactDigits(value: unknown): string | undefined {
  return isRawJSON(value) ? value.rawJSON : undefined;
}

/** True for a value with members: neither an array nor a number kept as it was written. */
export function isJsonObject(value: unknown): value is { [key: string]: JsonValue } {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !isRawJSON(value);
}
