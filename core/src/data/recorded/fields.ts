/** Fields of a row, whatever kind of value a log has in them. Nothing here guesses: what has no reading is refused, with its place in the row. */
import { exactDigits, isJsonObject } from "../../kernel/json.ts";
import { type JsonObject, type JsonValue, PluginError } from "../../kernel/plugin.ts";
import { parseJson } from "../exact-json.ts";

/** A row that cannot be read: `messages[3].content is neither text nor a list of parts.` */
export function invalid(path: string, what: string): PluginError {
  return new PluginError("ROW_INVALID", `${path === "" ? "the row" : path} ${what}.`);
}

/** @throws unless it is an object */
export function objectAt(value: JsonValue | undefined, path: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw invalid(path, value === undefined ? "is missing; expected an object" : "is not an object");
}

/** A list, or one written as JSON text; empty where the field is missing or null. @throws for anything else */
export function listAt(value: JsonValue | undefined, path: string): readonly JsonValue[] {
  if (value === undefined || value === null || value === "") return [];
  const list = typeof value === "string" ? jsonTextAt(value, path) : value;
  if (Array.isArray(list)) return list;
  throw invalid(path, "is not a list");
}

/** Text, a number or a flag as text; "" where the field is missing or null. @throws for anything else */
export function textAt(value: JsonValue | undefined, path: string): string {
  if (value === undefined || value === null) return "";
  const text = scalarText(value);
  if (text !== undefined) return text;
  throw invalid(path, "is not text");
}

/** Text, or a number with all its digits, or a flag; undefined for lists, objects and null. */
export function scalarText(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return exactDigits(value);
}

/** Text, or any other value as JSON; "" for null. For results of tools, which logs hold in either way. */
export function textOrJson(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return scalarText(value) ?? JSON.stringify(value);
}

/** @throws unless it is JSON */
export function jsonTextAt(text: string, path: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    throw invalid(path, "is text that is not JSON");
  }
}
