/** What a model's span tells of its input, its output and its tools, in each of the conventions; the first that tells any is read. */
import type { JsonObject, JsonValue, RecordedTurn, ToolDefinition } from "@autotraj/core/plugin";
import { invalid, isObject, listAt, objectAt, parseJson, scalarText, textOrJson, toolsAt, type Unfinished, unfinished } from "@autotraj/core/rows";
import { listUnder } from "./flattened.ts";
import { instructionsOf, turnsOfMessage, turnsOfMessages } from "./messages.ts";
import type { Span, SpanEvent } from "./otlp.ts";

export interface Recorded {
  readonly input: readonly RecordedTurn[];
  readonly output: readonly RecordedTurn[];
  readonly tools: readonly ToolDefinition[];
}

export function recordedBy(span: Span): Recorded {
  const path = `span ${span.spanId}`;
  const attributes = withDetails(span);
  return {
    input: firstOf([
      () => currentInput(attributes, path),
      () => eventInput(span.events, path),
      () => listInput(attributes, "gen_ai.prompt", path),
      () => listInput(attributes, "llm.prompts", path),
      () => listInput(attributes, "llm.input_messages", path),
      () => listInput(attributes, "ai.prompt.messages", path),
    ]),
    output: firstOf([
      () => oneTurn(listUnder(attributes, "gen_ai.output.messages", path), attributes, `${path}.gen_ai.output.messages`),
      () => eventOutput(span.events, attributes, path),
      () => listOutput(attributes, "gen_ai.completion", path),
      () => listOutput(attributes, "llm.completions", path),
      () => listOutput(attributes, "llm.output_messages", path),
      () => aiSdkOutput(attributes, path),
    ]),
    tools: firstOf([
      () => toolsAt(attributes["gen_ai.tool.definitions"], `${path}.gen_ai.tool.definitions`),
      () => toolsAt(attributes["gen_ai.request.tools"], `${path}.gen_ai.request.tools`),
      () => openLlmetryTools(attributes, path),
      () => openInferenceTools(attributes, path),
      () => aiSdkTools(attributes, path),
    ]),
  };
}

/** How the model's turn ended where it is no answer. */
export function endingOf({ attributes, events, spanId }: Span): Unfinished | undefined {
  return unfinished(
    ...listUnder(attributes, "gen_ai.response.finish_reasons", spanId),
    ...[...listUnder(attributes, "gen_ai.output.messages", spanId), ...listUnder(attributes, "gen_ai.completion", spanId)].flatMap(finishIn),
    ...events.filter(({ name }) => name === "gen_ai.choice").flatMap((event) => finishIn(choiceOf(event))),
    attributes["ai.response.finishReason"],
  );
}

function finishIn(message: JsonValue): JsonValue[] {
  return isObject(message) && message["finish_reason"] !== undefined ? [message["finish_reason"]] : [];
}

/** Lists, laziest first: a span may tell the same in two conventions. */
function firstOf<T>(readers: readonly (() => readonly T[])[]): readonly T[] {
  for (const read of readers) {
    const found = read();
    if (found.length > 0) return found;
  }
  return [];
}

const DETAILS = "gen_ai.client.inference.operation.details";

/** The event that holds what the attributes leave out. */
function withDetails({ attributes, events }: Span): JsonObject {
  return { ...Object.assign({}, ...events.filter(({ name }) => name === DETAILS).map(({ fields }) => fields)), ...attributes };
}

function currentInput(attributes: JsonObject, path: string): readonly RecordedTurn[] {
  const instructions = instructionsOf(attributes["gen_ai.system_instructions"], `${path}.gen_ai.system_instructions`);
  const turns = turnsOfMessages(listUnder(attributes, "gen_ai.input.messages", path), `${path}.gen_ai.input.messages`, "user");
  const repeats = turns.some((turn) => turn.role === "system" && turn.content === instructions);
  return instructions === "" || repeats ? turns : [{ role: "system", content: instructions }, ...turns];
}

