/** Which result belongs to which call. */
import type { Message, ToolCall, ToolMessage } from "@autotraj/core/plugin";

/** By id, in order: ids may come again in a later turn, or twice in one. A result that no open call has asked for belongs to none. */
export function callsByResult(messages: readonly Message[]): ReadonlyMap<ToolMessage, ToolCall> {
  const open = new Map<string, ToolCall[]>();
  const calls = new Map<ToolMessage, ToolCall>();
  for (const message of messages) {
    if (message.role === "assistant") for (const [id, asked] of Map.groupBy(message.toolCalls ?? [], ({ id }) => id)) open.set(id, asked);
    else if (message.role === "tool") {
      const call = open.get(message.toolCallId)?.shift();
      if (call !== undefined) calls.set(message, call);
    }
  }
  return calls;
}
