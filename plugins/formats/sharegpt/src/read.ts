/** Reads ShareGPT rows as real sets hold them: one conversation, or the two sides of a preference after what they share. */
import type { JsonObject, JsonValue, RecordedConversation, RecordedTurn, ToolDefinition } from "@autotraj/core/plugin";
import { invalid, isFilled, isObject, listAt, objectAt, parseJson, plainTextOf, queryOf, textAt, toolsAt } from "@autotraj/core/rows";
import { CALL_ROLES, roleOf, TurnReader } from "./turns.ts";

const CONVERSATIONS = ["conversations", "conversation", "messages"] as const;
const SIDES = ["chosen", "rejected"] as const;
const TOOLS = ["tools", "functions", "available_tools"] as const;
const MEDIA = ["images", "image", "videos", "video", "audios", "audio"] as const;
/** What KTO sets say of a whole answer. */
const LABELS = ["kto_tag", "label"] as const;

/** One conversation; two, chosen and rejected, from a preference row. @throws PluginError naming the path inside the row. */
export function readRow(row: JsonValue): readonly RecordedConversation[] {
  const record = Array.isArray(row) ? { conversations: row } : objectAt(row, "");
  const filled = MEDIA.find((name) => isFilled(record[name]));
  if (filled !== undefined) throw invalid(filled, "is part of what the model saw; only text is read here");
  const field = CONVERSATIONS.find((name) => isThere(record[name])) ?? "conversations";
  const sides = SIDES.filter((side) => isThere(record[side]));
  if (!isThere(record[field]) && sides.length === 0) throw invalid(field, "is missing; expected a list of { from, value }");
  const shared = listAt(record[field], field).map((turn, index): Placed => [turn, `${field}[${index}]`]);
  if (sides.length === 0) return [conversation(record, shared, {})];
  return sides.map((side) => conversation(record, [...shared, ...turnsOfSide(record[side], side)], { side }));
}

/** How surely a row is ShareGPT's: its `from` and `value`, or roles that OpenAI's messages do not have. */
export function recognizes(row: JsonValue): number {
  const record = Array.isArray(row) ? { conversations: row } : row;
  if (!isObject(record)) return 0;
  const field = [...CONVERSATIONS, ...SIDES].find((name) => isThere(record[name]));
  if (field === undefined) return 0;
  const turns = turnsIn(record[field]);
  if (turns.length === 0) return 0;
  const has = (name: string) => turns.every((turn) => typeof turn[name] === "string");
  const known = turns.every((turn) => roleOf(turn) !== undefined);
  if (has("from")) return known ? 0.95 : 0.6;
  if (!known || !has("role")) return 0;
  if (turns.some((turn) => CALL_ROLES.has(String(turn["role"])))) return 0.9;
  return field === "messages" || field === "chosen" || field === "rejected" || Array.isArray(row) ? 0.3 : 0.85;
}

type Placed = readonly [turn: JsonValue, path: string];

function conversation(record: JsonObject, placed: readonly Placed[], notes: JsonObject): RecordedConversation {
  const reader = new TurnReader();
  for (const [index, [turn, path]] of placed.entries()) reader.add(turn, path, isResult(placed[index + 1]));
  const system = plainTextOf(record["system"], "system");
  const isRepeated = reader.turns.some((turn) => turn.role === "system" && turn.content === system);
  const turns: readonly RecordedTurn[] = system === "" || isRepeated ? reader.turns : [{ role: "system", content: system }, ...reader.turns];
  const labels = LABELS.flatMap((name) => (typeof record[name] === "boolean" ? [[name, record[name]] as const] : []));
  return {
    turns,
    query: queryOf(record),
    tools: toolsOf(record, turns),
    model: textAt(record["model"], "model"),
    notes: { ...notes, ...Object.fromEntries(labels) },
  };
}

function isResult(placed: Placed | undefined): boolean {
  return isObject(placed?.[0]) && roleOf(placed[0]) === "result";
}

/** One turn, or all that follows the question. */
function turnsOfSide(side: JsonValue | undefined, path: string): readonly Placed[] {
  if (!Array.isArray(side)) return [[objectAt(side, path), path]];
  return side.map((turn, index) => [turn, `${path}[${index}]`]);
}

/** In a column; where no column has any, in the system prompt. */
function toolsOf(record: JsonObject, turns: readonly RecordedTurn[]): readonly ToolDefinition[] {
  for (const name of TOOLS) {
    const tools = toolsAt(record[name], name);
    if (tools.length > 0) return tools;
  }
  return turns.flatMap((turn) => (turn.role === "system" ? toolsInPrompt(turn.content) : []));
}

/** Hermes and its like: a list, or one tool a line, between `<tools>` and `</tools>`. What is no JSON stays what the model was shown, and no more. */
function toolsInPrompt(text: string): readonly ToolDefinition[] {
  const [open, close] = ["<tools>", "</tools>"];
  for (let start = text.indexOf(open); start >= 0; start = text.indexOf(open, start + open.length)) {
    const end = text.indexOf(close, start);
    if (end < 0) return [];
    const body = text.slice(start + open.length, end).trim();
    const list = parsed(body) ?? (body.startsWith("{") ? parsed(`[${body.split("\n").join(",")}]`) : undefined);
    if (list !== undefined) return toolsAt(Array.isArray(list) ? list : [list], "the system prompt's <tools>");
  }
  return [];
}

function parsed(text: string): JsonValue | undefined {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function turnsIn(value: JsonValue | undefined): readonly JsonObject[] {
  const list = typeof value === "string" ? parsed(value) : isObject(value) ? [value] : value;
  return Array.isArray(list) && list.every(isObject) ? list : [];
}

function isThere(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}
