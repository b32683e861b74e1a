/** Whether two requests ask the same: clients retry, and may write an object's fields in another order. */
import { createHash } from "node:crypto";

/** sha256 over the JSON of all parts, with sorted keys. */
export function fingerprintOf(...parts: readonly unknown[]): string {
  const text = JSON.stringify(parts, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(text).digest("hex");
}
