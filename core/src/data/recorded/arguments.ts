/** A call's arguments as logs hold them: an object, JSON text of one, that text written as JSON once more, or what a model wrote in its place. */

import { isJsonObject } from "../../kernel/json.ts";
import type { JsonObject, JsonValue, RecordedCall, ToolCall } from "../../kernel/plugin.ts";
import { parseJson } from "../exact-json.ts";

/** A call that names no tool. No tool list holds it. */
export const UNNAMED_TOOL = "unnamed";

/** The call under its final id. What cannot be read as an object stays what the model wrote, and reaches no tool. */
export function readCall(call: RecordedCall, id: string): ToolCall {
  const name = call.name === undefined || call.name === "" ? UNNAMED_TOOL : call.name;
  if (call.malformed !== undefined) return { id, name, arguments: {}, malformed: call.malformed };
  const raw = call.arguments ?? {};
  if (name === UNNAMED_TOOL) return { id, name, arguments: {}, malformed: { raw: textOf(raw), reason: "the call names no tool" } };
  const args = argumentsObject(raw);
  if (args !== undefined) return { id, name, arguments: args };
  return { id, name, arguments: {}, malformed: { raw: textOf(raw), reason: "the arguments are not a JSON object" } };
}

function argumentsObject(raw: JsonValue): JsonObject | undefined {
  if (isJsonObject(raw)) return raw;
  if (typeof raw !== "string") return undefined;
  if (raw.trim() === "") return {};
  const value = parsed(raw);
  if (isJsonObject(value)) return value;
  // Some servers write the text as JSON once more.
  const inner = typeof value === "string" ? parsed(value) : undefined;
  return isJsonObject(inner) ? inner : undefined;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function textOf(raw: JsonValue): string {
  return typeof raw === "string" ? raw : JSON.stringify(raw);
}

/** True for one call told twice: the same tool, the same arguments, and not two ids. */
export function sameCall(a: RecordedCall, b: RecordedCall): boolean {
  const ids = new Set([a.id ?? "", b.id ?? ""]);
  return (ids.has("") || ids.size === 1) && a.name === b.name && canonical(a.arguments) === canonical(b.arguments);
}

/** Arguments as one text, however they were written: members in the order of their names, text of an object as that object. */
export function canonical(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  const plain = typeof value === "string" ? (parsed(value) ?? value) : value;
  return JSON.stringify(sorted(plain));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
}