/** The messages under a prefix; where there is a text in place of a list, that is the user's. */
function listInput(attributes: JsonObject, prefix: string, path: string): readonly RecordedTurn[] {
  const whole = attributes[prefix];
  if (typeof whole === "string" && !/^\s*\[/.test(whole)) return whole === "" ? [] : [{ role: "user", content: whole }];
  return turnsOfMessages(listUnder(attributes, prefix, path), `${path}.${prefix}`, "user");
}

function listOutput(attributes: JsonObject, prefix: string, path: string): readonly RecordedTurn[] {
  const whole = attributes[prefix];
  if (typeof whole === "string" && !/^\s*\[/.test(whole)) return whole === "" ? [] : [{ role: "assistant", content: whole }];
  return oneTurn(listUnder(attributes, prefix, path), attributes, `${path}.${prefix}`);
}

/** Several outputs are choices where more than one says how it ended; else they are pieces of one answer. @throws for choices */
function oneTurn(list: readonly JsonValue[], attributes: JsonObject, path: string): readonly RecordedTurn[] {
  const finished = list.filter((one) => isObject(one) && (scalarText(one["finish_reason"]) ?? "") !== "");
  const asked = Number(scalarText(attributes["gen_ai.request.choice.count"]) ?? "1");
  if (list.length > 1 && (finished.length > 1 || asked > 1)) throw invalid(path, `holds ${list.length} choices; one is read`);
  return turnsOfMessages(list, path, "assistant").filter((turn) => turn.role !== "assistant" || saysAnything(turn));
}

function saysAnything(turn: RecordedTurn): boolean {
  return (
    turn.role === "assistant" &&
    (turn.content !== "" || (turn.calls ?? []).length > 0 || (turn.reasoning ?? "") !== "" || (turn.refusal ?? "") !== "")
  );
}

/* ───────────────────────────── events ───────────────────────────── */

const MESSAGE_EVENTS = {
  "gen_ai.system.message": "system",
  "gen_ai.user.message": "user",
  "gen_ai.assistant.message": "assistant",
  "gen_ai.tool.message": "tool",
} as const;

function eventInput(events: readonly SpanEvent[], path: string): readonly RecordedTurn[] {
  return events.flatMap((event, index) => {
    const place = `${path}.events[${index}]`;
    if (Object.hasOwn(MESSAGE_EVENTS, event.name)) {
      const role = MESSAGE_EVENTS[event.name as keyof typeof MESSAGE_EVENTS];
      const fields = fieldsOf(event);
      return hasContent(fields) ? turnsOfMessage({ ...fields, role }, place, role) : [];
    }
    return event.name === "gen_ai.content.prompt" ? listInput(event.fields, "gen_ai.prompt", place) : [];
  });
}

function eventOutput(events: readonly SpanEvent[], attributes: JsonObject, path: string): readonly RecordedTurn[] {
  const choices = events.filter(({ name }) => name === "gen_ai.choice").map(choiceOf);
  const told = choices.filter(hasContent);
  if (told.length > 0) return oneTurn(told, attributes, `${path}.gen_ai.choice`);
  return events.flatMap((event, index) =>
    event.name === "gen_ai.content.completion" ? listOutput(event.fields, "gen_ai.completion", `${path}.events[${index}]`) : [],
  );
}

/** An event whose content was not recorded has a role at most. */
function hasContent(fields: JsonObject): boolean {
  return ["content", "parts", "tool_calls", "function_call", "refusal"].some((name) => (fields[name] ?? null) !== null);
}

/** Some write an event's body as JSON text of one attribute. */
function fieldsOf({ fields }: SpanEvent): JsonObject {
  const body = parsed(fields["gen_ai.event.content"] ?? null);
  return isObject(body) ? { ...fields, ...body } : fields;
}

function choiceOf(event: SpanEvent): JsonObject {
  const { message: raw, ...fields } = fieldsOf(event);
  const message = parsed(raw ?? null);
  const finish: JsonObject = fields["finish_reason"] === undefined ? {} : { finish_reason: fields["finish_reason"] };
  if (isObject(message)) return { ...message, role: "assistant", ...finish };
  return message === null ? { ...fields, role: "assistant" } : { role: "assistant", content: message, ...finish };
}

function parsed(value: JsonValue): JsonValue {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

/* ───────────────────────────── tools ───────────────────────────── */

/** `llm.request.functions.0.{name, description, parameters}`, the parameters as JSON text. */
function openLlmetryTools(attributes: JsonObject, path: string): readonly ToolDefinition[] {
  const list = listUnder(attributes, "llm.request.functions", path).map((one, index) => {
    const tool = objectAt(one, `${path}.llm.request.functions[${index}]`);
    return { ...tool, parameters: parsed(tool["parameters"] ?? tool["input_schema"] ?? null) };
  });
  return toolsAt(list, `${path}.llm.request.functions`);
}

/** The schema is the whole definition, or that of the parameters beside a name. */
function openInferenceTools(attributes: JsonObject, path: string): readonly ToolDefinition[] {
  const list = listUnder(attributes, "llm.tools", path).map((one, index) => {
    const outer = objectAt(one, `${path}.llm.tools[${index}]`);
    const tool = isObject(outer["tool"]) ? outer["tool"] : outer;
    const schema = parsed(tool["json_schema"] ?? null);
    if (isObject(schema) && (schema["function"] !== undefined || schema["name"] !== undefined)) return schema;
    return { name: tool["name"] ?? null, description: tool["description"] ?? null, parameters: schema };
  });
  return toolsAt(list, `${path}.llm.tools`);
}

function aiSdkTools(attributes: JsonObject, path: string): readonly ToolDefinition[] {
  return toolsAt(listAt(attributes["ai.prompt.tools"], `${path}.ai.prompt.tools`).map(parsed), `${path}.ai.prompt.tools`);
}

/** The AI SDK has the parts of an answer beside each other. */
function aiSdkOutput(attributes: JsonObject, path: string): readonly RecordedTurn[] {
  const { "ai.response.text": text = null, "ai.response.toolCalls": calls = null, "ai.response.reasoning": reasoning = null } = attributes;
  if (text === null && calls === null && reasoning === null) return [];
  const message = { content: textOrJson(text), reasoning: textOrJson(reasoning), tool_calls: calls };
  return turnsOfMessage(message, `${path}.ai.response`, "assistant").filter(saysAnything);
}
