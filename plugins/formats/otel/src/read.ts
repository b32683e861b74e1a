/** Conversations out of traces. */
import type { JsonObject, JsonValue, RecordedConversation } from "@autotraj/core/plugin";
import {
  conversationsOf,
  invalid,
  isObject,
  scalarText,
  type TracedConversation,
  type TracedModelCall,
  type TracedToolRun,
} from "@autotraj/core/rows";
import { endingOf, recordedBy } from "./conventions.ts";
import { type Trace, tracesOf } from "./gather.ts";
import { isGenAi, kindOf } from "./kinds.ts";
import { logEventOf, type Span, type SpanEvent, spanIdOf, spanOf } from "./otlp.ts";
import { toolRun } from "./tools.ts";
import { Tree } from "./tree.ts";

interface ModelSpan extends TracedModelCall {
  readonly span: Span;
}

/** One for each conversation of each trace; none for a trace without a model's call. @throws PluginError naming span and attribute */
export function read(row: JsonValue): readonly RecordedConversation[] {
  const traces = tracesOf(row);
  if (traces === undefined) throw invalid("resourceSpans", "is missing; expected OTLP JSON: a batch of spans with their attributes");
  return traces.flatMap(readTrace);
}

export function recognizes(row: JsonValue): number {
  if (!isObject(row)) return 0;
  if (Array.isArray(row["resourceSpans"] ?? row["resource_spans"] ?? row["resourceLogs"])) return 0.9;
  const [trace] = tracesOf(row) ?? [];
  if (trace === undefined) return 0;
  // Beside the traces of agents a file may hold any others.
  return trace.spans.some((span) => isGenAi(spanOf(span))) ? 0.95 : 0.6;
}

function readTrace({ traceId, spans: raw, logs }: Trace): readonly RecordedConversation[] {
  if (traceId === "" && logs.filter((log) => logEventOf(log).name === "gen_ai.choice").length > 1) throw invalid("the log records", UNTRACED);
  const spans = withLogs(raw.map(spanOf), logs);
  const tree = new Tree(spans);
  const models = spansOfKind(spans, "model", tree);
  // Agents' spans tell once more what their models' spans do, less well.
  const telling = models.some(saysAnything) ? models : spansOfKind(spans, "agent", tree);
  if (models.length === 0 && telling.length === 0) return [];
  const calls = outermost(telling.filter(saysAnything), tree);
  if (calls.length === 0) throw invalid(`trace ${traceId}`, notRecorded(new Set([...models, ...telling]).size));
  const silent = telling === models ? models.filter((call) => isSilent(call, calls, tree)) : [];
  const faults = silent.length > 0 ? [`${silent.length} calls of the model were recorded without their content`] : [];
  // A call that failed may tell nothing, but may end the conversation.
  const failed = models.filter((call) => call.span.isError && !saysAnything(call));
  const { conversations, unasked } = conversationsOf([...calls, ...failed], toolRuns(spans, tree));
  return conversations.map((one, index) => conversationOf(one, traceId, tree, { unasked: index === 0 ? unasked : [], faults }));
}

const UNTRACED =
  "without a traceId hold several answers of a model, and nothing tells which of the messages led to which; write them inside of spans";

function spansOfKind(spans: readonly Span[], kind: "model" | "agent", tree: Tree): readonly ModelSpan[] {
  return spans
    .filter((span) => kindOf(span) === kind)
    .map((span) => ({ span, start: span.start, end: span.end, agent: tree.agentOf(span), ...recordedBy(span) }));
}

/** True for a call whose content is missing, and is in no span around it or in it. */
function isSilent(call: ModelSpan, calls: readonly ModelSpan[], tree: Tree): boolean {
  const isPartOf = (inner: Span, outer: Span) => tree.above(inner).some(({ spanId }) => spanId === outer.spanId);
  return !saysAnything(call) && !call.span.isError && !calls.some(({ span }) => isPartOf(span, call.span) || isPartOf(call.span, span));
}

/** Log records belong to the span in which they were written; without one of their own, to a span that stands for them. */
function withLogs(spans: readonly Span[], logs: readonly JsonObject[]): readonly Span[] {
  if (logs.length === 0) return spans;
  const bySpan = new Map<string, SpanEvent[]>();
  // Batches come in any order, messages do not.
  const inOrder = [...logs].sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0));
  for (const log of inOrder) {
    const events = bySpan.get(spanIdOf(log)) ?? [];
    events.push(logEventOf(log));
    bySpan.set(spanIdOf(log), events);
  }
  const known = new Set(spans.map(({ spanId }) => spanId));
  const alone = [...bySpan].filter(([spanId]) => !known.has(spanId));
  return [
    ...spans.map((span) => ({ ...span, events: [...span.events, ...(bySpan.get(span.spanId) ?? [])] })),
    ...alone.map(([spanId, events]) => ({
      ...spanOf({ traceId: "", spanId, startTimeUnixNano: timeOf(inOrder.find((log) => spanIdOf(log) === spanId) ?? {}) }),
      events,
    })),
  ];
}

