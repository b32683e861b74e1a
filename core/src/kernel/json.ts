/** JSON values, with the numbers that a double cannot hold: they stay what was written, as `JSON.rawJSON` (data/exact-json.ts makes them). */
import type { JsonValue } from "./trajectory/model.ts";

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

/** A deep copy of plain data, for plugins that change what they were given. What `structuredClone` refuses, a number kept as it was written, is the same in both: nobody can change it. */
export function copyOf<T>(value: T): T {
  if (value === null || typeof value !== "object" || isRawJSON(value)) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copyOf(one as unknown)])) as T;
}
