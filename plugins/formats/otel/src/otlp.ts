/** Spans and events out of OTLP's JSON, whose attributes are lists of keys and typed values; and out of the console exporters' plainer one. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, parseJson, scalarText } from "@autotraj/core/rows";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** "" for a root. */
  readonly parentId: string;
  readonly name: string;
  /** Nanoseconds as 20 digits, which sort by time; "" where they are not told. */
  readonly start: string;
  readonly end: string;
  readonly durationMs?: number;
  readonly attributes: JsonObject;
  readonly events: readonly SpanEvent[];
  readonly isError: boolean;
  readonly statusMessage: string;
}

/** An event of a span, or a log record that was written inside it. */
export interface SpanEvent {
  readonly name: string;
  /** Attributes and body as one. */
  readonly fields: JsonObject;
}

export function spanOf(raw: JsonObject): Span {
  const context = objectOr(raw["context"]);
  const status = objectOr(raw["status"]);
  const code = scalarText(status["code"] ?? status["status_code"] ?? raw["status_code"]) ?? "";
  const [start, end] = [nanoseconds(timeOf(raw, "start")), nanoseconds(timeOf(raw, "end"))];
  const events = Array.isArray(raw["events"]) ? raw["events"].filter(isObject) : [];
  return {
    traceId: traceIdOf(raw),
    spanId: scalarText(raw["spanId"] ?? raw["span_id"] ?? context["span_id"]) ?? "",
    parentId: scalarText(raw["parentSpanId"] ?? raw["parent_span_id"] ?? raw["parent_id"]) ?? "",
    name: scalarText(raw["name"]) ?? "",
    start: sortable(start),
    end: sortable(end),
    ...(start === undefined || end === undefined || end < start ? {} : { durationMs: Number(end - start) / 1e6 }),
    attributes: attributesOf(raw["attributes"]),
    events: events.map((event) => ({ name: scalarText(event["name"]) ?? "", fields: attributesOf(event["attributes"]) })),
    isError: ["2", "STATUS_CODE_ERROR", "ERROR", "StatusCode.ERROR"].includes(code),
    statusMessage: scalarText(status["message"] ?? status["description"] ?? raw["status_message"]) ?? "",
  };
}

/** A log record of the events' API: the newer instrumentations write their events so. */
export function logEventOf(raw: JsonObject): SpanEvent {
  const attributes = attributesOf(raw["attributes"]);
  const body = isObject(raw["body"]) ? plain(raw["body"]) : (raw["body"] ?? null);
  const name = scalarText(raw["eventName"] ?? raw["event_name"] ?? attributes["event.name"]) ?? "";
  return { name, fields: { ...attributes, ...(isObject(body) ? body : {}) } };
}

export function traceIdOf(raw: JsonObject): string {
  return scalarText(raw["traceId"] ?? raw["trace_id"] ?? objectOr(raw["context"])["trace_id"]) ?? "";
}

export function spanIdOf(raw: JsonObject): string {
  return scalarText(raw["spanId"] ?? raw["span_id"] ?? objectOr(raw["context"])["span_id"]) ?? "";
}

/** Attributes by key. */
function attributesOf(raw: JsonValue | undefined): JsonObject {
  if (isObject(raw)) return raw;
  if (!Array.isArray(raw)) return {};
  return Object.fromEntries(raw.filter(isObject).map(({ key, value }) => [scalarText(key) ?? "", isObject(value) ? plain(value) : (value ?? null)]));
}

/** One of OTLP's typed values; integers stand in it as text, since they may have more digits than a double holds. */
function plain(value: JsonObject): JsonValue {
  const { stringValue, intValue, doubleValue, boolValue, arrayValue, kvlistValue, bytesValue } = value;
  if (stringValue !== undefined) return stringValue;
  if (intValue !== undefined) return typeof intValue === "string" && /^-?\d{1,40}$/.test(intValue) ? integer(intValue) : intValue;
  if (arrayValue !== undefined) return listIn(arrayValue).map((one) => (isObject(one) ? plain(one) : one));
  if (kvlistValue !== undefined) return attributesOf(listIn(kvlistValue) as JsonValue[]);
  return doubleValue ?? boolValue ?? bytesValue ?? (Object.keys(value).length === 0 ? null : value);
}

function integer(text: string): JsonValue {
  const digits = text.replace(/^(-?)0+(?=\d)/, "$1");
  return parseJson(digits);
}

function listIn(wrapper: JsonValue): readonly JsonValue[] {
  const values = objectOr(wrapper)["values"];
  return Array.isArray(values) ? values : [];
}

function timeOf(raw: JsonObject, which: "start" | "end"): JsonValue | undefined {
  return raw[`${which}TimeUnixNano`] ?? raw[`${which}_time_unix_nano`] ?? raw[`${which}_time`] ?? raw[`${which}Time`];
}

/** Nanoseconds as text of digits, or a date. 0 says nothing. */
function nanoseconds(time: JsonValue | undefined): bigint | undefined {
  const text = scalarText(time) ?? "";
  if (/^\d{1,20}$/.test(text)) return BigInt(text) === 0n ? undefined : BigInt(text);
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) return undefined;
  // What a date of milliseconds leaves out.
  const fraction = /\.(\d{4,9})/.exec(text)?.[1]?.padEnd(9, "0").slice(3) ?? "0";
  return BigInt(moment) * 1_000_000n + BigInt(fraction);
}

function sortable(time: bigint | undefined): string {
  return time === undefined ? "" : String(time).padStart(20, "0");
}

function objectOr(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}
