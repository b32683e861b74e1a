/** Tool calls as the chat API has them. The final answer is the content of the first turn without a call. */

import { isJsonObject } from "../../kernel/json.ts";
import type { AssistantMessage, Dialect, Segment, ToolCall, ToolDefinition, Turn } from "../../kernel/plugin.ts";
import { parseJson } from "../exact-json.ts";
import { unwrapAnswer } from "./boxed.ts";

export const nativeDialect: Dialect = {
  name: "native",
  stops: () => [],
  parse(turn, tools, callId) {
    const toolCalls = (turn.toolCalls ?? []).map((call, index) => readCall(call, index, tools, callId));
    const faults = toolCalls.flatMap((call) => (call.malformed === undefined ? [] : [`malformed tool call: ${call.malformed.reason}`]));
    const message: AssistantMessage = {
      role: "assistant",
      content: turn.text,
      ...(turn.reasoning === undefined ? {} : { reasoning: turn.reasoning }),
      ...(toolCalls.length > 0 ? { toolCalls } : {}),
      ...(turn.tokens === undefined ? {} : { tokens: turn.tokens }),
    };
    const answer = toolCalls.length === 0 && turn.finish === "stop" ? unwrapAnswer(turn.text) : undefined;
    return { message, faults, ...(answer === undefined ? {} : { answer }) };
  },
  text(message) {
    if (message.role === "tool") return message.content;
    const calls = (message.toolCalls ?? []).map((call) => call.malformed?.raw ?? JSON.stringify({ name: call.name, arguments: call.arguments }));
    return [message.reasoning ?? "", message.content, ...calls].filter((part) => part !== "").join("\n");
  },
  render(trajectory) {
    return trajectory.messages.map((message): Segment => {
      if (message.role === "system" || message.role === "user") return { role: message.role, text: message.content, train: false };
      if (message.role === "tool") return { role: "tool", text: message.content, train: false };
      return { role: "assistant", text: nativeDialect.text(message), train: message.train ?? true };
    });
  },
};

function readCall(call: NonNullable<Turn["toolCalls"]>[number], index: number, tools: readonly ToolDefinition[], callId: string): ToolCall {
  const id = call.id === "" ? `${callId}.${index}` : call.id;
  const malformed = (reason: string): ToolCall => ({ id, name: call.name, arguments: {}, malformed: { raw: call.arguments, reason } });
  if (!tools.some((tool) => tool.name === call.name))
    return malformed(`there is no tool "${call.name}"; there are ${tools.map((t) => t.name).join(", ") || "none"}`);
  try {
    const parsed = parseJson(call.arguments === "" ? "{}" : call.arguments);
    return isJsonObject(parsed) ? { id, name: call.name, arguments: parsed } : malformed("the arguments are not a JSON object");
  } catch (error) {
    return malformed(`the arguments are not JSON (${(error as Error).message})`);
  }
}
