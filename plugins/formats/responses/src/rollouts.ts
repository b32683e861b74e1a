/**
 * Codex rollouts: a session is a file of lines, each an item in an envelope, or the bare item. A compaction and turns that were taken back end what the model
 * saw: what was said until then is one conversation, what follows another.
 */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, scalarText } from "@autotraj/core/rows";
import { typeOf } from "./items.ts";

/** Rows that are no lines of a session stay what they are. */
export function gatherRollouts(rows: readonly JsonValue[]): readonly JsonValue[] {
  const others: JsonValue[] = [];
  const sessions = new Sessions();
  const hasItems = rows.some(isBareItem);
  for (const row of rows) {
    if (isEnvelope(row)) sessions.addEnvelope(row);
    else if (isBareItem(row) || (hasItems && isEasyMessage(row))) sessions.addItem(row);
    else if (isHeader(row)) sessions.begin(row);
    // Old rollouts mark where the program stood.
    else if (!isObject(row) || row["record_type"] !== "state") others.push(row);
  }
  return [...others, ...sessions.all()];
}

/** A line of a rollout: `{timestamp, type, payload}`. */
export function isEnvelope(row: JsonValue): row is JsonObject {
  return isObject(row) && isObject(row["payload"]) && ENVELOPES.includes(row["type"] ?? null);
}
const ENVELOPES: readonly JsonValue[] = ["session_meta", "response_item", "event_msg", "turn_context", "compacted"];

/** An item that is a row of its own. */
export function isBareItem(row: JsonValue): row is JsonObject {
  if (!isObject(row) || row["payload"] !== undefined || typeof row["type"] !== "string") return false;
  const type = typeOf(row);
  if (type === "message") return typeof row["role"] === "string" && row["content"] !== undefined && row["stop_reason"] === undefined;
  return ITEM_TYPE.test(type);
}
const ITEM_TYPE = /^(?:reasoning|\w+_call|\w+_call_output|mcp_\w+|tool_search_output|additional_tools|item_reference|compaction\w*|ghost_snapshot)$/;

/** A message without its type, as lists of items have it, too; alone it may be any API's. */
function isEasyMessage(row: JsonValue): row is JsonObject {
  return isObject(row) && row["type"] === undefined && typeof row["role"] === "string" && row["content"] !== undefined;
}

/** The first line of an old rollout. */
function isHeader(row: JsonValue): row is JsonObject {
  return isObject(row) && row["type"] === undefined && typeof row["id"] === "string" && typeof row["timestamp"] === "string" && "instructions" in row;
}

/** Of the program, not of the conversation. */
const NOT_SPOKEN: readonly string[] = ["ghost_snapshot", "other"];

class Sessions {
  readonly #ended: JsonObject[] = [];
  #session: JsonObject = {};
  #items: JsonObject[] = [];
  /** Where the user's own turns stand among the items. */
  #asked: number[] = [];
  #lastOfUser = -1;
  /** Items that are there from before; a session that ends with these tells nothing that was not told. */
  #known = 0;

  addEnvelope({ type, payload }: JsonObject): void {
    const record = isObject(payload) ? payload : {};
    if (type === "session_meta") this.begin(record);
    else if (type === "response_item") this.addItem(record);
    else if (type === "turn_context") this.#set("model", record["model"]);
    else if (type === "compacted") this.#compact(record);
    else if (record["type"] === "user_message") this.#ask(record["message"]);
    else if (record["type"] === "thread_rolled_back") this.#takeBack(Number(scalarText(record["num_turns"]) ?? 0));
  }

  addItem(item: JsonObject): void {
    if (NOT_SPOKEN.includes(typeOf(item))) return;
    if (item["role"] === "user") this.#lastOfUser = this.#items.length;
    this.#items.push(item);
  }

  /** A forked session holds its parent's first line right after its own. */
  begin(meta: JsonObject): void {
    const id = scalarText(meta["id"]) ?? "";
    if (this.#session["sessionId"] === id || (this.#session["sessionId"] !== undefined && this.#items.length === 0)) return;
    this.#end();
    const { base_instructions: base, dynamic_tools: tools } = meta;
    this.#session = { sessionId: id };
    this.#set("instructions", isObject(base) ? base["text"] : (base ?? meta["instructions"]));
    this.#set("tools", tools);
    this.#items = [];
    this.#asked = [];
    this.#lastOfUser = -1;
    this.#known = 0;
  }

  all(): readonly JsonObject[] {
    this.#end();
    this.#items = [];
    return this.#ended;
  }

  #set(name: string, value: JsonValue | undefined): void {
    if (value !== undefined && value !== null) this.#session[name] = value;
  }

  /** The event comes right after the item that has these words. */
  #ask(words: JsonValue | undefined): void {
    if (this.#lastOfUser >= 0) this.#asked.push(this.#lastOfUser);
    if (this.#session["question"] === undefined) this.#set("question", words);
  }

  /** Without a history of its own a compaction leaves what others than the model said, and its summary. */
  #compact({ message, replacement_history: history }: JsonObject): void {
    this.#end();
    const kept = Array.isArray(history)
      ? history.filter(isObject)
      : [...this.#items.filter((item) => !isModels(item)), { type: "message", role: "user", content: message ?? "" }];
    this.#goOn(kept);
  }

  /** What the model answered to the turns that are taken back stays a conversation of its own. */
  #takeBack(turns: number): void {
    const at = turns > 0 ? this.#asked.at(-turns) : undefined;
    if (at === undefined) return;
    if (this.#items.slice(at).some(isModels)) this.#end();
    const { question } = this.#session;
    const asked = this.#asked.slice(0, -turns);
    this.#goOn(this.#items.slice(0, at));
    this.#asked = asked;
    if (asked.length > 0) this.#set("question", question);
  }

  #goOn(items: readonly JsonObject[]): void {
    const { question: _question, ...session } = this.#session;
    this.#session = session;
    this.#items = [...items];
    this.#asked = [];
    this.#lastOfUser = items.findLastIndex(({ role }) => role === "user");
    this.#known = items.length;
  }

  #end(): void {
    const isTold = this.#known > 0 && !this.#items.slice(this.#known).some(isModels);
    if (this.#items.length > 0 && !isTold) this.#ended.push({ ...this.#session, input: this.#items });
  }
}

/** Messages of others have a role; the model's items, and results of its calls, have none or its own. */
function isModels({ role }: JsonObject): boolean {
  return role === undefined || role === "assistant";
}
