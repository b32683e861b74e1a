/** Where a row has its request and its response: beside each other, wrapped by an HTTP log, in a batch, or as a bare list of messages. */
import type { JsonObject, JsonValue, Query } from "@autotraj/core/plugin";
import { invalid, isObject, objectAt, scalarText } from "@autotraj/core/rows";

export interface MessagesLog {
  /** The whole row. */
  readonly record: JsonObject;
  readonly request: JsonObject;
  /** The request's place in the row, with its dot: `request.`; empty where the row is the request. */
  readonly path: string;
  /** The message that answered it. */
  readonly response?: { readonly message: JsonObject; readonly path: string };
  readonly query: Partial<Query>;
  /** What the log says of requests that failed. */
  readonly failures: readonly string[];
  /** The last one failed: there is no response. */
  readonly isUnanswered: boolean;
}

/** @throws PluginError where the response is none of the Messages API's */
export function logOf(row: JsonValue): MessagesLog {
  const record = Array.isArray(row) ? { messages: row } : objectAt(row, "");
  const { request, path } = requestOf(record);
  const id = scalarText(record["custom_id"]);
  const { apiErrors } = record;
  const told = Array.isArray(apiErrors) ? apiErrors.flatMap((text) => (typeof text === "string" ? [`the API failed: ${text}`] : [])) : [];
  return { record, request, path, query: id === undefined ? {} : { id }, ...responseOf(record, told) };
}

function requestOf(record: JsonObject): Pick<MessagesLog, "request" | "path"> {
  if (record["messages"] !== undefined) return { request: record, path: "" };
  for (const name of ["request", "params", "body"]) {
    const value = record[name];
    if (!isObject(value)) continue;
    return isObject(value["body"]) ? { request: value["body"], path: `${name}.body.` } : { request: value, path: `${name}.` };
  }
  return { request: record, path: "" };
}

function responseOf(record: JsonObject, told: readonly string[]): Pick<MessagesLog, "response" | "failures" | "isUnanswered"> {
  const name = (record["response"] ?? null) !== null ? "response" : "result";
  const value = record[name] ?? null;
  const none = { failures: told, isUnanswered: false };
  // `result` is everybody's word; only a batch's is a response.
  if (value === null || (name === "result" && !(isObject(value) && (record["custom_id"] ?? null) !== null))) return none;
  if (typeof value === "string" || Array.isArray(value)) return { ...none, response: { message: { content: value }, path: name } };
  const { message, path } = innermost(objectAt(value, name), name);
  const failure = failureOf(message);
  if (failure !== undefined) return { failures: [...told, failure], isUnanswered: true };
  if (message["content"] === undefined) throw invalid(`${path}.content`, "is missing; expected the content blocks of a Messages API response");
  return { ...none, response: { message, path } };
}

function innermost(value: JsonObject, path: string): { readonly message: JsonObject; readonly path: string } {
  for (const name of ["body", "message"]) {
    const inner = value[name];
    if (isObject(inner)) return innermost(inner, `${path}.${name}`);
  }
  return { message: value, path };
}

/** An error of the API, or a batch's request that was not answered. */
function failureOf(response: JsonObject): string | undefined {
  const { type, error } = response;
  if (type === "canceled" || type === "expired") return `the request was ${type}`;
  if (type !== "error" && type !== "errored" && (error ?? null) === null) return undefined;
  const inner = isObject(error) && isObject(error["error"]) ? error["error"] : error;
  const text = isObject(inner) ? (scalarText(inner["message"]) ?? scalarText(inner["type"])) : scalarText(inner);
  return `the API failed: ${text ?? "no reason is given"}`;
}
