/** Calls that the caller answers, and the items that answer them. */
import type { JsonObject, JsonValue, RecordedCall, RecordedResult } from "@autotraj/core/plugin";
import { isObject, plainTextOf, scalarText, unreadablePart } from "@autotraj/core/rows";

/** A call of the model whose result is an item of its own; undefined for items of other types. */
export function callOf(item: JsonObject, type: string): RecordedCall | undefined {
  const call = namedCall(item, type);
  if (call === undefined) return undefined;
  const id = scalarText(item["call_id"]) ?? scalarText(item["id"]);
  return { ...(id === undefined ? {} : { id }), ...call };
}

function namedCall(item: JsonObject, type: string): RecordedCall | undefined {
  switch (type) {
    case "function_call":
      return { ...nameOf(item), arguments: item["arguments"] ?? {} };
    case "custom_tool_call":
      return { ...nameOf(item), arguments: { input: item["input"] ?? "" } };
    case "local_shell_call":
      return { name: "local_shell", arguments: item["action"] ?? {} };
    case "shell_call":
      return { name: "shell", arguments: item["action"] ?? {} };
    case "apply_patch_call":
      return { name: "apply_patch", arguments: item["operation"] ?? {} };
    case "computer_call":
      return { name: "computer", arguments: item["action"] ?? { actions: item["actions"] ?? [] } };
    case "tool_search_call":
      return { name: "tool_search", arguments: item["arguments"] ?? {} };
    default:
      return undefined;
  }
}

function nameOf({ name, namespace }: JsonObject): { readonly name?: string } {
  const own = scalarText(name);
  return own === undefined ? {} : { name: qualified(own, scalarText(namespace)) };
}

/** Tools of one name in two namespaces are two tools: `mcp__files` and `read` make `mcp__files__read`. */
export function qualified(name: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === "" ? name : `${namespace.replace(/_{1,2}$/, "")}__${name}`;
}

export function isOutput(type: string): boolean {
  return type.endsWith("_call_output") || type === "tool_search_output";
}

/** What came back for a call. */
export function resultOf(item: JsonObject, path: string): RecordedResult {
  const callId = scalarText(item["call_id"]) ?? scalarText(item["id"]);
  const output = item["output"] ?? item["tools"] ?? null;
  const ok = success(item, output);
  return {
    role: "tool",
    ...(callId === undefined ? {} : { callId }),
    content: outputText(output, `${path}.output`),
    ...(ok === undefined ? {} : { ok }),
  };
}

/** Text; parts of text; Codex's `{content, success}`; anything else as JSON. Pictures are refused: they are part of what the model saw. */
function outputText(output: JsonValue, path: string): string {
  if (output === null) return "";
  const scalar = scalarText(output);
  if (scalar !== undefined) return scalar;
  if (isObject(output) && output["content"] !== undefined && output["success"] !== undefined) return outputText(output["content"], `${path}.content`);
  const parts = Array.isArray(output) ? output : [output];
  const picture = parts.findIndex((part) => isObject(part) && PICTURES.includes(part["type"] ?? null));
  if (picture >= 0) throw unreadablePart({ part: parts[picture] as JsonObject, path: Array.isArray(output) ? `${path}[${picture}]` : path });
  const isText = parts.length > 0 && parts.every((part) => isObject(part) && typeof part["text"] === "string");
  return isText ? plainTextOf(output, path) : JSON.stringify(output);
}

const PICTURES: readonly JsonValue[] = ["input_image", "input_file", "input_audio", "image", "file", "computer_screenshot"];

/** What the log says of it: Codex's flag, a patch's status, the exit codes of a shell. */
function success(item: JsonObject, output: JsonValue): boolean | undefined {
  if (isObject(output) && typeof output["success"] === "boolean") return output["success"];
  if (item["status"] === "failed") return false;
  if (item["type"] === "apply_patch_call_output") return item["status"] === "completed" ? true : undefined;
  if (!Array.isArray(output)) return undefined;
  const outcomes = output.flatMap((part) => (isObject(part) && isObject(part["outcome"]) ? [part["outcome"]] : []));
  return outcomes.length === 0 ? undefined : outcomes.every(({ type, exit_code }) => type === "exit" && exit_code === 0);
}
