/** Where a trajectory first goes wrong, and what stands before it. */
import type { AssistantMessage, Message, ScoredTrajectory, ToolMessage } from "@autotraj/core/plugin";
import { suspectMessages } from "./suspects.ts";

type Written = AssistantMessage | ToolMessage;

/** The rollout part: everything after the question. */
export function writtenPart(messages: readonly Message[]): readonly Written[] {
  return messages.filter((message): message is Written => message.role === "assistant" || message.role === "tool");
}

/**
 * Lengths (in messages) of the prefixes worth going on from, longest first. A prefix ends with a tool's result, answers every call it makes, leaves a turn
 * of `maxTurns` to go on with, and holds no failed or malformed call, no call made twice, nothing that a scorer marked with a span, and no call that a bad
 * answer rests on (suspects.ts).
 */
export function goodPrefixes(original: ScoredTrajectory, maxTurns: number): readonly number[] {
  const { trajectory, scores } = original;
  const written = writtenPart(trajectory.messages);
  const spans = Object.values(scores).flatMap((score) => ("value" in score ? (score.spans ?? []) : []));
  const marked = new Set([...spans.map(({ message }) => trajectory.messages[message]), ...suspectMessages(original)]);
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
