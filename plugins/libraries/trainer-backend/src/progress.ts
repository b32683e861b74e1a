/** Reading a backend's log while it is written. */
import type { JsonObject } from "@autotraj/core/plugin";

/** The fields of a line that holds a JSON object. Undefined for all else, such as what a killed process left of a line. */
export function fieldsIn(line: string): JsonObject | undefined {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    return undefined;
  }
  return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as JsonObject) : undefined;
}

/** The numbers among the fields that are named, under the names that people are shown. */
export function metricsIn(fields: JsonObject, names: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  const metrics = Object.entries(names).flatMap(([theirs, ours]) => {
    const value = fields[theirs];
    return typeof value === "number" ? [[ours, value] as const] : [];
  });
  return Object.fromEntries(metrics);
}
