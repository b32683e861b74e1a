/** What no repairer offers: a trajectory that hands itself the gold answer. Whoever learns from it learns to print what nobody will have told it. */
import type { Trajectory } from "@autotraj/core/plugin";
import { answerIn } from "@autotraj/evidence/answer";
import { type MadeCall, madeCalls } from "@autotraj/evidence/calls";
import { handedBy } from "@autotraj/evidence/handed";
import { brief } from "@autotraj/trajectory-text/brief";
import type { Problem } from "./reasons.ts";

/** Characters of the call that a message shows. */
const LONGEST_SHOWN = 80;

/** The first call that holds a gold answer before the question or a result has given it; undefined where there is none, or no gold answer. */
export function handingCall(trajectory: Trajectory): MadeCall | undefined {
  const { question, answers } = trajectory.query;
  const calls = madeCalls(trajectory, []);
  const handing = answers.flatMap((gold) => handedBy(answerIn(gold), calls, { question, among: "all" }) ?? []);
  return calls.find((call) => handing.includes(call));
}

export function handedAnswer(trajectory: Trajectory): Problem | undefined {
  const call = handingCall(trajectory);
  if (call === undefined) return undefined;
  const shown = brief(call.program ?? call.text, LONGEST_SHOWN);
  return { reason: "a call holds the gold answer, which neither the question nor a result has given", details: ` (${shown})` };
}
