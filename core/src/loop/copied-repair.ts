/** Whether a repair is what it repairs, once more: it mends nothing, however well it scores where its siblings do not stand beside it. */
import type { ScoredTrajectory, Trajectory, Verdict } from "../kernel/plugin.ts";
import { turnsOf, type Written } from "./learnt-text.ts";

/** By the text after the question, turn for turn: what was thought, called, given back and answered. White space around a turn is nothing. */
export function isCopyOf(repaired: Written, original: Written): boolean {
  const turns = turnsOf(repaired, repaired.dialect);
  const originals = turnsOf(original, repaired.dialect);
  return turns.length === originals.length && turns.every((turn, index) => turn === originals[index]);
}

/** What is said of a copy without asking scorers and gates again: it has its original's scores. */
export function refusedCopy(copy: Trajectory, { scores }: ScoredTrajectory): { readonly scored: ScoredTrajectory; readonly verdict: Verdict } {
  return { scored: { trajectory: copy, scores }, verdict: { decision: "repair", reason: "it is a copy of what it repairs", cause: "no better" } };
}
