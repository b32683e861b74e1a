/** All checks of one trajectory, and the verdict over them. */

import { finalAnswer } from "@autotraj/computations/answer";
import { madeCalls } from "@autotraj/computations/calls";
import type { Score, Scores, Span, Trajectory } from "@autotraj/core/plugin";
import { computed } from "./computed.ts";
import { counterfactual } from "./counterfactual.ts";
import { follows } from "./follows.ts";
import { found } from "./found.ts";
import { operands } from "./operands.ts";
import type { GroundedOptions } from "./options.ts";

export function groundedScores(trajectory: Trajectory, options: GroundedOptions): Scores {
  const { question } = trajectory.query;
  const calls = madeCalls(trajectory, options.searches);
  const answer = finalAnswer(trajectory);
  const moved = counterfactual(question, calls);
  const isProven = "value" in moved && moved.value === 1;
  const checks = {
    follows: follows(answer, calls, question),
    computed: computed(answer, calls, { question, isProven }),
    operands: operands(question, calls, isProven ? "ignore" : "count"),
    counterfactual: moved,
    found: found(answer, calls, question),
  };
  return { ...checks, grounded: verdict(checks, options.operands) };
}

/** 1 where no check that could be made fails. Where none could be made there is no verdict. */
function verdict(checks: Readonly<Record<string, Score>>, leastOperands: number): Score {
  const reasons: string[] = [];
  const spans: Span[] = [];
  let made = 0;
  for (const [name, score] of Object.entries(checks)) {
    if (!("value" in score)) continue;
    made++;
    if (score.value >= (name === "operands" ? leastOperands : 1)) continue;
    reasons.push(score.reason ?? name);
    spans.push(...(score.spans ?? []));
  }
  if (made === 0)
    return { skipped: "skipped" in (checks["follows"] as Score) ? (checks["follows"] as { skipped: string }).skipped : "nothing could be checked" };
  return reasons.length === 0 ? { value: 1 } : { value: 0, reason: reasons.join("; "), spans };
}
