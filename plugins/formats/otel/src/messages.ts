/**
 * Messages as instrumentations write them. All conventions have a role and, in one of several spellings, text, thinking, calls and results: the current one in
 * `parts`, OpenAI's events and OpenLLMetry in `content` and `tool_calls`, OpenInference in `message.contents`, Anthropic's, Bedrock's and the AI SDK's blocks.
 */
import type { JsonObject, JsonValue, RecordedCall, RecordedResult, RecordedTurn } from "@autotraj/core/plugin";
import { invalid, isObject, listAt, objectAt, parseJson, reasoningBeside, saidOk, scalarText, textAt, textOrJson } from "@autotraj/core/rows";

type Role = "system" | "user" | "assistant" | "tool";

const ROLES: Readonly<Record<string, Role>> = {
  ...{ system: "system", developer: "system", user: "user", human: "user", tool: "tool", function: "tool" },
  ...{ assistant: "assistant", ai: "assistant", model: "assistant", bot: "assistant", chatbot: "assistant" },
};

/** @throws naming the path of what has no reading */
export function turnsOfMessages(list: readonly JsonValue[], path: string, otherwise: Role): readonly RecordedTurn[] {
  return list.flatMap((value, index) => {
    if (typeof value === "string") return turnsOfMessage({ content: value }, `${path}[${index}]`, otherwise);
    const outer = objectAt(value, `${path}[${index}]`);
    // OpenInference wraps each of its messages.
    return turnsOfMessage(isObject(outer["message"]) ? { ...outer, ...outer["message"] } : outer, `${path}[${index}]`, otherwise);
  });
}

/** A message may be several turns: results come as parts of one message. `otherwise` is the role of one that names none. */
export function turnsOfMessage(message: JsonObject, path: string, otherwise: Role): readonly RecordedTurn[] {
  const role = roleOf(message["role"], path, otherwise);
  const beside: Pieces = {
    thoughts: reasoningBeside(message, path),
    refusal: textAt(message["refusal"], `${path}.refusal`),
    calls: role === "assistant" ? callsBeside(message, path) : [],
  };
  const parts = partsIn(message["parts"] ?? message["contents"] ?? message["content"], path);
  if (role === "tool" && !parts.some(({ kind }) => kind === "result")) return [plainResult(message, parts, path)];
  return turnsOfParts(role, parts, beside, path);
}

/** The text of instructions: parts, or text. */
export function instructionsOf(value: JsonValue | undefined, path: string): string {
  const parts = partsIn(jsonList(value), path);
  const other = parts.find(({ kind }) => kind !== "text");
  if (other !== undefined) throw invalid(path, `holds a part that is no text, but ${other.kind}`);
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("\n");
}

interface Pieces {
  readonly thoughts: string;
  readonly refusal: string;
  readonly calls: readonly RecordedCall[];
}

type Part =
  | { readonly kind: "text" | "thinking" | "refusal"; readonly text: string }
  | { readonly kind: "call"; readonly call: RecordedCall }
  | { readonly kind: "result"; readonly result: RecordedResult };

function roleOf(value: JsonValue | undefined, path: string, otherwise: Role): Role {
  if (value === undefined || value === null || value === "") return otherwise;
  const name = (scalarText(value) ?? "").toLowerCase();
  if (Object.hasOwn(ROLES, name)) return ROLES[name] as Role;
  throw invalid(`${path}.role`, `is ${JSON.stringify(value)}; expected system, user, assistant or tool`);
}

/** A tool's message whose content is the result itself. */
function plainResult(message: JsonObject, parts: readonly Part[], path: string): RecordedResult {
  const callId = idText(message["tool_call_id"] ?? message["id"]);
  const name = scalarText(message["name"]);
  const isText = parts.every(({ kind }) => kind === "text");
  if (!isText) throw invalid(path, "is a tool's message with parts that are no text");
  const ok = saidOk(message);
  return {
    role: "tool",
    content: parts.map((part) => (part.kind === "text" ? part.text : "")).join(""),
    ...(callId === undefined || callId === "" ? {} : { callId }),
    ...(name === undefined || name === "" ? {} : { name }),
    ...(ok === undefined ? {} : { ok }),
  };
}

