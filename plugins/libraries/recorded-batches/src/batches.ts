/** Batch APIs: requests are in one file, results in another; put into one, each result finds its request again by its `custom_id`. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, scalarText } from "@autotraj/core/rows";

/** How a provider's lines are told. */
export interface BatchLines {
  readonly isRequest: (line: JsonObject) => boolean;
  readonly isResult: (line: JsonObject) => boolean;
}

/** Results with what was asked for; all other rows stay what they are. */
export function gatherBatches(rows: readonly JsonValue[], { isRequest, isResult }: BatchLines): readonly JsonValue[] {
  const requests = new Map<string, JsonObject>();
  const answered = new Set<string>();
  for (const row of rows) {
    const id = idOf(row);
    if (id === undefined) continue;
    if (isResult(row as JsonObject)) answered.add(id);
    else if (isRequest(row as JsonObject)) requests.set(id, row as JsonObject);
  }
  return rows.flatMap((row) => {
    const id = idOf(row);
    const request = id === undefined ? undefined : requests.get(id);
    if (id === undefined || request === undefined) return [row];
    if (!isResult(row as JsonObject)) return answered.has(id) ? [] : [row];
    return [{ ...request, ...(row as JsonObject) }];
  });
}

function idOf(row: JsonValue): string | undefined {
  return isObject(row) ? scalarText(row["custom_id"]) : undefined;
}
