/** Writes a trajectory as a trace of OTLP: a `chat` span with all messages in the current conventions, and an `execute_tool` span per result. */
import { createHash } from "node:crypto";
import type { JsonObject, JsonValue, Message, ToolCall, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { saysFailed } from "@autotraj/core/rows";

export function sftRow(trajectory: Trajectory): JsonObject {
  const traceId = createHash("sha256").update(trajectory.id).digest("hex").slice(0, 32);
  const results = trajectory.messages.filter((message) => message.role === "tool");
  const calls = new Map(
    trajectory.messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []).map((call) => [call.id, call] as const) : [])),
  );
  const spans = [
    chatSpan(trajectory, traceId),
    ...results.map((result, index) => toolSpan(result, calls.get(result.toolCallId), traceId, index + 2)),
  ];
  return {
    resourceSpans: [
      {
        resource: { attributes: attributes({ "service.name": "autotraj" }) },
        scopeSpans: [{ scope: { name: "autotraj" }, spans }],
      },
    ],
  };
}

function chatSpan({ messages, tools, provenance }: Trajectory, traceId: string): JsonObject {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  const [first] = messages;
  const instructions = first?.role === "system" ? first.content : "";
  const input = messages.slice(first?.role === "system" ? 1 : 0, last);
  const definitions = tools.map(({ name, description, parameters }) => ({ type: "function", name, description, parameters }));
  return {
    ...span(traceId, 1, "chat"),
    attributes: attributes({
      "gen_ai.operation.name": "chat",
      ...(provenance.model === undefined ? {} : { "gen_ai.request.model": provenance.model }),
      ...(instructions === "" ? {} : { "gen_ai.system_instructions": JSON.stringify([{ type: "text", content: instructions }]) }),
      ...(definitions.length === 0 ? {} : { "gen_ai.tool.definitions": JSON.stringify(definitions) }),
      "gen_ai.input.messages": JSON.stringify(input.map(written)),
      "gen_ai.output.messages": JSON.stringify(
        messages.slice(last, last + 1).map((message) => ({ ...written(message), finish_reason: finishOf(message) })),
      ),
    }),
  };
}

function toolSpan(
  { toolCallId, name, content, ok, durationMs = 0 }: ToolMessage,
  call: ToolCall | undefined,
  traceId: string,
  index: number,
): JsonObject {
  return {
    ...span(traceId, index, `execute_tool ${name}`),
    ...(durationMs === 0 ? {} : { endTimeUnixNano: String(START + BigInt(Math.round(durationMs * 1e6))) }),
    attributes: attributes({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "gen_ai.tool.call.id": toolCallId,
      ...(call === undefined || call.malformed !== undefined ? {} : { "gen_ai.tool.call.arguments": JSON.stringify(call.arguments) }),
      "gen_ai.tool.call.result": content,
    }),
    ...(ok ? {} : { status: { code: 2 } }),
  };
}

/** A trajectory has no times of day: all its spans begin at the first second that is not "unknown". */
const START = 1_000_000_000n;

function span(traceId: string, index: number, name: string): JsonObject {
  return {
    traceId,
    spanId: index.toString(16).padStart(16, "0"),
    ...(index === 1 ? {} : { parentSpanId: "1".padStart(16, "0") }),
    name,
    kind: index === 1 ? 3 : 1,
    startTimeUnixNano: String(START),
    // 0 is "unknown".
    endTimeUnixNano: index === 1 ? String(START) : "0",
  };
}

function written(message: Message): JsonObject {
  if (message.role === "tool") return { role: "tool", parts: [resultPart(message)] };
  if (message.role !== "assistant") return { role: message.role, parts: [{ type: "text", content: message.content }] };
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: args, malformed }) => ({
    type: "tool_call",
    id,
    name,
    arguments: malformed?.raw ?? args,
  }));
  return {
    role: "assistant",
    parts: [
      ...(message.reasoning === undefined ? [] : [{ type: "reasoning", content: message.reasoning }]),
      ...(message.content === "" && calls.length > 0 ? [] : [{ type: "text", content: message.content }]),
      ...calls,
    ],
  };
}

/** That it failed is in its span; that it did not, where its text looks as if, nowhere else. */
function resultPart({ toolCallId, name, content, ok }: ToolMessage): JsonObject {
  return { type: "tool_call_response", id: toolCallId, name, response: content, ...(ok && saysFailed(content) ? { is_error: false } : {}) };
}

function finishOf(message: Message): string {
  return message.role === "assistant" && (message.toolCalls ?? []).length > 0 ? "tool_call" : "stop";
}

function attributes(values: Readonly<Record<string, string>>): JsonValue {
  return Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }));
}
