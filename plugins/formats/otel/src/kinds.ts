/** What a span is the record of, in whichever convention it says so. */
import { scalarText } from "@autotraj/core/rows";
import type { Span } from "./otlp.ts";

export type SpanKind = "model" | "tool" | "agent" | "other";

const OPERATIONS: Readonly<Record<string, SpanKind>> = {
  ...{ chat: "model", text_completion: "model", generate_content: "model", completion: "model" },
  ...{ execute_tool: "tool", invoke_agent: "agent", create_agent: "agent", invoke_workflow: "agent" },
  ...{ embeddings: "other", retrieval: "other" },
};
const OPEN_INFERENCE: Readonly<Record<string, SpanKind>> = { LLM: "model", TOOL: "tool", AGENT: "agent" };
const TRACELOOP: Readonly<Record<string, SpanKind>> = { tool: "tool", agent: "agent", workflow: "other", task: "other" };
const LLM_REQUESTS: Readonly<Record<string, SpanKind>> = { chat: "model", completion: "model", embedding: "other", rerank: "other" };

const BY_ATTRIBUTE: readonly (readonly [string, Readonly<Record<string, SpanKind>>])[] = [
  ["gen_ai.operation.name", OPERATIONS],
  ["openinference.span.kind", OPEN_INFERENCE],
  ["traceloop.span.kind", TRACELOOP],
  ["llm.request.type", LLM_REQUESTS],
];

/** Attributes that only a model's call has, for instrumentations that name no operation. */
const MODELS =
  /^(?:gen_ai\.(?:prompt|completion|input\.messages|output\.messages)|llm\.(?:input_messages|output_messages|prompts|completions))(?:\.|$)/;
const MODEL_EVENTS = /^gen_ai\.(?:(?:system|user|assistant|tool)\.message|choice|content\.prompt|content\.completion)$/;

export function kindOf({ attributes, events }: Span): SpanKind {
  for (const [attribute, kinds] of BY_ATTRIBUTE) {
    const name = scalarText(attributes[attribute]) ?? "";
    if (Object.hasOwn(kinds, name)) return kinds[name] as SpanKind;
  }
  if (attributes["ai.toolCall.name"] !== undefined) return "tool";
  if (attributes["ai.prompt.messages"] !== undefined) return "model";
  if (Object.keys(attributes).some((key) => MODELS.test(key)) || events.some(({ name }) => MODEL_EVENTS.test(name))) return "model";
  return "other";
}

/** True for a span of any convention that is read here, whatever it records. */
export function isGenAi(span: Span): boolean {
  return kindOf(span) !== "other" || Object.keys(span.attributes).some((key) => /^(?:gen_ai|llm|openinference|traceloop)\./.test(key));
}
