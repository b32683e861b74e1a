/**
 * For authors of formats (`@autotraj/core/rows`): reads the values of a recorded row, whatever a log has put there, and names the place where one is
 * wrong. Nothing here guesses: what has no reading is refused.
 */

import { isJsonObject } from "../../kernel/json.ts";
import type { JsonObject, JsonValue, PluginError, Query } from "../../kernel/plugin.ts";
import { invalid, listAt, objectAt, scalarText, textAt, textOrJson } from "./fields.ts";

export { isJsonObject as isObject } from "../../kernel/json.ts";
export { linesIn, NO_USAGE, rowsIn, trajectoryOf, trajectoryRow } from "../dataset-rows.ts";
export { endingWithTheModel } from "../ending.ts";
export { parseJson } from "../exact-json.ts";
export { writeJsonLines } from "../json-lines.ts";
export { sameCall } from "./arguments.ts";
export { saysFailed } from "./failed-results.ts";
export { invalid, listAt, objectAt, scalarText, textAt, textOrJson } from "./fields.ts";
export { type Unfinished, unfinished } from "./stop-reasons.ts";
export { joinedThoughts } from "./thinking.ts";
export { callsOf, looseJson, splitToolCalls } from "./tool-call-text.ts";
export { customTool, toolsAt } from "./tools.ts";
export {
  continuedWith,
  conversationsOf,
  type TracedConversation,
  type TracedModelCall,
} from "./trace.ts";
export type { TracedToolRun } from "./trace-runs.ts";

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
const THINKING_PARTS: readonly JsonValue[] = ["thinking", "reasoning", "reasoning_text", "reasoning.text", "reasoning.summary"];
/** Nobody but the provider can read these. */
const HIDDEN_PARTS: readonly JsonValue[] = ["redacted_thinking", "reasoning.encrypted"];

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
  // Cohere calls it the plan of its calls.
  const { reasoning_content, reasoning, reasoning_details, thinking, thinking_blocks, tool_plan } = message;
  for (const [name, value] of Object.entries({ reasoning_content, reasoning, thinking, thinking_blocks, reasoning_details, tool_plan })) {
    if (value === undefined || value === null || value === "") continue;
    const { text, reasoning: thoughts, others } = contentOf(value, `${path}.${name}`);
    const other = others.find(({ part }) => !HIDDEN_PARTS.includes(part["type"] ?? null));
    if (other !== undefined) throw unreadablePart(other);
    const said = [thoughts, text].filter((one) => one !== "").join("\n");
    if (said !== "") return said;
  }
  return "";
}

/**
 * What a log says itself of a call's success, beside the result: `ok`, `is_error`, `status: error`, an `error`. Undefined where it says nothing: the text decides. A status
 * of success is what libraries write by themselves.
 */
export function saidOk({ ok, is_error, isError, status, error }: JsonObject): boolean | undefined {
  if (ok === false || is_error === true || isError === true || status === "error") return false;
  // Some write an empty object where nothing went wrong.
  if (isFilled(error) && !(isJsonObject(error) && Object.keys(error).length === 0)) return false;
  return ok === true || is_error === false || isError === false ? true : undefined;
}

/** Whether a field holds anything: an object does, whatever is in it. */
export function isFilled(value: JsonValue | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== false && value !== "";
}

/**
 * What a message says, under the first of these names that it has. @throws where it has none of them: under another name its words would be lost. Null is
 * an empty message.
 */
export function saidUnder(message: JsonObject, names: readonly string[], path: string): JsonValue {
  const name = names.find((one) => message[one] !== undefined);
  if (name === undefined) throw invalid(`${path}.${names[0]}`, `is missing; the message has ${Object.keys(message).join(", ") || "nothing"}`);
  return message[name] as JsonValue;
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

/** Calls of OpenAI's chat in a message of another API: passed over, a call would become plain words. @throws where the message holds any */
export function refuseChatCalls(message: JsonObject, path: string): void {
  const field = ["tool_calls", "function_call"].find((name) => isFilled(message[name]));
  if (field !== undefined) throw invalid(`${path}.${field}`, "holds calls as OpenAI's chat has them, and the messages here are of another API");
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