/** In the parts' order: what is said between two results is a turn. */
function turnsOfParts(role: Role, parts: readonly Part[], beside: Pieces, path: string): readonly RecordedTurn[] {
  const turns: RecordedTurn[] = [];
  let said: Part[] = [];
  let first = beside;
  const end = (isLast: boolean) => {
    const isEmpty = said.length === 0 && first.calls.length === 0 && first.thoughts === "" && first.refusal === "";
    if (!isEmpty || (isLast && turns.length === 0)) turns.push(saidTurn(role, said, first, path));
    said = [];
    first = { thoughts: "", refusal: "", calls: [] };
  };
  for (const part of parts) {
    if (part.kind !== "result") said.push(part);
    else {
      end(false);
      turns.push(part.result);
    }
  }
  end(true);
  return turns;
}

function saidTurn(role: Role, parts: readonly Part[], beside: Pieces, path: string): RecordedTurn {
  const textOf = (kind: Part["kind"], joint = "") => parts.flatMap((part) => (part.kind === kind && "text" in part ? [part.text] : [])).join(joint);
  if (role !== "assistant") {
    const other = parts.find(({ kind }) => kind !== "text");
    if (other !== undefined) throw invalid(path, `holds ${other.kind}, which only the model's messages do`);
    return { role: role === "system" ? "system" : "user", content: textOf("text") };
  }
  const reasoning = [beside.thoughts, textOf("thinking", "\n")].find((text) => text !== "") ?? "";
  const refusal = [beside.refusal, textOf("refusal")].find((text) => text !== "") ?? "";
  const inParts = parts.flatMap((part) => (part.kind === "call" ? [part.call] : []));
  const known = new Set(inParts.map(({ id }) => id));
  const calls = [...inParts, ...beside.calls.filter(({ id }) => id === undefined || !known.has(id))];
  return {
    role: "assistant",
    content: textOf("text"),
    ...(reasoning === "" ? {} : { reasoning }),
    ...(refusal === "" ? {} : { refusal }),
    ...(calls.length === 0 ? {} : { calls }),
  };
}

/** OpenAI's `tool_calls`, bare or wrapped, and its old `function_call`. */
function callsBeside(message: JsonObject, path: string): readonly RecordedCall[] {
  const calls = listAt(message["tool_calls"], `${path}.tool_calls`).map((value, index) => {
    const place = `${path}.tool_calls[${index}]`;
    const outer = objectAt(value, place);
    return callOf(isObject(outer["tool_call"]) ? outer["tool_call"] : outer, place);
  });
  const old = message["function_call"] ?? null;
  const oldName = scalarText(message["function_call_name"]) ?? "";
  if (isObject(old)) return [...calls, callOf(old, `${path}.function_call`)];
  return oldName === "" ? calls : [...calls, { name: oldName, arguments: message["function_call_arguments_json"] ?? {} }];
}

function callOf(call: JsonObject, path: string): RecordedCall {
  const details = isObject(call["function"]) ? call["function"] : call;
  const id = idText(call["id"] ?? call["call_id"] ?? call["toolCallId"] ?? call["toolUseId"]);
  const name = textAt(details["name"] ?? details["toolName"], `${path}.name`);
  return {
    ...(id === undefined || id === "" ? {} : { id }),
    ...(name === "" ? {} : { name }),
    arguments: details["arguments"] ?? details["input"] ?? details["args"] ?? {},
  };
}

function resultOf(part: JsonObject): RecordedResult {
  const id = idText(part["id"] ?? part["call_id"] ?? part["tool_call_id"] ?? part["tool_use_id"] ?? part["toolCallId"] ?? part["toolUseId"]);
  const name = scalarText(part["name"] ?? part["toolName"]);
  const ok = saidOk(part);
  const value = part["response"] ?? part["result"] ?? part["output"] ?? part["content"];
  return {
    role: "tool",
    content: resultText(value),
    ...(id === undefined || id === "" ? {} : { callId: id }),
    ...(name === undefined || name === "" ? {} : { name }),
    ...(ok === undefined ? {} : { ok }),
  };
}

