/** What a repair is worth: by the loop's rules, whoever wrote it. */
import { unpaired } from "../data/paired.ts";
import type { ScoredTrajectory, Trajectory, Verdict } from "../kernel/plugin.ts";
import { isCopyOf, refusedCopy } from "./copied-repair.ts";
import type { Judged } from "./repeated-repair.ts";
import type { Session } from "./session.ts";

/** What scorers are shown beside a repair. */
export interface Repaired {
  readonly parent: ScoredTrajectory;
  readonly siblings: readonly ScoredTrajectory[];
}

export interface RepairPlace {
  readonly original: ScoredTrajectory;
  readonly siblings: readonly ScoredTrajectory[];
  /** Default: all scorers are asked. */
  readonly score?: (trajectories: readonly Trajectory[], repaired: Repaired) => Promise<readonly ScoredTrajectory[]>;
}

/** Scores and verdict of a repair, by scorers and gates that have begun. */
export async function judgeRepair(session: Session, trajectory: Trajectory, { original, siblings, score }: RepairPlace): Promise<Judged> {
  if (isCopyOf(trajectory, original.trajectory)) return refusedCopy(trajectory, original);
  const { query } = trajectory;
  const repaired = { parent: original, siblings };
  const [scored] = await (score?.([trajectory], repaired) ?? session.lifecycle.score(query, [trajectory], repaired));
  if (scored === undefined) throw new Error("a repaired trajectory came back without scores");
  const [verdict] = await session.lifecycle.shouldRepair({ query, subject: "repair", items: [scored], parent: original });
  return { scored, verdict: learnable(session, scored, verdict as Verdict) };
}

/** Nothing is learnt from calls and results that do not belong together, whatever a gate says of the rest. */
export function learnable({ settings }: Session, { trajectory }: ScoredTrajectory, verdict: Verdict): Verdict {
  if (verdict.decision !== "keep" || settings.queries.unpaired === "keep") return verdict;
  const problem = unpaired(trajectory);
  if (problem === undefined) return verdict;
  return { decision: "discard", cause: "unpaired", reason: `not to be learnt from: ${problem}`, by: "queries.unpaired" };
}
