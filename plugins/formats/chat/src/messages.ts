/** One OpenAI message as a turn, as real logs hold them: content as parts, the old function_call, calls as JSON text, custom tools. */
import type { JsonObject, JsonValue, RecordedCall, RecordedTurn } from "@autotraj/core/plugin";
import {
  contentOf,
  invalid,
  isFilled,
  isObject,
  joinedThoughts,
  listAt,
  objectAt,
  plainTextOf,
  reasoningBeside,
  saidUnder,
  sameCall,
  scalarText,
  textAt,
  unreadablePart,
} from "@autotraj/core/rows";
import { readResults } from "./results.ts";
import { UNPARSED } from "./write.ts";

export const ROLES = ["system", "developer", "user", "assistant", "ai", "tool", "function", "environment"] as const;

const WORDS = ["content", "text"] as const;
/** What an assistant's message may hold in place of words. */
const INSTEAD = [
  "tool_plan",
  "tool_calls",
  "function_call",
  "refusal",
  "reasoning_content",
  "reasoning",
  "reasoning_details",
  "thinking",
  "thinking_blocks",
] as const;

/** Several turns where a message holds the results of several calls. @throws PluginError naming the path inside the row. */
export function readMessage(message: JsonObject, path: string): readonly RecordedTurn[] {
  const { role } = message;
  const isModel = role === "assistant" || role === "ai";
  if (!isModel) refuseCalls(message, path);
  refuseOtherCalls(message, path);
  refuseMedia(message, path);
  refuseOtherResults(message, OTHER_RESULTS, path);
  switch (role) {
    case "system":
    case "developer":
      return [{ role: "system", content: plainTextOf(saidUnder(message, [...WORDS, "system_prompt"], path), `${path}.content`) }];
    case "user":
      return [{ role: "user", content: plainTextOf(saidUnder(message, WORDS, path), `${path}.content`) }];
    case "assistant":
    case "ai":
      return [readAssistant(message, path)];
    case "tool":
    case "function":
    case "environment":
      return readResults(message, path);
    default:
      throw invalid(`${path}.role`, `is ${JSON.stringify(role ?? null)}; expected ${ROLES.join(", ")}`);
  }
}

function readAssistant(message: JsonObject, path: string): RecordedTurn {
  const content = INSTEAD.some((name) => isFilled(message[name])) ? (message["content"] ?? message["text"]) : saidUnder(message, WORDS, path);
  const { text, reasoning, refusal, others } = contentOf(content, `${path}.content`);
  const other = others.find(({ part }) => !CALL_PARTS.includes(part["type"] ?? null));
  if (other !== undefined) throw unreadablePart(other);
  const thoughts = joinedThoughts(reasoningBeside(message, path), reasoning);
  const refused = [textAt(message["refusal"], `${path}.refusal`), refusal].filter((one) => one !== "").join("\n");
  const recipient = calledRecipient(message);
  const calls = [
    ...others.map(({ part }) => readCallPart(part)),
    ...readCalls(message, path),
    ...(recipient === undefined ? [] : [{ name: recipient, arguments: text }]),
  ];
  return {
    role: "assistant",
    content: recipient === undefined ? text : "",
    ...(thoughts === "" ? {} : { reasoning: thoughts }),
    ...(refused === "" ? {} : { refusal: refused }),
    ...(calls.length === 0 ? {} : { calls }),
    ...(isMasked(message) ? { train: false } : {}),
  };
}

function isMasked({ weight, train, loss }: JsonObject): boolean {
  return [weight, train, loss].some((value) => value === 0 || value === false);
}

/** Calls under names that no rule here reads: passed over, a call would become plain words. */
const OTHER_CALLS = ["function_calls", "toolCalls", "tool_use", "toolInvocations", "toolCallId"] as const;
/** Results in the model's own message, or in a call: passed over, the call would have none. */
const OTHER_RESULTS = ["tool_results", "toolResults", "tool_outputs", "function_results"] as const;
const IN_A_CALL = ["output", "result", "response", "observation"] as const;
/** Calls as parts of a content: the AI SDK's, and Anthropic's. */
const CALL_PARTS: readonly JsonValue[] = ["tool-call", "tool_use"];

function refuseOtherCalls(message: JsonObject, path: string): void {
  const field = OTHER_CALLS.find((name) => isFilled(message[name]));
  if (field === undefined) return;
  throw invalid(`${path}.${field}`, "holds calls in a spelling that is not read; write them as tool_calls: [{id, function: {name, arguments}}]");
}

