/** The content of a Messages turn, block by block in its order. Results of server tools stand inside the model's own message and cut it into turns. */
import type { JsonObject, JsonValue, RecordedCall, RecordedResult, RecordedTurn } from "@autotraj/core/plugin";
import { invalid, isObject, listAt, objectAt, scalarText, textAt, unreadablePart } from "@autotraj/core/rows";

const CALLS: readonly JsonValue[] = ["tool_use", "server_tool_use", "mcp_tool_use"];

/** What the model wrote in one message, with the results that its server tools gave in between. */
export function assistantTurns(content: JsonValue | undefined, path: string): readonly RecordedTurn[] {
  const turns: RecordedTurn[] = [];
  let draft = new Draft();
  for (const { block, place } of blocksOf(content, path)) {
    const type = block["type"] ?? null;
    if (isResult(type)) {
      if (!draft.isEmpty) turns.push(draft.turn());
      draft = new Draft();
      turns.push(resultOf(block, place));
    } else if (CALLS.includes(type)) draft.addCall(callOf(block, place));
    else if (type === "text") draft.addText(textAt(block["text"], `${place}.text`));
    else if (type === "thinking") draft.addThinking(textAt(block["thinking"], `${place}.thinking`));
    // Encrypted: there is nothing to read. `hiddenThinking` counts it.
    else if (type !== "redacted_thinking") throw unreadablePart({ part: block, path: place });
  }
  if (!draft.isEmpty || turns.length === 0) turns.push(draft.turn());
  return turns;
}

/** What a user's message holds: results of tools and the user's own words, in their order. */
export function userTurns(content: JsonValue | undefined, path: string): readonly RecordedTurn[] {
  const turns: RecordedTurn[] = [];
  let words: string[] = [];
  const endWords = () => {
    if (words.length > 0) turns.push({ role: "user", content: words.join("") });
    words = [];
  };
  for (const { block, place } of blocksOf(content, path)) {
    const type = block["type"] ?? null;
    if (isResult(type)) {
      endWords();
      turns.push(resultOf(block, place));
    } else if (type === "text") words.push(textAt(block["text"], `${place}.text`));
    else throw unreadablePart({ part: block, path: place });
  }
  endWords();
  return turns.length > 0 ? turns : [{ role: "user", content: "" }];
}

/** Thinking that is there and cannot be read: encrypted, or left out by the API with only its signature kept. */
export function isHiddenThinking(block: JsonValue): boolean {
  if (!isObject(block)) return false;
  return block["type"] === "redacted_thinking" || (block["type"] === "thinking" && (block["thinking"] ?? "") === "");
}

/** Text alone counts as one block; a block without a type that has text is a text block. */
function blocksOf(content: JsonValue | undefined, path: string): readonly { readonly block: JsonObject; readonly place: string }[] {
  const scalar = scalarText(content);
  if (scalar !== undefined) return [{ block: { type: "text", text: scalar }, place: path }];
  const blocks = isObject(content) ? [content] : listAt(content, path);
  return blocks.map((value, index) => {
    const place = `${path}[${index}]`;
    if (typeof value === "string") return { block: { type: "text", text: value }, place };
    const block = objectAt(value, place);
    return { block: block["type"] === undefined && block["text"] !== undefined ? { ...block, type: "text" } : block, place };
  });
}

/** One turn of the model in the making. */
class Draft {
  readonly #texts: string[] = [];
  readonly #thoughts: string[] = [];
  readonly #calls: RecordedCall[] = [];
  #lastIsText = false;

  get isEmpty(): boolean {
    return this.#texts.length === 0 && this.#thoughts.length === 0 && this.#calls.length === 0;
  }

  /** Citations cut one text into several blocks: neighbours are joined as they are. */
  addText(text: string): void {
    if (this.#lastIsText) this.#texts.push(`${this.#texts.pop()}${text}`);
    else this.#texts.push(text);
    this.#lastIsText = true;
  }

  addThinking(text: string): void {
    this.#thoughts.push(text);
    this.#lastIsText = false;
  }

  addCall(call: RecordedCall): void {
    this.#calls.push(call);
    this.#lastIsText = false;
  }

  turn(): RecordedTurn {
    const filled = (texts: readonly string[]) => texts.filter((text) => text !== "");
    const reasoning = filled(this.#thoughts).join("\n");
    return {
      role: "assistant",
      content: filled(this.#texts).join("\n\n"),
      ...(reasoning === "" ? {} : { reasoning }),
      ...(this.#calls.length === 0 ? {} : { calls: this.#calls }),
    };
  }
}

function callOf(block: JsonObject, path: string): RecordedCall {
  const caller = isObject(block["caller"]) ? (block["caller"]["type"] ?? null) : "direct";
  if (caller !== "direct") throw invalid(`${path}.caller`, `is ${JSON.stringify(caller)}: code made this call, the model did not write it`);
  const id = scalarText(block["id"]);
  const name = scalarText(block["name"]);
  return { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }), arguments: block["input"] ?? {} };
}

/** `tool_result`, and those of server tools and MCP: `web_search_tool_result`, `mcp_tool_result`, … */
function isResult(type: JsonValue): boolean {
  return typeof type === "string" && (type === "tool_result" || type.endsWith("_tool_result"));
}

function resultOf(block: JsonObject, path: string): RecordedResult {
  const { content = null, is_error } = block;
  const callId = scalarText(block["tool_use_id"]);
  const ok = typeof is_error === "boolean" ? !is_error : saysError(content) ? false : undefined;
  return {
    role: "tool",
    ...(callId === undefined ? {} : { callId }),
    content: resultText(content, `${path}.content`),
    ...(ok === undefined ? {} : { ok }),
  };
}

/** Server tools report by the type of what they return: `web_search_tool_result_error`. */
function saysError(content: JsonValue): boolean {
  const type = isObject(content) ? content["type"] : undefined;
  return typeof type === "string" && type.endsWith("_error");
}

/** The text of text blocks; whatever else is text in some structure, as JSON. What a text cannot hold is refused. */
function resultText(content: JsonValue, path: string): string {
  if (content === null) return "";
  const scalar = scalarText(content);
  if (scalar !== undefined) return scalar;
  const parts = Array.isArray(content) ? content : [content];
  const texts = parts.flatMap((part) => (isObject(part) && part["type"] === "text" ? [textAt(part["text"], `${path}.text`)] : []));
  if (texts.length === parts.length) return texts.join("");
  refuseMedia(content, path);
  return JSON.stringify(content, (key, value: unknown) => (key.startsWith("encrypted_") ? undefined : value));
}

const MEDIA: readonly JsonValue[] = ["image", "document", "container_upload"];

/** A document whose source is text can be told; images, PDFs and references to files cannot. */
function refuseMedia(value: JsonValue, path: string): void {
  if (Array.isArray(value)) for (const [index, one] of value.entries()) refuseMedia(one, `${path}[${index}]`);
  if (!isObject(value)) return;
  const source = isObject(value["source"]) ? value["source"]["type"] : undefined;
  if (MEDIA.includes(value["type"] ?? null) && source !== "text" && source !== "content") throw unreadablePart({ part: value, path });
  for (const [name, one] of Object.entries(value)) refuseMedia(one, `${path}.${name}`);
}
