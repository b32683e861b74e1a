/** Where a trajectory first goes wrong, and what stands before it. */
import type { AssistantMessage, Message, ScoredTrajectory, ToolMessage } from "@autotraj/core/plugin";

type Written = AssistantMessage | ToolMessage;

/** The rollout part: everything after the question. */
export function writtenPart(messages: readonly Message[]): readonly Written[] {
  return messages.filter((message): message is Written => message.role === "assistant" || message.role === "tool");
}

/**
 * Lengths (in messages) of the prefixes worth going on from, longest first. A prefix ends with a tool's result, answers every call it makes, leaves a turn
 * of `maxTurns` to go on with, and holds no failed or malformed call, no call made twice, and nothing that a scorer marked with a span.
 */
export function goodPrefixes({ trajectory, scores }: ScoredTrajectory, maxTurns: number): readonly number[] {
  const written = writtenPart(trajectory.messages);
  const marked = new Set(
    Object.values(scores)
      .flatMap((score) => ("value" in score ? (score.spans ?? []) : []))
      .map((span) => trajectory.messages[span.message]),
  );
  const seenCalls = new Set<string>();
  const prefixes: number[] = [];
  let turns = 0;
  let unanswered = 0;
  for (const [index, message] of written.entries()) {
    if (marked.has(message) || isFault(message, seenCalls)) break;
    if (message.role === "assistant") {
      if (++turns >= maxTurns) break;
      unanswered = message.toolCalls?.length ?? 0;
    } else if (--unanswered <= 0 && written[index + 1]?.role !== "tool") prefixes.push(index + 1);
  }
  return prefixes.reverse();
}

function isFault(message: Written, seenCalls: Set<string>): boolean {
  if (message.role === "tool") return !message.ok;
  return (message.toolCalls ?? []).some((call) => {
    const signature = JSON.stringify([call.name, call.arguments]);
    const repeated = seenCalls.has(signature);
    seenCalls.add(signature);
    return call.malformed !== undefined || repeated;
  });
}
