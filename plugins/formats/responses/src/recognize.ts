/** How surely a row is of the Responses API. Messages are shared with OpenAI's chat; typed items are not. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject } from "@autotraj/core/rows";
import { typeOf } from "./items.ts";
import { logOf, rawItems } from "./logs.ts";
import { isBareItem, isEnvelope } from "./rollouts.ts";

const PARTS: readonly JsonValue[] = ["input_text", "output_text"];

export function recognizes(row: JsonValue): number {
  if (isEnvelope(row)) return 0.95;
  if (!Array.isArray(row) && !isObject(row)) return 0;
  if (isBareItem(row)) return isOwn(row) ? 0.95 : 0.6;
  const { record, request, response } = logOf(row);
  if (record["messages"] !== undefined || record["conversations"] !== undefined) return 0;
  if (response.record["object"] === "response" || record["url"] === "/v1/responses") return 0.97;
  const given = request.record["input"] ?? (record["object"] === "list" ? record["data"] : record["items"]) ?? null;
  const output = response.record["output"] ?? null;
  const items = [...(rawItems(given) ?? []), ...(rawItems(output) ?? [])];
  const spoken = items.filter(isObject);
  if (spoken.some((item) => typeOf(item) === "" || (typeOf(item) === "message" && (item["tool_calls"] ?? null) !== null))) return 0;
  // A batch's result, and what goes on from an earlier response, have their beginning in another row.
  if (spoken.some(isOwn))
    return given !== null || record["custom_id"] !== undefined || request.record["previous_response_id"] !== undefined ? 0.97 : 0.4;
  if (given === null) return 0;
  // A text in, a text out says nothing; a list of messages under `input` is nobody else's.
  if (spoken.length === 0 || spoken.length < items.length) return isRequest(request.record) ? 0.6 : 0;
  return Array.isArray(row) ? 0.3 : spoken.every((item) => typeOf(item) === "message") ? 0.85 : 0;
}

/** An item, or parts of content, that only this API has. */
function isOwn(item: JsonObject): boolean {
  const type = typeOf(item);
  if (type !== "message") return type === "reasoning" || type === "mcp_list_tools" || type.endsWith("_call") || type.endsWith("_call_output");
  const { content } = item;
  return Array.isArray(content) && content.some((part) => isObject(part) && PARTS.includes(part["type"] ?? null));
}

function isRequest(request: JsonObject): boolean {
  return (
    typeof request["model"] === "string" &&
    ["instructions", "previous_response_id", "max_output_tokens", "store"].some((name) => request[name] !== undefined)
  );
}
