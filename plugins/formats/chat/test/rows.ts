/** A logged conversation, and what the tests ask of one message. */
import type { AssistantMessage, JsonObject } from "@autotraj/core/plugin";
import { read } from "./support.ts";

export async function assistantOf(message: JsonObject): Promise<AssistantMessage> {
  const trajectory = await read({ messages: [{ role: "user", content: "?" }, message] });
  return trajectory.messages[1] as AssistantMessage;
}

export const CALL = { id: "call_9aF", type: "function", function: { name: "python", arguments: '{"code": "print(6*7)"}' } };
export const LOG: JsonObject = {
  id: "log-1",
  model: "gpt-4o-mini",
  answer: 42,
  task: "products",
  tools: [
    {
      type: "function",
      function: { name: "python", description: "Runs code", parameters: { type: "object", properties: { code: { type: "string" } } } },
    },
  ],
  messages: [
    { role: "system", content: "Use the tool." },
    {
      role: "user",
      content: [
        { type: "text", text: "What is " },
        { type: "text", text: "6*7?" },
      ],
    },
    { role: "assistant", content: null, reasoning_content: "I had better calculate.", tool_calls: [CALL] },
    { role: "tool", tool_call_id: "call_9aF", content: "42" },
    { role: "assistant", content: "It is \\boxed{42}." },
  ],
};
