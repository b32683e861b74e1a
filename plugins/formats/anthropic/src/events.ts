/** The lines of a Claude Code transcript, and of its `stream-json` output: one event each. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, scalarText } from "@autotraj/core/rows";

/** A message's line; the content stands in `message`. */
export function isMessageEvent(row: JsonValue): row is JsonObject {
  return isObject(row) && (row["type"] === "user" || row["type"] === "assistant") && isObject(row["message"]);
}

/** Lines of other kinds: titles, snapshots, progress, hooks. They are no part of what the model was told. */
export function isOtherEvent(row: JsonValue): row is JsonObject {
  return (
    isObject(row) && typeof row["type"] === "string" && row["message"] === undefined && row["messages"] === undefined && row["role"] === undefined
  );
}

/** A line of another kind that only a transcript has: recognized before the lines around it are known. */
export function isTranscriptEvent(row: JsonValue): boolean {
  return isOtherEvent(row) && ["sessionId", "session_id", "leafUuid", "snapshot"].some((name) => row[name] !== undefined);
}

/** Words that the user typed while the model worked are logged as an attachment, and were part of what it read. */
export function withQueuedWords(row: JsonValue): JsonValue {
  const attachment = isObject(row) && row["type"] === "attachment" ? row["attachment"] : undefined;
  if (!isObject(row) || !isObject(attachment) || attachment["type"] !== "queued_command") return row;
  return { ...row, type: "user", message: { role: "user", content: attachment["prompt"] ?? "" } };
}

export function sessionOf(event: JsonObject): string {
  return scalarText(event["sessionId"]) ?? scalarText(event["session_id"]) ?? "";
}

/** The main conversation of a session, or one of its sub-agents'. */
export function threadOf(event: JsonObject): string {
  const agent = scalarText(event["agentId"]) ?? scalarText(event["parent_tool_use_id"]) ?? (event["isSidechain"] === true ? "sidechain" : "");
  return JSON.stringify([sessionOf(event), agent]);
}

/** Written by the program in the model's name: an error of the API, a placeholder. */
export function isSynthetic(event: JsonObject): boolean {
  const { message } = event;
  return event["isApiErrorMessage"] === true || (isObject(message) && message["model"] === "<synthetic>");
}
