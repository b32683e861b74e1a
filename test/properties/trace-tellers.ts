/** How traces tell the same events: every call of the model with all that was said before it, or with what is new; results in messages, or in tools' spans only. */
import type { JsonObject, JsonValue } from "@autotraj/core";
import type { Event } from "./events.ts";
import { MISHAPS, type Teller } from "./tellers.ts";

type ModelEvent = Extract<Event, { kind: "model" }>;
type ResultEvent = Extract<Event, { kind: "result" }>;

const some = (record: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(record).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));

function langChainMessage(event: Event): JsonObject {
  if (event.kind === "result") return some({ type: "tool", content: event.content, tool_call_id: event.id, name: event.name });
  if (event.kind !== "model") return { type: event.kind === "user" ? "human" : "system", content: event.text };
  const { thinking, said, calls } = event;
  return {
    type: "ai",
    content: said,
    tool_calls: calls.map(({ id, name, arguments: args }) => some({ name, args: { ...args }, id })),
    additional_kwargs: thinking === "" ? {} : { reasoning_content: thinking },
  };
}

function currentMessage(event: Event): JsonObject {
  if (event.kind === "result") {
    return { role: "tool", parts: [some({ type: "tool_call_response", id: event.id, name: event.name, response: event.content })] };
  }
  if (event.kind !== "model") return { role: event.kind, parts: [{ type: "text", content: event.text }] };
  const { thinking, said, calls } = event;
  const words = [...(thinking === "" ? [] : [{ type: "reasoning", content: thinking }]), ...(said === "" ? [] : [{ type: "text", content: said }])];
  return {
    role: "assistant",
    parts: [...words, ...calls.map(({ id, name, arguments: args }) => some({ type: "tool_call", id, name, arguments: { ...args } }))],
  };
}

interface ModelCall {
  readonly output: ModelEvent;
  /** Of the trace's events. */
  readonly place: number;
}

function modelCalls(events: readonly Event[]): readonly ModelCall[] {
  return events.flatMap((event, place) => (event.kind === "model" ? [{ output: event, place }] : []));
}

/** What is new to the model: all since it last spoke. */
function newAt(events: readonly Event[], place: number): readonly Event[] {
  const last = events.slice(0, place).findLastIndex(({ kind }) => kind === "model");
  return events.slice(last + 1, place);
}

function langSmith(events: readonly Event[]): JsonValue {
  const runs = modelCalls(events).map(({ output, place }) => ({
    id: `run-${place}`,
    trace_id: "trace",
    run_type: "llm",
    start_time: `2025-01-01T00:00:00.${String(place).padStart(6, "0")}`,
    inputs: { messages: [events.slice(0, place).map(langChainMessage)] },
    outputs: { generations: [[{ message: langChainMessage(output) }]] },
  }));
  return runs.reverse();
}

function span(place: number, values: Readonly<Record<string, string | undefined>>): JsonObject {
  const attributes = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: { stringValue: value } }]));
  const start = 1_700_000_000_000_000_000n + BigInt(place) * 1000n;
  return {
    traceId: "trace",
    spanId: `span-${place}`,
    name: "span",
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1n),
    attributes,
  };
}

/** `shown` says what of the events before it a call's span has. */
function chatSpans(events: readonly Event[], shown: (place: number) => readonly Event[]): readonly JsonObject[] {
  return modelCalls(events).map(({ output, place }) =>
    span(place, {
      "gen_ai.operation.name": "chat",
      "gen_ai.input.messages": JSON.stringify(shown(place).map(currentMessage)),
      "gen_ai.output.messages": JSON.stringify([currentMessage(output)]),
    }),
  );
}

function document(spans: readonly JsonObject[]): JsonValue {
  return { resourceSpans: [{ scopeSpans: [{ spans: [...spans].reverse() }] }] };
}

/** The result's own call is found by its marker. */
function toolSpan(events: readonly Event[], result: ResultEvent, place: number): JsonObject {
  const marker = /^m\d+/.exec(result.content)?.[0] ?? "";
  const calls = events.flatMap((event) => (event.kind === "model" ? event.calls : []));
  const call = calls.find(({ arguments: { q } }) => q.startsWith(`${marker} `));
  return span(place, {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": call?.name,
    "gen_ai.tool.call.id": call?.id,
    "gen_ai.tool.call.arguments": JSON.stringify(call?.arguments),
    "gen_ai.tool.call.result": result.content,
  });
}

function resultsInSpans(events: readonly Event[]): JsonValue {
  const spoken = (place: number) => events.slice(0, place).filter(({ kind }) => kind !== "result");
  const tools = events.flatMap((event, place) => (event.kind === "result" ? [toolSpan(events, event, place)] : []));
  return document([...chatSpans(events, spoken), ...tools]);
}

const MANY = { parallel: 3, rounds: 3 };
const ALL_IDS: Teller["ids"] = ["unique", "missing", "empty", "one for all", "used again"];

export const TRACE_TELLERS: readonly Teller[] = [
  {
    format: "langchain",
    what: "LangChain messages",
    ids: ALL_IDS,
    ...MANY,
    mishaps: MISHAPS,
    names: true,
    tell: (events) => ({ messages: events.map(langChainMessage) }),
  },
  { format: "langchain", what: "LangSmith runs", ids: ALL_IDS, ...MANY, mishaps: MISHAPS, names: true, tell: langSmith },
  {
    format: "otel",
    what: "spans with all that was said before",
    ids: ALL_IDS,
    ...MANY,
    mishaps: MISHAPS,
    names: true,
    tell: (events) => document(chatSpans(events, (place) => events.slice(0, place))),
  },
  {
    format: "otel",
    what: "spans with what is new",
    ids: ALL_IDS,
    ...MANY,
    mishaps: MISHAPS,
    names: true,
    tell: (events) => document(chatSpans(events, (place) => newAt(events, place))),
  },
  {
    format: "otel",
    what: "spans whose results are in tools' spans",
    ids: ["unique", "missing"],
    ...MANY,
    mishaps: ["none"],
    names: true,
    tell: resultsInSpans,
  },
];
