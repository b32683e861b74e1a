/** What a tool's span tells: which call it ran, what came of it, how long it took. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, parseJson, scalarText, type TracedToolRun, textOrJson } from "@autotraj/core/rows";
import type { Span } from "./otlp.ts";

const NAMES = ["gen_ai.tool.name", "tool.name", "ai.toolCall.name", "traceloop.entity.name"] as const;
const IDS = ["gen_ai.tool.call.id", "tool_call.id", "tool.id", "ai.toolCall.id"] as const;
const ARGUMENTS = ["gen_ai.tool.call.arguments", "ai.toolCall.args", "input.value", "traceloop.entity.input"] as const;
const RESULTS = ["gen_ai.tool.call.result", "ai.toolCall.result", "output.value", "traceloop.entity.output"] as const;

export function toolRun(span: Span, agent: string): TracedToolRun {
  const { attributes, start, durationMs, isError } = span;
  const name = textIn(attributes, NAMES) ?? span.name.replace(/^execute_tool\s+/, "");
  const callId = textIn(attributes, IDS);
  const failed = isError || attributes["error.type"] !== undefined;
  const content = resultOf(span) ?? (failed ? errorOf(span) : undefined);
  return {
    start,
    agent,
    ...(callId === undefined ? {} : { callId }),
    ...(name === "" ? {} : { name }),
    arguments: unwrapped(valueIn(attributes, ARGUMENTS) ?? {}, ["inputs", "kwargs"]),
    ...(content === undefined ? {} : { content }),
    // A span's status says nothing where it is OK: so it is for each tool that answers, with an error too.
    ...(failed ? { ok: false } : {}),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function resultOf({ attributes, events }: Span): string | undefined {
  const value = valueIn(attributes, RESULTS) ?? events.find(({ name }) => name === "gen_ai.choice")?.fields["message"];
  return value === undefined || value === null ? undefined : textOrJson(unwrapped(value, ["output"]));
}

function errorOf({ attributes, events, statusMessage }: Span): string {
  const exception = events.find(({ name }) => name === "exception")?.fields ?? {};
  const texts = [exception["exception.message"], statusMessage, exception["exception.type"], attributes["error.type"]].map(
    (value) => scalarText(value) ?? "",
  );
  return texts.find((text) => text !== "") ?? "error";
}

/** OpenLLMetry's JSON text of `{inputs, tags, …}` and `{output, kwargs}` around what was given and came back; anything else as it is. */
function unwrapped(value: JsonValue, names: readonly string[]): JsonValue {
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return value;
  try {
    const inner = parseJson(value);
    if (!isObject(inner) || !("kwargs" in inner || "tags" in inner || "metadata" in inner)) return value;
    const name = names.find((one) => (inner[one] ?? null) !== null);
    return name === undefined ? value : (inner[name] as JsonValue);
  } catch {
    return value;
  }
}

function valueIn(attributes: JsonObject, names: readonly string[]): JsonValue | undefined {
  const name = names.find((one) => (attributes[one] ?? null) !== null);
  return name === undefined ? undefined : attributes[name];
}

function textIn(attributes: JsonObject, names: readonly string[]): string | undefined {
  const text = scalarText(valueIn(attributes, names));
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}
