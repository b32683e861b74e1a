/**
 * For authors of formats (`@autotraj/core/rows`): reads the values of a recorded row, whatever a log has put there, and names the place where one is
 * wrong. Nothing here guesses: what has no reading is refused.
 */

import { exactDigits, isJsonObject } from "../../kernel/json.ts";
import { type JsonObject, type JsonValue, PluginError, type Query, type ToolDefinition } from "../../kernel/plugin.ts";
import { parseJson } from "../exact-json.ts";

export { isJsonObject as isObject } from "../../kernel/json.ts";
export { linesIn, NO_USAGE, rowsIn, trajectoryOf, trajectoryRow } from "../dataset-rows.ts";
export { endingWithTheModel } from "../ending.ts";
export { parseJson } from "../exact-json.ts";
export { writeJsonLines } from "../json-lines.ts";
export { joinedThoughts } from "./thinking.ts";
export { callsOf, looseJson, splitToolCalls } from "./tool-call-text.ts";
export {
  continuedWith,
  conversationsOf,
  type TracedConversation,
  type TracedModelCall,
} from "./trace.ts";
export type { TracedToolRun } from "./trace-runs.ts";

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

const MEDIA_PARTS: readonly JsonValue[] = [
  ...["image", "image_url", "input_image", "audio", "input_audio", "audio_url", "video", "video_url", "file", "input_file", "document"],
];

/** A tool's result: text, parts of text, or any other value as JSON. @throws naming a part that is no text */
export function resultTextAt(value: JsonValue | undefined, path: string): string {
  // Tools give lists of records that have a type of their own: these are data.
  const isPart = (part: JsonValue) => isJsonObject(part) && [...TEXT_PARTS, ...MEDIA_PARTS].includes(part["type"] ?? null);
  return Array.isArray(value) && value.length > 0 && value.every(isPart) ? plainTextOf(value, path) : textOrJson(value);
}

/** What a message's content says, by kind. */
export interface Content {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  /** Parts of other types, for the format to read or refuse. */
  readonly others: readonly { readonly part: JsonObject; readonly path: string }[];
}

const TEXT_PARTS: readonly JsonValue[] = ["text", "input_text", "output_text", "summary_text"];
const THINKING_PARTS: readonly JsonValue[] = ["thinking", "reasoning", "reasoning_text", "reasoning.text"];

/** The content of a message: text, null, or a list of parts as OpenAI, Anthropic and others have it. */
export function contentOf(content: JsonValue | undefined, path: string): Content {
  if (content === undefined || content === null) return { text: "", reasoning: "", refusal: "", others: [] };
  const scalar = scalarText(content);
  if (scalar !== undefined) return { text: scalar, reasoning: "", refusal: "", others: [] };
  // One part without its list.
  const parts = isJsonObject(content) ? [content] : listAt(content, path);
  const texts: string[] = [];
  const thoughts: string[] = [];
  const refusals: string[] = [];
  const others: { part: JsonObject; path: string }[] = [];
  for (const [index, value] of parts.entries()) {
    const place = `${path}[${index}]`;
    if (typeof value === "string") {
      texts.push(value);
      continue;
    }
    const part = objectAt(value, place);
    const type = part["type"] ?? (part["text"] === undefined ? null : "text");
    if (TEXT_PARTS.includes(type)) texts.push(textAt(part["text"], `${place}.text`));
    else if (THINKING_PARTS.includes(type)) thoughts.push(thinkingOf(part, place));
    else if (type === "refusal") refusals.push(textAt(part["refusal"], `${place}.refusal`));
    else others.push({ part, path: place });
  }
  return { text: texts.join(""), reasoning: thoughts.filter((text) => text !== "").join("\n"), refusal: refusals.join(""), others };
}

/** The text of a content that may hold nothing else. @throws naming the first other part */
export function plainTextOf(content: JsonValue | undefined, path: string): string {
  const { text, reasoning, refusal, others } = contentOf(content, path);
  const [other] = others;
  if (other !== undefined) throw unreadablePart(other);
  if (reasoning !== "" || refusal !== "") throw invalid(path, "holds thinking or a refusal, which only the model's turns have");
  return text;
}

