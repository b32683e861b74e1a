/** How surely a row is of the Messages API. Roles and texts are shared with OpenAI's chat: what only one of the two writes decides. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject } from "@autotraj/core/rows";
import { isMessageEvent, isTranscriptEvent } from "./events.ts";
import { isBareMessage, ROLES } from "./messages.ts";

const BLOCKS: readonly JsonValue[] = ["tool_use", "tool_result", "server_tool_use", "mcp_tool_use", "thinking", "redacted_thinking", "document"];
const RESULTS: readonly JsonValue[] = ["succeeded", "errored", "canceled", "expired"];
const OPENAI_FIELDS = ["tool_calls", "function_call", "tool_call_id"] as const;

export function recognizes(row: JsonValue): number {
  if (isMessageEvent(row)) return 0.95;
  if (isTranscriptEvent(row)) return 0.9;
  if (isBareMessage(row)) return hasOwnBlocks(row["content"]) ? 0.95 : 0.4;
  const record: JsonObject = Array.isArray(row) ? { messages: row } : isObject(row) ? row : {};
  if (isBatchResult(record)) return 0.9;
  const request = inner(record);
  const messages = request["messages"];
  if (!Array.isArray(messages) || messages.length === 0) return 0;
  if (!messages.every((message) => isObject(message) && ROLES.includes(message["role"] ?? null))) return 0;
  const spoken = messages as readonly JsonObject[];
  if (spoken.some((message) => OPENAI_FIELDS.some((name) => (message[name] ?? null) !== null))) return 0;
  const answer = record["response"] ?? record["result"] ?? null;
  if (isObject(answer) && answer["choices"] !== undefined) return 0;
  if (spoken.some(({ content }) => hasOwnBlocks(content)) || hasOwnTools(request["tools"]) || isOwnAnswer(answer)) return 0.97;
  if (record["params"] === request || typeof record["sessionId"] === "string") return 0.95;
  if (spoken.some(({ role }) => role === "system")) return 0.3;
  // Beside the messages there is no place for a system prompt in OpenAI's chat.
  if ((request["system"] ?? null) !== null) return 0.9;
  return typeof request["model"] === "string" && request["model"].includes("claude") ? 0.85 : 0.4;
}

/** Its request is a row of its own. */
function isBatchResult({ custom_id, result, params }: JsonObject): boolean {
  return custom_id !== undefined && params === undefined && isObject(result) && RESULTS.includes(result["type"] ?? null);
}

function inner(record: JsonObject): JsonObject {
  if (record["messages"] !== undefined) return record;
  const value = record["request"] ?? record["params"] ?? record["body"] ?? null;
  if (!isObject(value)) return record;
  return isObject(value["body"]) ? value["body"] : value;
}

function hasOwnBlocks(content: JsonValue | undefined): boolean {
  return Array.isArray(content) && content.some((block) => isObject(block) && BLOCKS.includes(block["type"] ?? null));
}

function hasOwnTools(tools: JsonValue | undefined): boolean {
  return Array.isArray(tools) && tools.some((tool) => isObject(tool) && isObject(tool["input_schema"]));
}

function isOwnAnswer(answer: JsonValue): boolean {
  return isObject(answer) && (Array.isArray(answer["content"]) || answer["type"] === "succeeded");
}
