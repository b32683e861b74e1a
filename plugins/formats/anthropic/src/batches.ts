/** Message batches: the requests are in one file, the results in another; put into one, each result finds its request again. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, scalarText } from "@autotraj/core/rows";

/** Results with what was asked for; all other rows stay what they are. */
export function gatherBatches(rows: readonly JsonValue[]): readonly JsonValue[] {
  const requests = new Map<string, JsonObject>();
  const answered = new Set<string>();
  for (const row of rows) {
    const { id, isResult, record } = batchLine(row);
    if (id === undefined) continue;
    if (isResult) answered.add(id);
    else if (isObject(record["params"])) requests.set(id, record);
  }
  return rows.flatMap((row) => {
    const { id, isResult, record } = batchLine(row);
    const request = id === undefined ? undefined : requests.get(id);
    if (id === undefined || request === undefined) return [row];
    if (!isResult) return answered.has(id) ? [] : [row];
    return [{ ...request, ...record }];
  });
}

function batchLine(row: JsonValue): { readonly id: string | undefined; readonly isResult: boolean; readonly record: JsonObject } {
  const record = isObject(row) ? row : {};
  return { id: scalarText(record["custom_id"]), isResult: record["result"] !== undefined, record };
}