/** Beside a message or a whole conversation, as Ollama and LLaMA-Factory have them. */
const MEDIA = ["images", "image", "videos", "video", "audios", "audio"] as const;

/** @throws naming what the model saw or made that is no text */
export function refuseMedia(holder: JsonObject, path: string): void {
  const field = MEDIA.find((name) => isFilled(holder[name]));
  if (field !== undefined) throw invalid(path === "" ? field : `${path}.${field}`, "is part of what the model saw or made; only text is read here");
}

function refuseOtherResults(holder: JsonObject, names: readonly string[], path: string): void {
  const field = names.find((name) => isFilled(holder[name]));
  if (field === undefined) return;
  throw invalid(`${path}.${field}`, 'holds a result where none is read; write it as a message: {role: "tool", tool_call_id, content}');
}

function refuseCalls(message: JsonObject, path: string): void {
  const field = ["tool_calls", "function_call"].find((name) => isFilled(message[name]));
  if (field !== undefined) throw invalid(`${path}.${field}`, "stands in a message that is not the assistant's");
}

/** Both fields where a message has both; servers that fill the old one too have the same call in it. */
function readCalls(message: JsonObject, path: string): readonly RecordedCall[] {
  const calls: RecordedCall[] = [];
  let index: JsonValue = null;
  for (const [number, value] of listAt(message["tool_calls"], `${path}.tool_calls`).entries()) {
    const place = `${path}.tool_calls[${number}]`;
    const entry = objectAt(value, place);
    const piece = calls.length > 0 && index !== null && entry["index"] === index ? pieceOf(entry) : undefined;
    if (piece === undefined) calls.push(readEntry(entry, place));
    else calls.push(continued(calls.pop() as RecordedCall, piece));
    index = entry["index"] ?? null;
  }
  const old = message["function_call"] ?? null;
  if (old === null || old === "") return calls;
  const call = readCall(old, `${path}.function_call`);
  return calls.some((one) => sameCall(one, call)) ? calls : [...calls, call];
}

function readEntry(call: JsonObject, path: string): RecordedCall {
  const id = scalarText(call["id"]);
  refuseOtherResults(call, IN_A_CALL, path);
  // inspect_ai has the name alone under `function`.
  if (typeof call["function"] === "string") return { ...(id === undefined ? {} : { id }), ...readCall({ ...call, name: call["function"] }, path) };
  // Some write name and arguments beside the id, others wrap them; a custom tool has its input as text.
  const details = call["function"] ?? call["custom"] ?? call;
  return { ...(id === undefined ? {} : { id }), ...readCall(details, `${path}.function`) };
}

/** More of the arguments of the call before, as a stream gives it; undefined for a call of its own. */
function pieceOf({ function: details }: JsonObject): string | undefined {
  if (!isObject(details) || (details["name"] ?? "") !== "") return undefined;
  return scalarText(details["arguments"]);
}

function continued({ arguments: begun, ...call }: RecordedCall, piece: string): RecordedCall {
  return { ...call, arguments: `${scalarText(begun) ?? ""}${piece}` };
}

/** Harmony sends a call as a message to the tool: its recipient is the tool's name, its content the arguments. */
function calledRecipient({ recipient }: JsonObject): string | undefined {
  if (typeof recipient !== "string" || ["", "all", "user", "assistant"].includes(recipient)) return undefined;
  return recipient.replace(/^functions\./, "");
}

function readCallPart({ id, toolCallId, name, toolName, args, input }: JsonObject): RecordedCall {
  const [callId, tool] = [scalarText(toolCallId ?? id), scalarText(toolName ?? name)];
  return { ...(callId === undefined ? {} : { id: callId }), ...(tool === undefined ? {} : { name: tool }), arguments: args ?? input ?? {} };
}

function readCall(value: JsonValue, path: string): RecordedCall {
  const details = objectAt(value, path);
  const { name, input } = details;
  if (typeof name !== "string") throw invalid(`${path}.name`, "is missing");
  const given = details["arguments"] ?? details["parameters"] ?? details["args"] ?? (typeof input === "string" ? { input } : input) ?? {};
  const raw = unparsed(given);
  if (raw !== undefined) return { name, malformed: { raw, reason: "the arguments are not a JSON object" } };
  return { name, arguments: given };
}

/** What stands in place of arguments that are no object, where a template needs one (see write.ts). */
function unparsed(value: JsonValue): string | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  const { [UNPARSED]: raw } = value;
  return typeof raw === "string" ? raw : undefined;
}