/** For a part that the format has no reading of: images and sound are part of what the model saw. */
export function unreadablePart({ part, path }: Content["others"][number]): PluginError {
  return invalid(path, `is a part of type ${JSON.stringify(part["type"] ?? null)}; text, thinking and refusals are read here`);
}

function thinkingOf(part: JsonObject, path: string): string {
  for (const name of ["thinking", "text", "reasoning"]) {
    const text = scalarText(part[name]);
    if (text !== undefined) return text;
  }
  const summary = part["summary"] ?? part["content"];
  return summary === undefined ? "" : contentOf(summary, `${path}.summary`).text;
}

/** Thinking beside a message's content, under the names that servers give it. */
export function reasoningBeside(message: JsonObject, path: string): string {
  const { reasoning_content, reasoning, reasoning_details, thinking } = message;
  for (const [name, value] of Object.entries({ reasoning_content, reasoning, thinking, reasoning_details })) {
    if (value === undefined || value === null || value === "") continue;
    const { text, reasoning: thoughts } = contentOf(value, `${path}.${name}`);
    const said = [thoughts, text].filter((one) => one !== "").join("\n");
    if (said !== "") return said;
  }
  return "";
}

/** Tools as OpenAI, Anthropic, Gemini or nobody in particular writes them: wrapped in `function` or bare; the list itself, or JSON text of it. */
export function toolsAt(raw: JsonValue | undefined, path: string): readonly ToolDefinition[] {
  return listAt(raw, path).flatMap((value, index) => {
    const place = `${path}[${index}]`;
    const outer = typeof value === "string" ? jsonTextAt(value, place) : value;
    const tool = objectAt(outer, place);
    const declarations = tool["functionDeclarations"] ?? tool["function_declarations"];
    if (declarations !== undefined) return toolsAt(declarations, `${place}.functionDeclarations`);
    return [toolAt(tool["function"] === undefined ? tool : objectAt(tool["function"], `${place}.function`), place)];
  });
}

function toolAt(tool: JsonObject, path: string): ToolDefinition {
  const { name, description } = tool;
  if (typeof name !== "string" || name === "") throw invalid(`${path}.name`, "is missing");
  const schema = tool["parameters"] ?? tool["input_schema"] ?? tool["inputSchema"] ?? tool["arguments"];
  return {
    name,
    description: typeof description === "string" ? description : "",
    parameters: isJsonObject(schema) ? schema : { type: "object", properties: {} },
  };
}

const GOLD = ["answers", "answer", "gold", "expected", "expected_answer", "ground_truth", "reference_answer"] as const;

/** What a row says of its question, under the usual names: id, gold answers, task, solution. `fields` names others. */
export function queryOf(record: JsonObject, fields: { readonly id?: string; readonly gold?: string } = {}): Partial<Query> {
  const id = scalarText(record[fields.id ?? "id"]);
  const field = fields.gold ?? GOLD.find((name) => (record[name] ?? undefined) !== undefined);
  const { task, solution } = record;
  return {
    ...(id === undefined || id === "" ? {} : { id }),
    ...(field === undefined ? {} : { answers: goldAt(record[field], field) }),
    ...(typeof task === "string" && task !== "" ? { task } : {}),
    ...(typeof solution === "string" && solution !== "" ? { solution } : {}),
  };
}

/** One accepted answer, or a list of them. @throws where one is neither text nor a number */
export function goldAt(value: JsonValue | undefined, path: string): readonly string[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((one, index) => {
    const text = scalarText(one);
    if (text === undefined) throw invalid(Array.isArray(value) ? `${path}[${index}]` : path, "is neither text nor a number");
    return text;
  });
}

function jsonTextAt(text: string, path: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    throw invalid(path, "is text that is not JSON");
  }
}
