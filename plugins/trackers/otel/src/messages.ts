/** Texts of calls as the GenAI conventions spell them. */

import type { ContinuationPart, Message, ToolDefinition, Turn } from "@autotraj/core/plugin";
import type { Attributes } from "@opentelemetry/api";

/** What a `model-call` holds for trackers that want content. */
export interface ModelTexts {
  readonly messages: readonly Message[];
  readonly continuation: readonly ContinuationPart[];
  readonly tools: readonly ToolDefinition[];
  readonly turn?: Pick<Turn, "text" | "reasoning" | "toolCalls" | "finish">;
}

export function modelTexts({ messages, continuation, tools, turn }: ModelTexts): Attributes {
  const instructions = messages.flatMap((message) => (message.role === "system" ? [message.content] : []));
  const input = messages.filter(({ role }) => role !== "system").map(written);
  // What the assistant's message holds so far: the model goes on right behind it.
  const begun = continuation.map(({ text }) => text).join("");
  const definitions = tools.map(({ name, description, parameters }) => ({ type: "function", name, description, parameters }));
  return {
    ...(instructions.length === 0 ? {} : { "gen_ai.system_instructions": JSON.stringify(instructions.map(textPart)) }),
    "gen_ai.input.messages": JSON.stringify(begun === "" ? input : [...input, { role: "assistant", parts: [textPart(begun)] }]),
    ...(definitions.length === 0 ? {} : { "gen_ai.tool.definitions": JSON.stringify(definitions) }),
    ...(turn === undefined ? {} : { "gen_ai.output.messages": JSON.stringify([answered(turn)]) }),
  };
}

export function textPart(content: string): { readonly type: "text"; readonly content: string } {
  return { type: "text", content };
}

function written(message: Message): object {
  if (message.role === "tool") {
    return { role: "tool", parts: [{ type: "tool_call_response", id: message.toolCallId, name: message.name, response: message.content }] };
  }
  if (message.role !== "assistant") return { role: message.role, parts: [textPart(message.content)] };
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: args, malformed }) => toolCall(id, name, malformed?.raw ?? args));
  return { role: "assistant", parts: parts(message.reasoning, message.text ?? message.content, calls) };
}

function answered({ text, reasoning, toolCalls = [], finish }: NonNullable<ModelTexts["turn"]>): object {
  const calls = toolCalls.map(({ id, name, arguments: args }) => toolCall(id, name, args));
  return { role: "assistant", parts: parts(reasoning, text, calls), finish_reason: finishReason(finish) };
}

function toolCall(id: string, name: string, args: unknown): object {
  return { type: "tool_call", id, name, arguments: args };
}

function parts(reasoning: string | undefined, text: string, calls: readonly object[]): readonly object[] {
  return [
    ...(reasoning === undefined ? [] : [{ type: "reasoning", content: reasoning }]),
    ...(text === "" && calls.length > 0 ? [] : [textPart(text)]),
    ...calls,
  ];
}

export function finishReason(finish: string): string {
  return finish === "tool-calls" ? "tool_call" : finish;
}
