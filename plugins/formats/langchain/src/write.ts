/** Writes messages as LangChain's `messages_to_dict` does, so that `messages_from_dict` loads them; tools as OpenAI's, which `bind_tools` takes. */
import type { JsonObject, Message, ToolCall, ToolDefinition, Trajectory } from "@autotraj/core/plugin";
import { saysFailed } from "@autotraj/core/rows";

export function sftRow({ id, messages, tools }: Trajectory): JsonObject {
  return {
    id,
    // No system prompt was shown where it is empty.
    messages: messages.filter(({ role, content }) => role !== "system" || content !== "").map(written),
    ...(tools.length > 0 ? { tools: tools.map(toolRow) } : {}),
  };
}

function written(message: Message): JsonObject {
  switch (message.role) {
    case "system":
      return { type: "system", data: { type: "system", content: message.content } };
    case "user":
      return { type: "human", data: { type: "human", content: message.content } };
    case "tool":
      return {
        type: "tool",
        data: {
          type: "tool",
          content: message.content,
          name: message.name,
          tool_call_id: message.toolCallId,
          status: message.ok ? "success" : "error",
          // A status of success is what LangChain writes by itself: where the text looks like an error, it would be believed.
          ...(message.ok && saysFailed(message.content) ? { additional_kwargs: { is_error: false } } : {}),
        },
      };
    case "assistant": {
      const calls = message.toolCalls ?? [];
      return {
        type: "ai",
        data: {
          type: "ai",
          content: message.content,
          tool_calls: calls.filter(({ malformed }) => malformed === undefined).map(callRow),
          invalid_tool_calls: calls.filter(({ malformed }) => malformed !== undefined).map(invalidCallRow),
          ...(message.reasoning === undefined ? {} : { additional_kwargs: { reasoning_content: message.reasoning } }),
        },
      };
    }
  }
}

function callRow({ id, name, arguments: args }: ToolCall): JsonObject {
  return { name, args, id, type: "tool_call" };
}

function invalidCallRow({ id, name, malformed }: ToolCall): JsonObject {
  return { name, args: malformed?.raw ?? "", id, error: malformed?.reason ?? "", type: "invalid_tool_call" };
}

function toolRow({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: "function", function: { name, description, parameters } };
}
