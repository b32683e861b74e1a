/**
 * LangChain's messages in every form that is written down: as LangSmith and states hold them (`{type, content}`), as `messages_to_dict` makes them
 * (`{type, data}`), serialised (`{lc, type: "constructor", id, kwargs}`), as pairs (`["human", "…"]`), bare text, and with OpenAI's `role`.
 */
import type { JsonObject, JsonValue, RecordedAssistant, RecordedResult, RecordedTurn } from "@autotraj/core/plugin";
import {
  contentOf,
  invalid,
  isObject,
  plainTextOf,
  reasoningBeside,
  resultTextAt,
  saidOk,
  saidUnder,
  scalarText,
  textAt,
  type Unfinished,
  unfinished,
  unreadablePart,
} from "@autotraj/core/rows";
import { callsOf, isCallPart } from "./calls.ts";

const STOP_REASONS = ["finish_reason", "stop_reason", "done_reason", "stopReason"];

type Kind = "system" | "user" | "assistant" | "tool";

/** `human`, `HumanMessage` and `HumanMessageChunk` are one kind; `chat` messages say their role themselves. */
const TYPES: Readonly<Record<string, Kind>> = { system: "system", human: "user", ai: "assistant", tool: "tool", function: "tool" };
const ROLES: Readonly<Record<string, Kind>> = { ...TYPES, developer: "system", user: "user", assistant: "assistant", model: "assistant" };

interface Opened {
  readonly kind: Kind;
  readonly fields: JsonObject;
}

/** A message may be several turns: Anthropic's user messages hold results beside text. @throws where it is no message */
export function turnsOfMessage(value: JsonValue, path: string): readonly RecordedTurn[] {
  if (typeof value === "string") return [{ role: "user", content: value }];
  const opened = open(value);
  if (opened === undefined) throw invalid(path, `is no message: ${saysInstead(value)}`);
  const { kind, fields } = opened;
  switch (kind) {
    case "system":
      return [{ role: "system", content: plainTextOf(saidUnder(fields, ["content"], path), `${path}.content`) }];
    case "user":
      return userTurns(fields, path);
    case "assistant":
      return [assistantTurn(fields, path)];
    case "tool":
      return [resultTurn(fields, path)];
  }
}

/** True for a message in one of LangChain's own forms, which no other log has. */
export function isLangChainMessage(value: JsonValue): boolean {
  if (!isObject(value) || open(value) === undefined) return false;
  return isSerialized(value) || (typeof value["type"] === "string" && TYPES[typeName(value["type"])] !== undefined) || value["type"] === "chat";
}

/** True for a message in any form that is read here, text aside. */
export function isMessage(value: JsonValue): boolean {
  return open(value) !== undefined;
}

/** The message's kind and its fields, out of the form it is wrapped in. */
function open(value: JsonValue): Opened | undefined {
  if (Array.isArray(value)) return openPair(value);
  if (!isObject(value)) return undefined;
  if (isSerialized(value)) return ofType(className(value), fieldsOf(value["kwargs"]));
  const { type, role, data } = value;
  if (typeof type === "string" && isObject(data)) return ofType(type, data);
  return (typeof type === "string" ? ofType(type, value) : undefined) ?? (typeof role === "string" ? ofRole(role, value) : undefined);
}

function openPair(pair: readonly JsonValue[]): Opened | undefined {
  const [role, content] = pair;
  if (pair.length !== 2 || typeof role !== "string" || content === undefined) return undefined;
  return ofRole(role, isObject(content) ? content : { content });
}

function ofType(type: string, fields: JsonObject): Opened | undefined {
  const name = typeName(type);
  const { role } = fields;
  if (name === "chat" || name === "generic") return typeof role === "string" ? ofRole(role, fields) : undefined;
  const kind = TYPES[name];
  return kind === undefined ? undefined : { kind, fields };
}

function ofRole(role: string, fields: JsonObject): Opened | undefined {
  const kind = Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
  return kind === undefined ? undefined : { kind, fields };
}

/** `AIMessageChunk` → `ai`. */
function typeName(type: string): string {
  const name = type.replace(/(?:Message)?(?:Chunk)?$/, "").toLowerCase();
  return Object.hasOwn(TYPES, name) || name === "chat" || name === "generic" ? name : "";
}

function isSerialized(value: JsonObject): boolean {
  return value["type"] === "constructor" && Array.isArray(value["id"]);
}

function className(value: JsonObject): string {
  const name = Array.isArray(value["id"]) ? value["id"].at(-1) : undefined;
  return typeof name === "string" ? name : "";
}

function fieldsOf(kwargs: JsonValue | undefined): JsonObject {
  return isObject(kwargs) ? kwargs : {};
}

function saysInstead(value: JsonValue): string {
  if (!isObject(value)) return Array.isArray(value) ? "a list that is no pair of a role and its content" : JSON.stringify(value).slice(0, 40);
  const shown = isSerialized(value) ? className(value) : (value["type"] ?? value["role"] ?? null);
  return `its type is ${JSON.stringify(shown)}; expected human, ai, system, tool, function or chat`;
}

