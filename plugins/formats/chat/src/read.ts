/** Reads rows of OpenAI conversations: messages, a prompt with its completion, or with the two sides of a preference. */
import type { JsonObject, JsonValue, RecordedConversation, RecordedTurn, ToolDefinition } from "@autotraj/core/plugin";
import {
  invalid,
  isObject,
  listAt,
  objectAt,
  parseJson,
  plainTextOf,
  queryOf,
  textAt,
  toolsAt,
  type Unfinished,
  unfinished,
} from "@autotraj/core/rows";
import { ROLES, readMessage, refuseMedia } from "./messages.ts";

const TOOLS = ["tools", "functions", "available_tools"] as const;
const SIDES = ["chosen", "rejected"] as const;

/** One conversation; two, chosen and rejected, from a preference row. @throws PluginError naming the path inside the row. */
export function readRow(row: JsonValue): readonly RecordedConversation[] {
  const record = Array.isArray(row) ? { messages: row } : objectAt(row, "");
  const start = ["messages", "trajectory"].find((name) => isThere(record[name])) ?? "prompt";
  const sides = SIDES.filter((side) => isThere(record[side]));
  const isSplit = sides.length > 0 || isThere(record["completion"]);
  if (!isThere(record[start]) && !isSplit) throw invalid("messages", "is missing; expected a list of OpenAI chat messages");
  const shared = messagesAt(record[start], start);
  if (sides.length === 0) return [conversation(record, [...shared, ...messagesAt(record["completion"], "completion")], {})];
  return sides.map((side) => conversation(record, [...shared, ...messagesAt(record[side], side)], { side }));
}

/** How surely a row holds OpenAI messages: roles are shared with others, so what only others write counts against it. */
export function recognizes(row: JsonValue): number {
  const record = Array.isArray(row) ? { messages: row } : row;
  if (!isObject(record)) return 0;
  const parts = ["messages", "trajectory", "prompt", "completion", ...SIDES]
    .filter((name) => isThere(record[name]))
    .map((name) => listOf(record[name]));
  const messages = parts.flat();
  if (messages.length === 0 || parts.some((part) => part.length === 0) || !messages.every(isMessage)) return 0;
  if (messages.some(({ content }) => hasForeignParts(content))) return 0.2;
  const isOpenAi = messages.some((message) => ["tool_calls", "function_call", "tool_call_id"].some((name) => message[name] !== undefined));
  return isOpenAi ? 0.95 : 0.8;
}

function isMessage(value: JsonValue): value is JsonObject {
  return isObject(value) && (ROLES as readonly JsonValue[]).includes(value["role"] ?? null);
}

const FOREIGN_PARTS: readonly JsonValue[] = ["tool_use", "tool_result"];

function hasForeignParts(content: JsonValue | undefined): boolean {
  return Array.isArray(content) && content.some((part) => isObject(part) && FOREIGN_PARTS.includes(part["type"] ?? null));
}

/** Empty for whatever is no list: this one never throws. */
function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string" || !value.startsWith("[")) return [];
  try {
    return parseJson(value) as readonly JsonValue[];
  } catch {
    return [];
  }
}

type Placed = readonly [message: JsonObject, path: string];

function messagesAt(value: JsonValue | undefined, path: string): readonly Placed[] {
  return listAt(value, path).map((message, index): Placed => [objectAt(message, `${path}[${index}]`), `${path}[${index}]`]);
}

function conversation(record: JsonObject, placed: readonly Placed[], notes: JsonObject): RecordedConversation {
  refuseMedia(record, "");
  const messages = placed.flatMap(([message, path]) => readMessage(message, path));
  const { answers, end } = answersIn(record, messages.at(-1));
  const turns = [...messages, ...answers];
  const system = plainTextOf(record["system"], "system");
  const isRepeated = turns.some((turn) => turn.role === "system" && turn.content === system);
  return {
    turns: system === "" || isRepeated ? turns : [{ role: "system", content: system }, ...turns],
    query: queryOf(record),
    tools: toolsOf([[record, ""], ...placed]),
    model: textAt(record["model"], "model"),
    ...(end ?? unfinished(placed.at(-1)?.[0]["finish_reason"], record["finish_reason"])),
    notes,
  };
}

/** Of the row, or of its first message that lists any: some sets have them in the system message. */
function toolsOf(places: readonly Placed[]): readonly ToolDefinition[] {
  for (const [record, path] of places) {
    for (const name of TOOLS) {
      const tools = toolsAt(record[name], path === "" ? name : `${path}.${name}`);
      if (tools.length > 0) return tools;
    }
  }
  return [];
}

interface Answers {
  readonly answers: readonly RecordedTurn[];
  readonly end?: Unfinished;
}

/** What answers the messages beside it: a completion (stored, or its fields in the row itself), a message, or its text. */
function answersIn(record: JsonObject, last: RecordedTurn | undefined): Answers {
  const response = record["response"] ?? null;
  if (isObject(response) && Array.isArray(response["choices"])) return chosenIn(response["choices"], "response.choices", last);
  if (response === null && Array.isArray(record["choices"])) return chosenIn(record["choices"], "choices", last);
  // Beside a conversation that has its answer, it is something else.
  if (response === null || response === "" || last?.role === "assistant") return { answers: [] };
  if (typeof response === "string") return { answers: [{ role: "assistant", content: response }] };
  if (isObject(response) && (response["content"] !== undefined || response["tool_calls"] !== undefined))
    return { answers: readMessage({ role: "assistant", ...response }, "response") };
  throw invalid("response", "is neither text, a message, nor a completion with choices");
}

function chosenIn(choices: readonly JsonValue[], path: string, last: RecordedTurn | undefined): Answers {
  const [only, ...others] = choices;
  if (only === undefined || others.length > 0) throw invalid(path, "does not hold one choice");
  const choice = objectAt(only, `${path}[0]`);
  const said = readMessage({ role: "assistant", ...objectAt(choice["message"], `${path}[0].message`) }, `${path}[0].message`);
  const end = unfinished(choice["finish_reason"]);
  // Some logs have put the answer behind the messages, too.
  const answers = JSON.stringify(said) === JSON.stringify([last]) ? [] : said;
  return end === undefined ? { answers } : { answers, end };
}

function isThere(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}
