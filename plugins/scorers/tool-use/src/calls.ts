/** What the calls of one trajectory were worth, looked at alone and beside the other candidates. */
import { isRight, type Score, type ScoreItem, type ToolCall, type Trajectory } from "@autotraj/core/plugin";
import { callsByResult } from "@autotraj/trajectory-text/pairing";

/** Share of the calls that ran without a failure. A call without a result did not run; a result without a call says nothing. */
export function executability(trajectory: Trajectory): Score {
  const calls = callsOf(trajectory).length;
  if (calls === 0) return noCalls();
  const answers = [...callsByResult(trajectory.messages).keys()];
  const failed = answers.filter(({ ok }) => !ok).length;
  const unanswered = calls - answers.length;
  const value = (answers.length - failed) / calls;
  if (value === 1) return { value };
  const parts = [
    ...(failed > 0 ? [`${failed} of ${calls} calls failed`] : []),
    ...(unanswered > 0 ? [`${unanswered} of ${calls} calls have no result`] : []),
  ];
  return { value, reason: parts.join("; ") };
}

/** 1 minus the share of the calls that repeat an earlier one of the same trajectory. */
export function redundancy(trajectory: Trajectory): Score {
  const calls = callsOf(trajectory);
  if (calls.length === 0) return noCalls();
  const different = new Set(calls.map(signature));
  const repeats = calls.length - different.size;
  const value = 1 - repeats / calls.length;
  return repeats === 0 ? { value } : { value, reason: `${repeats} of ${calls.length} calls repeat an earlier one` };
}

/**
 * Were that many calls needed? Over the candidates of the same question with fewer calls: those that are wrong say yes, those that are right say no
 * (Tool-Light's necessity, per question). 1: all were wrong, 0: all were right, 0.5: neither.
 */
export function necessity({ trajectory, scores, group }: ScoreItem): Score {
  const calls = callsOf(trajectory).length;
  if (calls === 0) return noCalls();
  if (isRight(scores["correctness"]) !== true) return { skipped: "only right answers show what was needed" };
  const cheaper = group.flatMap((other) => {
    const right = isRight(other.scores["correctness"]);
    return right !== undefined && callsOf(other.trajectory).length < calls ? [right] : [];
  });
  if (cheaper.length === 0) return { skipped: "no candidate made fewer calls" };
  const right = cheaper.filter(Boolean).length;
  return { value: 1 - right / cheaper.length, reason: `${right} of ${cheaper.length} candidates with fewer calls are right` };
}

/** Right answers per call; no call counts as one (Tool-Light's efficiency, for one trajectory). */
export function efficiency({ trajectory, scores }: ScoreItem): Score {
  const right = isRight(scores["correctness"]);
  if (right === undefined) return { skipped: "the answer was not judged" };
  const calls = callsOf(trajectory).length;
  return { value: (right ? 1 : 0) / Math.max(calls, 1), reason: `${right ? "right" : "wrong"} with ${calls} ${calls === 1 ? "call" : "calls"}` };
}

function callsOf({ messages }: Trajectory): readonly ToolCall[] {
  return messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
}

/** White space and the order of arguments make no difference. */
function signature({ name, arguments: args, malformed }: ToolCall): string {
  const values = Object.entries(args)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value.replace(/\s+/g, " ").trim() : JSON.stringify(value)}`);
  return JSON.stringify([name, values, malformed?.raw]);
}

function noCalls(): Score {
  return { skipped: "no tool was called" };
}