/** Text, and results where Anthropic's messages have them as parts of what the user says. */
function userTurns(fields: JsonObject, path: string): readonly RecordedTurn[] {
  const { text, others } = contentOf(saidUnder(fields, ["content"], path), `${path}.content`);
  const results = others.map((other): RecordedTurn => {
    const { part } = other;
    if (part["type"] !== "tool_result") throw unreadablePart(other);
    return resultTurn(
      { tool_call_id: part["tool_use_id"] ?? null, content: part["content"] ?? null, is_error: part["is_error"] ?? null },
      other.path,
    );
  });
  return results.length > 0 && text === "" ? results : [...results, { role: "user", content: text }];
}

function assistantTurn(fields: JsonObject, path: string): RecordedAssistant {
  const { text, reasoning, refusal, others } = contentOf(fields["content"], `${path}.content`);
  const unread = others.find(({ part }) => !isCallPart(part) && part["type"] !== "redacted_thinking");
  if (unread !== undefined) throw unreadablePart(unread);
  const extra = isObject(fields["additional_kwargs"]) ? fields["additional_kwargs"] : {};
  // Thinking in the content and beside it is the same thinking.
  const beside = reasoning === "" ? [reasoningBeside(fields, path), reasoningBeside(withType(extra), `${path}.additional_kwargs`)] : [reasoning];
  const thoughts = beside.find((one) => one !== "") ?? "";
  const refused = [refusal, textAt(fields["refusal"] ?? extra["refusal"], `${path}.additional_kwargs.refusal`)].find((one) => one !== "") ?? "";
  const calls = callsOf(fields, extra, others, path);
  if (calls.length === 0 && thoughts === "" && refused === "") saidUnder(fields, ["content"], path);
  return {
    role: "assistant",
    content: text,
    ...(thoughts === "" ? {} : { reasoning: thoughts }),
    ...(refused === "" ? {} : { refusal: refused }),
    ...(calls.length === 0 ? {} : { calls }),
  };
}

/** OpenAI's reasoning beside a message is one part, which may have lost its type. */
function withType(extra: JsonObject): JsonObject {
  const { reasoning } = extra;
  return isObject(reasoning) ? { ...extra, reasoning: { type: "reasoning", ...reasoning } } : extra;
}

/** `status: "success"` is what LangChain writes where nobody said anything: the text decides. */
export function resultTurn(fields: JsonObject, path: string): RecordedResult {
  const callId = scalarText(fields["tool_call_id"]);
  const name = scalarText(fields["name"]);
  const ok = saidOk(fields) ?? saidOk(isObject(fields["additional_kwargs"]) ? fields["additional_kwargs"] : {});
  return {
    role: "tool",
    ...(callId === undefined ? {} : { callId }),
    ...(name === undefined ? {} : { name }),
    content: resultTextAt(saidUnder(fields, ["content"], path), `${path}.content`),
    ...(ok === undefined ? {} : { ok }),
  };
}

/** A result that is a message of its own, as LangGraph's tools give it. */
export function resultMessage(value: JsonValue, path: string): RecordedResult | undefined {
  const opened = isObject(value) ? open(value) : undefined;
  return opened?.kind === "tool" ? resultTurn(opened.fields, path) : undefined;
}

/** The model that a message names, in `response_metadata`. */
export function modelOf(value: JsonValue): string | undefined {
  const metadata = open(value)?.fields["response_metadata"];
  const name = isObject(metadata) ? (metadata["model_name"] ?? metadata["model"]) : undefined;
  return typeof name === "string" ? name : undefined;
}

/** How a message of the model ended that is no answer, as the providers say it in `response_metadata`. */
export function endingOf(value: JsonValue | undefined): Unfinished | undefined {
  const metadata = value === undefined ? undefined : open(value)?.fields["response_metadata"];
  return isObject(metadata) ? unfinished(...STOP_REASONS.map((name) => metadata[name])) : undefined;
}

/** @throws unless it is a list of messages, or the one list of a batch */
export function turnsOfMessages(value: JsonValue | undefined, path: string): readonly RecordedTurn[] {
  const list = Array.isArray(value) ? value : undefined;
  if (list === undefined) throw invalid(path, "is not a list of messages");
  if (list.length > 0 && list.every(isBatch)) {
    if (list.length > 1) throw invalid(path, `is a batch of ${list.length} conversations; one is read`);
    return turnsOfMessages(list[0], `${path}[0]`);
  }
  return list.flatMap((one, index) => turnsOfMessage(one, `${path}[${index}]`));
}

function isBatch(value: JsonValue): boolean {
  return Array.isArray(value) && !isMessage(value);
}

/** The messages of a list, or of the one list of a batch. */
export function messagesIn(value: JsonValue | undefined): readonly JsonValue[] {
  if (!Array.isArray(value)) return [];
  const [first] = value;
  return value.length === 1 && first !== undefined && isBatch(first) ? (first as readonly JsonValue[]) : value;
}
