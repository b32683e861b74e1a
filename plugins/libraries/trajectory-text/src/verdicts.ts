/** Verdicts in words. */
import type { Provenance, Verdict } from "@autotraj/core/plugin";

export type VerdictMeaning = "kept" | "needs repair" | "discarded" | "accepted" | "refused";

/** What a verdict means for whom it is about: a repair that is not kept is not repaired again. */
export function meaningOf({ origin }: Pick<Provenance, "origin">, { decision }: Pick<Verdict, "decision">): VerdictMeaning {
  if (origin === "repair") return decision === "keep" ? "accepted" : "refused";
  return decision === "keep" ? "kept" : decision === "repair" ? "needs repair" : "discarded";
}
