/** The Batch API: each result finds its request again. */
import type { JsonValue } from "@autotraj/core/plugin";
import { isObject } from "@autotraj/core/rows";
import { gatherBatches } from "@autotraj/recorded-batches/batches";

export function gatherResponseBatches(rows: readonly JsonValue[]): readonly JsonValue[] {
  return gatherBatches(rows, {
    isRequest: ({ body }) => isObject(body),
    // A request that failed has an error in place of its response.
    isResult: ({ response, error }) => response !== undefined || error !== undefined,
  });
}