/** Blocks of text as their text; the AI SDK's `{type, value}` as its value; anything else as JSON. */
function resultText(value: JsonValue | undefined): string {
  if (Array.isArray(value) && value.length > 0 && value.every((one) => isObject(one) && typeof one["text"] === "string")) {
    return value.map((one) => (one as JsonObject)["text"]).join("");
  }
  if (isObject(value) && typeof value["type"] === "string" && value["value"] !== undefined && Object.keys(value).length === 2)
    return textOrJson(value["value"]);
  return textOrJson(value);
}

/** The conventions' own example has a space before an id. */
function idText(value: JsonValue | undefined): string | undefined {
  return scalarText(value)?.trim();
}

const TEXT: readonly string[] = ["text", "input_text", "output_text"];
const THINKING: readonly string[] = ["reasoning", "thinking"];
const CALLS: readonly string[] = ["tool_call", "tool_use", "function_call", "tool-call"];
const RESULTS: readonly string[] = ["tool_call_response", "tool_result", "function_call_output", "tool-result"];

function partsIn(value: JsonValue | undefined, path: string): readonly Part[] {
  const content = typeof value === "string" ? (partsAsText(value) ?? value) : value;
  if (content === undefined || content === null) return [];
  const scalar = scalarText(content);
  if (scalar !== undefined) return [{ kind: "text", text: scalar }];
  const list = Array.isArray(content) ? content : [content];
  return list.map((one, index) => partOf(one, `${path}.parts[${index}]`));
}

function partOf(value: JsonValue, path: string): Part {
  const scalar = scalarText(value);
  if (scalar !== undefined) return { kind: "text", text: scalar };
  const outer = objectAt(value, path);
  const part = isObject(outer["message_content"]) ? outer["message_content"] : outer;
  // Bedrock's blocks are named by their only member.
  if (isObject(part["toolUse"])) return { kind: "call", call: callOf(part["toolUse"], path) };
  if (isObject(part["toolResult"])) return { kind: "result", result: resultOf(part["toolResult"]) };
  const type = scalarText(part["type"]) ?? (part["text"] === undefined ? "" : "text");
  if (TEXT.includes(type)) return { kind: "text", text: textAt(part["content"] ?? part["text"], `${path}.content`) };
  if (THINKING.includes(type))
    return { kind: "thinking", text: textAt(part["content"] ?? part["thinking"] ?? part["text"] ?? part["reasoning"], path) };
  if (type === "refusal") return { kind: "refusal", text: textAt(part["content"] ?? part["refusal"], path) };
  if (CALLS.includes(type)) return { kind: "call", call: callOf(part, path) };
  if (RESULTS.includes(type)) return { kind: "result", result: resultOf(part) };
  throw invalid(path, `is a part of type ${JSON.stringify(part["type"] ?? null)}; text, reasoning, tool_call and tool_call_response are read here`);
}

/** The parts in a text that is nothing but JSON of them, as attributes that can hold no list have it. */
function partsAsText(text: string): JsonValue[] | undefined {
  if (!/^\s*\[\s*\{/.test(text)) return undefined;
  const list = jsonList(text);
  return Array.isArray(list) && list.every(isPart) ? list : undefined;
}

/** Parts that are refused where they stand. */
const MEDIA: readonly string[] = [
  "image",
  "image_url",
  "input_image",
  "audio",
  "input_audio",
  "video",
  "file",
  "input_file",
  "document",
  "blob",
  "uri",
];

function isPart(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  if (isObject(value["toolUse"]) || isObject(value["toolResult"])) return true;
  const { type, text } = value;
  if (type === undefined) return typeof text === "string" && Object.keys(value).length === 1;
  return typeof type === "string" && [...TEXT, ...THINKING, ...CALLS, ...RESULTS, ...MEDIA].includes(type);
}

/** Text of a JSON list as that list; anything else as it is. */
function jsonList(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== "string" || !value.trimStart().startsWith("[")) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}
