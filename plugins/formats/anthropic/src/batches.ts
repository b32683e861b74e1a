/** Message batches: each result finds its request again. */
import type { JsonValue } from "@autotraj/core/plugin";
import { isObject } from "@autotraj/core/rows";
import { gatherBatches } from "@autotraj/recorded-batches/batches";

export function gatherMessageBatches(rows: readonly JsonValue[]): readonly JsonValue[] {
  return gatherBatches(rows, {
    isRequest: ({ params }) => isObject(params),
    isResult: ({ result }) => result !== undefined,
  });
}
