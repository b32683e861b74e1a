/**
 * Calls that stand in a turn's text, as Hermes, Qwen and their like are taught to write them: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, with the
 * slips that models make. What opens as a call but is none is kept as a malformed call; a text that only speaks of the tag stays text.
 */

import { isJsonObject } from "../../kernel/json.ts";
import type { JsonObject, JsonValue, RecordedCall } from "../../kernel/plugin.ts";
import { parseJson } from "../exact-json.ts";

const OPEN = "<tool_call>";
const CLOSE = "</tool_call>";
const FENCE = "```";
const OPEN_RESULT = "<tool_response>";
const CLOSE_RESULT = "</tool_response>";

/** The text without its calls, and the calls in order. */
export function splitToolCalls(text: string): { readonly said: string; readonly calls: readonly RecordedCall[] } {
  const said: string[] = [];
  const calls: RecordedCall[] = [];
  let at = 0;
  let close = -1;
  for (let start = text.indexOf(OPEN); start >= 0; start = text.indexOf(OPEN, at)) {
    // Looked for once per closing tag, not once per opening one.
    if (close !== NONE && close < start) close = indexOrNone(text, start);
    const body = bodyAt(text, start + OPEN.length, close);
    const found = callsIn(body.text);
    said.push(text.slice(at, found.length > 0 ? start : body.end));
    calls.push(...found);
    at = body.end;
  }
  if (calls.length === 0) return { said: text, calls };
  const rest = [...said, text.slice(at)].map((part) => part.trim()).filter((part) => part !== "");
  return { said: rest.join("\n\n"), calls };
}

/** Calls as a field of a log holds them: one, a list of them, or JSON text of either. None for a text that is no call at all. */
export function callsOf(value: JsonValue): readonly RecordedCall[] {
  if (typeof value === "string") return callsIn(value);
  return (Array.isArray(value) ? value : [value]).map(callOf);
}

/** The results in a text that is nothing but `<tool_response>` blocks; undefined for any other text. A closing tag alone is a result's own text. */
export function splitToolResponses(text: string): readonly string[] | undefined {
  const blocks = text.trim();
  if (!blocks.startsWith(OPEN_RESULT) || !blocks.endsWith(CLOSE_RESULT)) return undefined;
  const results = blocks.slice(OPEN_RESULT.length, -CLOSE_RESULT.length).split(/<\/tool_response>\s*<tool_response>/);
  // Words between two blocks are no result's.
  if (results.some((result) => result.includes(OPEN_RESULT))) return undefined;
  return results.map((result) => result.replace(/^\n/, "").replace(/\n$/, ""));
}

const NONE = Number.POSITIVE_INFINITY;

function indexOrNone(text: string, from: number): number {
  const found = text.indexOf(CLOSE, from);
  return found < 0 ? NONE : found;
}

/** Up to the closing tag; where that is missing, to the next call or the end. */
function bodyAt(text: string, start: number, close: number): { readonly text: string; readonly end: number } {
  const next = text.indexOf(OPEN, start);
  if (close !== NONE && (next < 0 || close < next)) return { text: text.slice(start, close), end: close + CLOSE.length };
  const end = next < 0 ? text.length : next;
  return { text: text.slice(start, end), end };
}

function callsIn(body: string): readonly RecordedCall[] {
  const text = withoutFence(body.trim());
  if (text.startsWith("<function=")) return functionTags(text);
  if (!text.startsWith("{") && !text.startsWith("[")) return [];
  const value = looseJson(text);
  return value === undefined ? [{ malformed: { raw: text, reason: "the call is not JSON" } }] : callsOf(value);
}

/** `{name, arguments}`, `{name, parameters}`, `{function: {…}}`, `{tool, input}`. */
function callOf(value: JsonValue): RecordedCall {
  if (!isJsonObject(value)) return { malformed: { raw: written(value), reason: "the call is not a JSON object" } };
  const details = isJsonObject(value["function"]) ? value["function"] : value;
  const name = details["name"] ?? details["tool"] ?? details["tool_name"] ?? details["function"];
  if (typeof name !== "string" || name === "") return { malformed: { raw: written(value), reason: "the call names no tool" } };
  const id = [value["id"], value["call_id"], value["tool_call_id"]].find((one) => typeof one === "string" && one !== "");
  return {
    ...(typeof id === "string" ? { id } : {}),
    name,
    arguments: details["arguments"] ?? details["parameters"] ?? details["args"] ?? details["input"] ?? {},
  };
}

function written(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Qwen3-Coder's `<function=name><parameter=key>value</parameter></function>`. */
function functionTags(text: string): readonly RecordedCall[] {
  return [...text.matchAll(/<function=([^>\n]{1,200})>([\s\S]*?)(?:<\/function>|$)/g)].map(([, name = "", body = ""]) => {
    const parameters = [...body.matchAll(/<parameter=([^>\n]{1,200})>\n?([\s\S]*?)\n?(?:<\/parameter>|$)/g)];
    return { name: name.trim(), arguments: Object.fromEntries(parameters.map(([, key = "", value = ""]) => [key.trim(), value])) as JsonObject };
  });
}

function withoutFence(text: string): string {
  const opening = /^```(?:json)?[ \t\r]*\n/.exec(text)?.[0] ?? "";
  const body = text.slice(opening.length);
  return (opening !== "" && body.endsWith(FENCE) ? body.slice(0, -FENCE.length) : body).trim();
}

/** JSON, or what models and programs write for it: a closing brace too few or too many, a comma at the end, Python's quotes and names. */
export function looseJson(text: string): JsonValue | undefined {
  for (const candidate of [text, ...repaired(text)]) {
    try {
      return parseJson(candidate);
    } catch {
      // The next spelling.
    }
  }
  return undefined;
}

function* repaired(text: string): Generator<string> {
  const trimmed = text.replace(/,(\s*[}\]])/g, "$1");
  yield trimmed;
  yield `${trimmed}}`;
  if (trimmed.endsWith("}")) yield trimmed.slice(0, -1);
  const python = pythonLiteral(trimmed);
  if (python !== undefined) yield python;
}

/** A Python dict of plain values as JSON; undefined where a quote makes it doubtful. */
function pythonLiteral(text: string): string | undefined {
  let json = "";
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] as string;
    if (letter === "'" || letter === '"') {
      const end = endOfString(text, at, letter);
      if (end < 0) return undefined;
      const body = text.slice(at + 1, end);
      json += `"${body.replaceAll("\\'", "'").replace(/(?<!\\)"/g, '\\"')}"`;
      at = end;
      continue;
    }
    const word = /^(?:True|False|None)\b/.exec(text.slice(at, at + 6))?.[0];
    if (word === undefined) json += letter;
    else {
      json += word === "None" ? "null" : word.toLowerCase();
      at += word.length - 1;
    }
  }
  return json;
}

function endOfString(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}
