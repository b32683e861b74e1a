/** Where a row has its request and its response: in one object, beside each other, wrapped by an HTTP log or a batch, or as a bare list of items. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, objectAt, scalarText } from "@autotraj/core/rows";

export interface PlacedRecord {
  readonly record: JsonObject;
  /** Its place in the row, with the dot: `response.body.`; empty for the row itself. */
  readonly path: string;
}

export interface ResponsesLog {
  /** The whole row. */
  readonly record: JsonObject;
  readonly request: PlacedRecord;
  /** The object with the output: the row itself where nothing is wrapped. */
  readonly response: PlacedRecord;
}

export function logOf(row: JsonValue): ResponsesLog {
  const record = Array.isArray(row) ? { input: row } : objectAt(row, "");
  const own = { record, path: "" };
  const request = record["input"] === undefined ? (wrapped(record, ["request", "body", "params"]) ?? own) : own;
  return { record, request, response: wrapped(record, ["response"]) ?? own };
}

function wrapped(record: JsonObject, names: readonly string[]): PlacedRecord | undefined {
  for (const name of names) {
    const value = record[name];
    if (!isObject(value)) continue;
    return isObject(value["body"]) ? { record: value["body"], path: `${name}.body.` } : { record: value, path: `${name}.` };
  }
  return undefined;
}

/** The response that this one goes on from. */
export function previousOf({ request, response }: ResponsesLog): string | undefined {
  const id = scalarText(request.record["previous_response_id"]) ?? scalarText(response.record["previous_response_id"]);
  return id === "" ? undefined : id;
}

/**
 * The items under a name of a request or response: a list, text, a stored list (`{object: "list", data}`), or one item. The Agents SDK's own items hold the
 * API's as `raw_item`.
 */
export function rawItems(value: JsonValue | undefined): readonly JsonValue[] | undefined {
  if (value === undefined || value === null) return undefined;
  const list = Array.isArray(value) ? value : isObject(value) && Array.isArray(value["data"]) ? value["data"] : [value];
  return list.map((item) => (isObject(item) && isObject(item["raw_item"]) ? item["raw_item"] : item));
}
