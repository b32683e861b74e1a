/** What a tool's message gave back: one result, or several where one message holds those of several calls. */
import type { JsonObject, JsonValue, RecordedResult } from "@autotraj/core/plugin";
import { isObject, listAt, objectAt, resultTextAt, saidOk, saidUnder, scalarText } from "@autotraj/core/rows";

/** Under which a tool's message has its result, in logs that have no content for it. */
const RESULTS = ["content", "text", "output", "result"] as const;
/** Parts of a content that are results: the AI SDK's, and Anthropic's. */
const RESULT_PARTS: readonly JsonValue[] = ["tool-result", "tool_result"];

/** @throws PluginError naming the path inside the row */
export function readResults(message: JsonObject, path: string): readonly RecordedResult[] {
  // AutoGen's messages hold the results of all calls, and all their texts as one.
  const responses = listAt(message["tool_responses"], `${path}.tool_responses`);
  if (responses.length > 0)
    return responses.map((one, index) => readResult(objectAt(one, `${path}.tool_responses[${index}]`), `${path}.tool_responses[${index}]`));
  const { content } = message;
  if (!Array.isArray(content) || content.length === 0 || !content.every(isResultPart)) return [readResult(message, path)];
  return content.map((part, index) => readPart(part as JsonObject, `${path}.content[${index}]`));
}

function isResultPart(part: JsonValue): boolean {
  return isObject(part) && RESULT_PARTS.includes(part["type"] ?? null);
}

function readResult(message: JsonObject, path: string): RecordedResult {
  const name = message["name"] ?? message["tool_name"] ?? message["function"];
  return resultOf(message["tool_call_id"], name, resultTextAt(saidUnder(message, RESULTS, path), `${path}.content`), saidOk(message));
}

function readPart(part: JsonObject, path: string): RecordedResult {
  const given = saidUnder(part, ["output", "result", "content"], path);
  // The AI SDK's `{type: "text", value}`, whose types of failures begin with "error".
  const [value, type] = isObject(given) && given["value"] !== undefined ? [given["value"], scalarText(given["type"]) ?? ""] : [given, ""];
  const ok = type.startsWith("error") ? false : saidOk(part);
  return resultOf(part["toolCallId"] ?? part["tool_use_id"], part["toolName"], resultTextAt(value, path), ok);
}

function resultOf(id: JsonValue | undefined, toolName: JsonValue | undefined, content: string, ok: boolean | undefined): RecordedResult {
  const [callId, name] = [scalarText(id), scalarText(toolName)];
  return {
    role: "tool",
    ...(callId === undefined ? {} : { callId }),
    ...(name === undefined ? {} : { name }),
    content,
    ...(ok === undefined ? {} : { ok }),
  };
}
