/** Traces as OTLP's file exporter writes them, in each of the conventions, and the path on which they are read. */
import { FORMAT, type Format, type JsonObject, type JsonValue } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { readingOf } from "../../../../test/formats/reading.ts";
import plugin from "../src/index.ts";

export async function otel(): Promise<Format> {
  return (await setupPlugin(plugin)).provided(FORMAT);
}

export const { readRows, readAll, read, problem } = readingOf(otel);

/** Text, numbers and flags as OTLP's typed values; lists and objects as JSON text, which is what most exporters do. */
export function attributes(values: JsonObject): JsonValue {
  return Object.entries(values).map(([key, value]) => ({ key, value: typed(value) }));
}

function typed(value: JsonValue): JsonObject {
  if (typeof value === "number") return { intValue: String(value) };
  if (typeof value === "boolean") return { boolValue: value };
  return { stringValue: typeof value === "string" ? value : JSON.stringify(value) };
}

/** The same as structured values. */
export function structured(value: JsonValue): JsonObject {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(structured) } };
  if (value === null || typeof value !== "object") return typed(value);
  return { kvlistValue: { values: Object.entries(value).map(([key, one]) => ({ key, value: structured(one) })) } };
}

const SECOND = 1_700_000_000_000_000_000n;

/** A span begun at this second, half a second long. */
export function span(id: string, second: number, name: string, values: JsonObject, more: JsonObject = {}): JsonObject {
  const at = SECOND + BigInt(second) * 1_000_000_000n;
  return {
    traceId: "5b8efff798038103d269b633813fc60c",
    spanId: id,
    parentSpanId: "root",
    name,
    startTimeUnixNano: String(at + 1n),
    endTimeUnixNano: String(at + 500_000_001n),
    attributes: attributes(values),
    status: {},
    ...more,
  };
}

export function batch(...spans: readonly JsonObject[]): JsonObject {
  const resource = { attributes: attributes({ "service.name": "my-agent" }) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "instrumentation" }, spans: [...spans] }] }] };
}

/** A `chat` span of the current conventions. */
export function chat(id: string, second: number, input: JsonValue, output: JsonValue, values: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return span(
    id,
    second,
    "chat gpt-4o",
    {
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.usage.input_tokens": 12,
      ...(input === null ? {} : { "gen_ai.input.messages": input }),
      ...(output === null ? {} : { "gen_ai.output.messages": output }),
      ...values,
    },
    more,
  );
}

export function tool(id: string, second: number, values: JsonObject, more: JsonObject = {}): JsonObject {
  return span(id, second, `execute_tool ${values["gen_ai.tool.name"] ?? ""}`, { "gen_ai.operation.name": "execute_tool", ...values }, more);
}

export const text = (role: string, content: string): JsonObject => ({ role, parts: [{ type: "text", content }] });
export const calls = (...parts: readonly JsonObject[]): JsonObject => ({
  role: "assistant",
  parts: parts.map((part) => ({ type: "tool_call", ...part })),
});
export const response = (id: string, value: JsonValue): JsonObject => ({
  role: "tool",
  parts: [{ type: "tool_call_response", id, response: value }],
});
export const finished = (message: JsonObject): JsonValue => [{ ...message, finish_reason: "stop" }];
