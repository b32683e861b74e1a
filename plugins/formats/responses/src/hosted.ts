/** Tools that run on the server's side: one item is the call and, where the log was asked to hold it, what came of it. */
import type { JsonObject, JsonValue, RecordedCall, RecordedResult } from "@autotraj/core/plugin";
import { contentOf, isObject, listAt, objectAt, scalarText, textAt, textOrJson, unreadablePart } from "@autotraj/core/rows";

export interface HostedCall {
  readonly call: RecordedCall;
  /** Left out where the log does not hold it. */
  readonly result?: RecordedResult;
}

/** What an item says, without its id and its status. */
interface Told {
  readonly name: string;
  readonly arguments: JsonValue;
  readonly content?: string;
  readonly hasFailed?: true;
}

/** Undefined for items of other types. @throws PluginError where the result is a picture */
export function hostedCall(item: JsonObject, type: string, path: string): HostedCall | undefined {
  const told = toldBy(item, type, path);
  if (told === undefined) return undefined;
  const id = scalarText(item["id"]);
  const hasFailed = told.hasFailed === true || item["status"] === "failed";
  const content = told.content ?? (hasFailed ? "failed" : undefined);
  const call: RecordedCall = { ...(id === undefined ? {} : { id }), name: told.name, arguments: told.arguments };
  if (content === undefined) return { call };
  const result: RecordedResult = { role: "tool", name: told.name, content, ...(id === undefined ? {} : { callId: id }) };
  return { call, result: hasFailed ? { ...result, ok: false } : result };
}

function toldBy(item: JsonObject, type: string, path: string): Told | undefined {
  switch (type) {
    case "web_search_call":
      return webSearch(item);
    case "file_search_call":
      return { name: "file_search", arguments: { queries: item["queries"] ?? [] }, ...contentIn(item["results"]) };
    case "code_interpreter_call":
      return { name: "code_interpreter", arguments: { code: item["code"] ?? "" }, ...printed(item["outputs"] ?? null, `${path}.outputs`) };
    case "mcp_call":
      return mcpCall(item, path);
    case "mcp_approval_request":
      return { name: textAt(item["name"], `${path}.name`), arguments: item["arguments"] ?? {} };
    default:
      return undefined;
  }
}

/** What the user said to a request for approval; the call itself comes as an item of its own. Undefined for other items. */
export function approvalAnswer(item: JsonObject, type: string): RecordedResult | "given" | undefined {
  if (type !== "mcp_approval_response") return undefined;
  if (item["approve"] === true) return "given";
  const callId = scalarText(item["approval_request_id"]);
  const reason = scalarText(item["reason"]) ?? "";
  return { role: "tool", ...(callId === undefined ? {} : { callId }), content: reason === "" ? "The call was not approved." : reason, ok: false };
}

/** The pages that were found are in `results`, or as bare addresses in the action. */
function webSearch(item: JsonObject): Told {
  const { sources, ...action } = isObject(item["action"]) ? item["action"] : {};
  return { name: "web_search", arguments: action, ...contentIn(item["results"] ?? sources) };
}

function contentIn(value: JsonValue | undefined): { readonly content?: string } {
  return (value ?? null) === null ? {} : { content: textOrJson(value) };
}

function printed(outputs: JsonValue, path: string): { readonly content?: string } {
  if (outputs === null) return {};
  const logs = listAt(outputs, path).map((value, index) => {
    const output = objectAt(value, `${path}[${index}]`);
    if (output["type"] !== "logs") throw unreadablePart({ part: output, path: `${path}[${index}]` });
    return textAt(output["logs"], `${path}[${index}].logs`);
  });
  return { content: logs.join("") };
}

function mcpCall(item: JsonObject, path: string): Told {
  const { output = null, error = null } = item;
  const told = { name: textAt(item["name"], `${path}.name`), arguments: item["arguments"] ?? {} };
  if (error !== null) return { ...told, content: errorText(error, `${path}.error`), hasFailed: true };
  return { ...told, ...contentIn(output) };
}

function errorText(error: JsonValue, path: string): string {
  if (!isObject(error)) return textOrJson(error);
  const text = scalarText(error["message"]) ?? (Array.isArray(error["content"]) ? contentOf(error["content"], `${path}.content`).text : "");
  return text === "" ? JSON.stringify(error) : text;
}
