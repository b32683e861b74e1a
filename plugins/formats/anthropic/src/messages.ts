/** A conversation whose messages are rows: a list of them in a file, or one a line. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject } from "@autotraj/core/rows";

export const ROLES: readonly JsonValue[] = ["user", "assistant", "system"];

/** A message that stands alone. */
export function isBareMessage(row: JsonValue): row is JsonObject {
  return isObject(row) && ROLES.includes(row["role"] ?? null) && row["content"] !== undefined && row["messages"] === undefined;
}

/** Where all rows are messages they are one conversation; else each row stays what it is. */
export function gatherMessages(rows: readonly JsonValue[]): readonly JsonValue[] {
  return rows.length > 1 && rows.every(isBareMessage) ? [{ messages: [...rows] }] : rows;
}