/** Digits that sort by time. */
function timeOf(log: JsonObject): string {
  return (scalarText(log["timeUnixNano"] ?? log["observedTimeUnixNano"]) ?? "").padStart(20, "0");
}

function saysAnything({ input, output }: ModelSpan): boolean {
  return input.length > 0 || output.length > 0;
}

/** A framework's span and the client's inside it are one call; an agent inside an agent is told by the outer one. */
function outermost(calls: readonly ModelSpan[], tree: Tree): readonly ModelSpan[] {
  const ids = new Set(calls.map(({ span }) => span.spanId));
  const outer = calls.filter(({ span }) => !tree.above(span).some(({ spanId, kind }) => kind === kindOf(span) && ids.has(spanId)));
  // Where spans name each other as parents none is outermost.
  return outer.length > 0 ? outer : calls;
}

/** Tools that a tool ran are its own affair, unless it is an agent. */
function toolRuns(spans: readonly Span[], tree: Tree): readonly TracedToolRun[] {
  const holders = new Set(spans.filter((span) => kindOf(span) === "model").flatMap((span) => tree.above(span).map(({ spanId }) => spanId)));
  return spans
    .filter((span) => kindOf(span) === "tool")
    .filter((span) => !tree.above(span).some(({ kind, spanId }) => kind === "tool" && !holders.has(spanId)))
    .map((span) => toolRun(span, tree.agentOf(span)));
}

interface Aside {
  readonly unasked: readonly TracedToolRun[];
  readonly faults: readonly string[];
}

function conversationOf(one: TracedConversation<ModelSpan>, traceId: string, tree: Tree, { unasked, faults }: Aside): RecordedConversation {
  const { span, output } = one.calls.at(-1) as ModelSpan;
  const model = one.calls.map((call) => modelName(call.span)).findLast((name) => name !== "");
  const agent = tree.agentName(span);
  const conversation = one.calls.map((call) => scalarText(call.span.attributes["gen_ai.conversation.id"]) ?? "").find((id) => id !== "");
  const names = unasked.map(({ name = "unnamed" }) => name);
  const hasFailed = span.isError && output.length === 0;
  const end = hasFailed ? { finish: "failed" as const, faults: [`the model's call failed: ${firstLine(failureOf(span))}`] } : endingOf(span);
  const allFaults = [...faults, ...(end?.faults ?? [])];
  return {
    turns: one.turns,
    tools: one.tools,
    ...(model === undefined ? {} : { model }),
    ...end,
    ...(allFaults.length === 0 ? {} : { faults: allFaults }),
    notes: {
      trace: traceId,
      ...(agent === "" ? {} : { agent }),
      ...(conversation === undefined ? {} : { conversation }),
      ...(names.length === 0 ? {} : { toolRunsWithoutCall: names }),
    },
  };
}

const MODELS = ["gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "llm.response.model", "llm.request.model", "ai.model.id"] as const;

function modelName({ attributes }: Span): string {
  return MODELS.map((name) => scalarText(attributes[name]) ?? "").find((name) => name !== "") ?? "";
}

function failureOf({ events, statusMessage, attributes }: Span): string {
  const exception = events.find(({ name }) => name === "exception")?.fields ?? {};
  return scalarText(exception["exception.message"]) ?? (statusMessage || (scalarText(attributes["error.type"]) ?? "no reason is told"));
}

function firstLine(text: string): string {
  return (text.trim().split("\n", 1)[0] ?? "").slice(0, 200);
}

function notRecorded(spans: number): string {
  return (
    `holds no messages: its ${spans} spans of models and agents were recorded without their content. Set OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true ` +
    "(newer ones: SPAN_AND_EVENT, with OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental) where the agent runs; " +
    "where it writes messages as log records, add these (resourceLogs) to the file; for OpenLLMetry TRACELOOP_TRACE_CONTENT=true, " +
    "for OpenInference leave OPENINFERENCE_HIDE_INPUTS and OPENINFERENCE_HIDE_OUTPUTS unset"
  );
}
