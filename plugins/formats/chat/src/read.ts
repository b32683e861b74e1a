/** Reads recorded OpenAI conversations. Accepts what real logs hold: content as parts, the old function_call, tool calls and tools as JSON text. */
import type { JsonObject, JsonValue, RecordedCall, RecordedConversation, RecordedTurn } from "@autotraj/core/plugin";
import {
  contentOf,
  invalid,
  isObject,
  listAt,
  objectAt,
  plainTextOf,
  queryOf,
  reasoningBeside,
  resultTextAt,
  scalarText,
  textAt,
  toolsAt,
  unreadablePart,
} from "@autotraj/core/rows";

const ROLES: readonly JsonValue[] = ["system", "developer", "user", "assistant", "tool", "function"];

/** @throws PluginError naming the path inside the row. */
export function readConversation(row: JsonValue): RecordedConversation {
  const record = Array.isArray(row) ? { messages: row } : objectAt(row, "");
  const { messages: raw = null, response = null } = record;
  if (!Array.isArray(raw)) throw invalid("messages", "is missing; expected an array of OpenAI chat messages");
  const turns = raw.map((value, index) => readMessage(objectAt(value, `messages[${index}]`), `messages[${index}]`));
  return {
    turns: [...turns, ...answersIn(response)],
    query: queryOf(record),
    tools: toolsAt(record["tools"] ?? record["functions"], "tools"),
    model: textAt(record["model"], "model"),
  };
}

/** How surely a row holds OpenAI messages: roles are shared with others, so what only others write counts against it. */
export function recognizes(row: JsonValue): number {
  const messages = Array.isArray(row) ? row : isObject(row) ? row["messages"] : undefined;
  if (!Array.isArray(messages) || messages.length === 0) return 0;
  const known = messages.filter((message) => isObject(message) && ROLES.includes(message["role"] ?? null));
  if (known.length < messages.length) return 0;
  const isOpenAi = known.some((message) =>
    ["tool_calls", "function_call", "tool_call_id"].some((name) => (message as JsonObject)[name] !== undefined),
  );
  const foreign = known.some((message) => hasForeignParts((message as JsonObject)["content"]));
  return foreign ? 0.2 : isOpenAi ? 0.95 : 0.8;
}

function hasForeignParts(content: JsonValue | undefined): boolean {
  return Array.isArray(content) && content.some((part) => isObject(part) && ["tool_use", "tool_result"].includes(String(part["type"])));
}

/** A stored completion: the answer to the messages beside it. */
function answersIn(response: JsonValue): readonly RecordedTurn[] {
  const choices = isObject(response) ? response["choices"] : undefined;
  if (!Array.isArray(choices)) return [];
  const [only, ...others] = choices;
  if (only === undefined || others.length > 0) throw invalid("response.choices", "does not hold one choice");
  const message = objectAt(objectAt(only, "response.choices[0]")["message"], "response.choices[0].message");
  return [readMessage({ role: "assistant", ...message }, "response.choices[0].message")];
}

function readMessage(message: JsonObject, path: string): RecordedTurn {
  const { role, content } = message;
  switch (role) {
    case "system":
    case "developer":
      return { role: "system", content: plainTextOf(content, `${path}.content`) };
    case "user":
      return { role: "user", content: plainTextOf(content, `${path}.content`) };
    case "assistant":
      return readAssistant(message, path);
    case "tool":
    case "function":
      return readResult(message, path);
    default:
      throw invalid(`${path}.role`, `is ${JSON.stringify(role ?? null)}; expected system, developer, user, assistant or tool`);
  }
}

function readAssistant(message: JsonObject, path: string): RecordedTurn {
  const { text, reasoning, refusal, others } = contentOf(message["content"], `${path}.content`);
  const [other] = others;
  if (other !== undefined) throw unreadablePart(other);
  const thoughts = [reasoningBeside(message, path), reasoning].filter((one) => one !== "").join("\n");
  const refused = [textAt(message["refusal"], `${path}.refusal`), refusal].filter((one) => one !== "").join("\n");
  const calls = readCalls(message, path);
  return {
    role: "assistant",
    content: text,
    ...(thoughts === "" ? {} : { reasoning: thoughts }),
    ...(refused === "" ? {} : { refusal: refused }),
    ...(calls.length === 0 ? {} : { calls }),
    ...(message["weight"] === 0 ? { train: false } : {}),
  };
}

/** Both fields where a message has both: the old one repeats none of the new one's calls. */
function readCalls(message: JsonObject, path: string): readonly RecordedCall[] {
  const calls = listAt(message["tool_calls"], `${path}.tool_calls`).map((value, index) => {
    const place = `${path}.tool_calls[${index}]`;
    const call = objectAt(value, place);
    const id = scalarText(call["id"]);
    // Some write name and arguments beside the id, others wrap them; a custom tool has its input as text.
    const details = call["function"] ?? call["custom"] ?? call;
    return { ...(id === undefined ? {} : { id }), ...readCall(details, `${place}.function`) };
  });
  const old = message["function_call"] ?? null;
  return old === null || old === "" ? calls : [...calls, readCall(old, `${path}.function_call`)];
}

function readCall(value: JsonValue, path: string): RecordedCall {
  const details = objectAt(value, path);
  const { name, input } = details;
  if (typeof name !== "string") throw invalid(`${path}.name`, "is missing");
  const given = details["arguments"] ?? (typeof input === "string" ? { input } : input) ?? {};
  return { name, arguments: given };
}

/** A tool's answer as text; an answer that is no text, as JSON. */
function readResult(message: JsonObject, path: string): RecordedTurn {
  const callId = scalarText(message["tool_call_id"]);
  const name = scalarText(message["name"]);
  return {
    role: "tool",
    ...(callId === undefined ? {} : { callId }),
    ...(name === undefined ? {} : { name }),
    content: resultTextAt(message["content"], `${path}.content`),
    ...(message["ok"] === false || message["is_error"] === true || message["status"] === "error" ? { ok: false } : {}),
  };
}
