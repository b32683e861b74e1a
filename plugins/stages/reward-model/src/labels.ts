/** Which side of a pair the model is taught to prefer. */
import type { JsonObject, StageContext } from "@autotraj/core/plugin";
import { pairRowOf } from "./pair-row.ts";
import type { Settings } from "./settings.ts";

/** The pair as it is learnt from: as judged, or turned round by chance, each pair for itself and the same way in every run of a seed. */
export function labelled({ labels }: Pick<Settings, "labels">, { random }: Pick<StageContext, "random">): (row: JsonObject) => JsonObject {
  return (row) => {
    const { chosen, rejected } = pairRowOf(row);
    const isTurned = labels === "shuffled" && random("turned", chosen.id, rejected.id) < 0.5;
    return isTurned ? { ...row, chosen: row["rejected"] as JsonObject, rejected: row["chosen"] as JsonObject } : row;
  };
}
