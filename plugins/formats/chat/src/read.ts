/** Reads recorded OpenAI conversations. Accepts what real logs hold: content as parts, the old function_call, arguments as text or object. */
import {
  type AssistantMessage,
  type Dialects,
  type JsonObject,
  type JsonValue,
  type Message,
  PluginError,
  type Query,
  type RecordedTrajectory,
  type ToolCall,
  type ToolDefinition,
  type ToolMessage,
} from "@autotraj/core/plugin";

/** @throws PluginError naming the path inside the row. */
export function readConversation(row: JsonValue, index: number, dialects: Dialects): RecordedTrajectory {
  const record = objectAt(row, "");
  const rawMessages = record["messages"];
  if (!Array.isArray(rawMessages)) throw bad("messages", "is missing; expected an array of OpenAI chat messages");
  const messages = readMessages(rawMessages);
  const question = messages.find((message) => message.role === "user")?.content;
  if (question === undefined) throw bad("messages", "holds no user message, so there is no question");
  const last = messages.at(-1);
  const answered = last?.role === "assistant" && (last.toolCalls ?? []).length === 0 && last.content !== "";
  const answer = answered ? dialects.get("native").parse({ text: last.content, finish: "stop" }, [], "").answer : undefined;
  return {
    query: readQuery(record, question, index),
    dialect: "native",
    tools: readTools(record["tools"] ?? record["functions"]),
    messages,
    ...(answer === undefined ? {} : { answer }),
    finish: answer === undefined ? "no-answer" : "answer",
    faults: messages.flatMap((message) =>
      message.role === "assistant" ? (message.toolCalls ?? []).flatMap((call) => call.malformed?.reason ?? []) : [],
    ),
    provenance: { origin: "recorded", ...(typeof record["model"] === "string" ? { model: record["model"] } : {}) },
  };
}

function readMessages(raw: readonly JsonValue[]): readonly Message[] {
  const calls: ToolCall[] = [];
  return raw.map((value, index) => {
    const path = `messages[${index}]`;
    const message = objectAt(value, path);
    const content = textAt(message["content"], `${path}.content`);
    switch (message["role"]) {
      case "system":
      case "developer":
        return { role: "system", content };
      case "user":
        return { role: "user", content };
      case "assistant": {
        const assistant = readAssistant(message, content, path, `call-${index}`);
        calls.push(...(assistant.toolCalls ?? []));
        return assistant;
      }
      case "tool":
      case "function":
        return readTool(message, content, calls, path);
      default:
        throw bad(`${path}.role`, `is ${JSON.stringify(message["role"])}; expected system, user, assistant or tool`);
    }
  });
}

/** `callId` names calls that have no id of their own, as the old function_call. */
function readAssistant(message: JsonObject, content: string, path: string, callId: string): AssistantMessage {
  const reasoning = message["reasoning_content"] ?? message["reasoning"];
  const calls = Array.isArray(message["tool_calls"])
    ? message["tool_calls"].map((value, index) => {
        const callPath = `${path}.tool_calls[${index}]`;
        const call = objectAt(value, callPath);
        const id = typeof call["id"] === "string" && call["id"] !== "" ? call["id"] : `${callId}.${index}`;
        return readCall(id, call["function"], `${callPath}.function`);
      })
    : message["function_call"] === undefined || message["function_call"] === null
      ? []
      : [readCall(callId, message["function_call"], `${path}.function_call`)];
  return {
    role: "assistant",
    content,
    ...(typeof reasoning === "string" && reasoning !== "" ? { reasoning } : {}),
    ...(calls.length > 0 ? { toolCalls: calls } : {}),
    ...(message["weight"] === 0 ? { train: false } : {}),
  };
}

function readCall(id: string, value: JsonValue | undefined, path: string): ToolCall {
  const details = objectAt(value ?? null, path);
  const name = details["name"];
  if (typeof name !== "string") throw bad(`${path}.name`, "is missing");
  const raw = details["arguments"] ?? {};
  if (typeof raw === "object" && raw !== null && !Array.isArray(raw)) return { id, name, arguments: raw };
  const text = typeof raw === "string" ? raw : JSON.stringify(raw);
  try {
    const parsed = JSON.parse(text === "" ? "{}" : text) as JsonValue;
    if (parsed !== null && typeof parsed === "object" && !Array.isArray(parsed)) return { id, name, arguments: parsed };
  } catch {
    // What the model wrote is kept below, as it is.
  }
  return { id, name, arguments: {}, malformed: { raw: text, reason: "the arguments are not a JSON object" } };
}

/** An old `function` message names the function only: it answers that function's latest call. */
function readTool(message: JsonObject, content: string, calls: readonly ToolCall[], path: string): ToolMessage {
  const { tool_call_id: ownId, name: ownName } = message;
  const call = calls.findLast(({ id, name }) => (typeof ownId === "string" ? id === ownId : name === ownName));
  const id = typeof ownId === "string" ? ownId : (call?.id ?? ownName);
  if (typeof id !== "string") throw bad(`${path}.tool_call_id`, "is missing");
  return { role: "tool", toolCallId: id, name: typeof ownName === "string" ? ownName : (call?.name ?? id), content, ok: message["ok"] !== false };
}

function readQuery(record: JsonObject, question: string, index: number): Query {
  const { id, answer, answers, task, solution } = record;
  const gold = Array.isArray(answers) ? answers : answer === undefined || answer === null ? [] : [answer];
  const shapeless = gold.findIndex((value) => value !== null && typeof value === "object");
  if (shapeless >= 0) throw bad(Array.isArray(answers) ? `answers[${shapeless}]` : "answer", "is neither text nor a number");
  return {
    id: typeof id === "string" ? id : typeof id === "number" ? String(id) : `row-${index}`,
    question,
    answers: gold.map(String),
    ...(typeof task === "string" ? { task } : {}),
    ...(typeof solution === "string" ? { solution } : {}),
  };
}

function readTools(raw: JsonValue | undefined): readonly ToolDefinition[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) throw bad("tools", "is not an array");
  return raw.map((value, index) => {
    const details = objectAt(objectAt(value, `tools[${index}]`)["function"] ?? value, `tools[${index}].function`);
    if (typeof details["name"] !== "string") throw bad(`tools[${index}].function.name`, "is missing");
    const { name, description, parameters } = details;
    return {
      name,
      description: typeof description === "string" ? description : "",
      parameters:
        parameters !== null && typeof parameters === "object" && !Array.isArray(parameters) ? parameters : { type: "object", properties: {} },
    };
  });
}

/** Text, null, or an array of text parts. */
function textAt(content: JsonValue | undefined, path: string): string {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) throw bad(path, "is neither text nor an array of parts");
  return content
    .map((part, index) => {
      const text = objectAt(part, `${path}[${index}]`)["text"];
      if (typeof text !== "string") throw bad(`${path}[${index}]`, "is not a text part; images and audio are not supported");
      return text;
    })
    .join("");
}

function objectAt(value: JsonValue, path: string): JsonObject {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  throw bad(path === "" ? "the row" : path, "is not an object");
}

function bad(path: string, what: string): PluginError {
  return new PluginError("CHAT_ROW_INVALID", `${path} ${what}.`);
}
