/** What one turn holds of results: one, or those of several calls, where the turn itself tells them apart. */
import type { JsonObject, JsonValue, RecordedResult } from "@autotraj/core/plugin";
import { isObject, parseJson, resultTextAt, saidOk, scalarText, textOrJson } from "@autotraj/core/rows";

/** Between the results of calls made in one turn: what LLaMA-Factory's own converter puts there. */
export const RESULT_JOINER = "\n</tool_response>\n<tool_response>\n";
const PAYLOADS = ["results", "result", "content", "output", "response", "observation"] as const;

/** `awaited` are the names of the calls that have no result yet; several results are only seen where it is as many. */
export function resultsIn(turn: JsonObject, body: JsonValue, path: string, awaited: readonly string[]): readonly RecordedResult[] {
  const shared = sharedOf(turn);
  if (awaited.length > 1 && shared.callId === undefined) {
    const pieces = typeof body === "string" && !body.trimStart().startsWith("<tool_response>") ? body.split(RESULT_JOINER) : [];
    if (pieces.length === awaited.length) return pieces.map((content) => ({ ...shared, content }));
    const entries = entriesIn(body, awaited);
    if (entries !== undefined) return entries.map((entry) => ({ ...shared, ...entry }));
  }
  return [{ ...shared, content: resultTextAt(body, path) }];
}

/** A list with an entry for each call: any list in the row, or JSON text of entries that name the tools which were called. */
function entriesIn(body: JsonValue, awaited: readonly string[]): readonly Pick<RecordedResult, "callId" | "name" | "content">[] | undefined {
  const list = typeof body === "string" ? parsed(body) : body;
  if (!Array.isArray(list) || list.length !== awaited.length) return undefined;
  const areNamed = list.every((entry) => isObject(entry) && typeof entry["name"] === "string" && awaited.includes(entry["name"]));
  if (!areNamed && typeof body === "string") return undefined;
  return list.map((entry) => {
    if (!isObject(entry)) return { content: textOrJson(entry) };
    const { name, tool_call_id, call_id, ...rest } = entry;
    const callId = scalarText(tool_call_id ?? call_id);
    const [field = "", ...others] = Object.keys(rest);
    const isOnlyPayload = others.length === 0 && (PAYLOADS as readonly string[]).includes(field);
    return {
      ...(callId === undefined ? {} : { callId }),
      ...(areNamed && typeof name === "string" ? { name } : {}),
      content: isOnlyPayload ? textOrJson(rest[field]) : JSON.stringify(entry),
    };
  });
}

function sharedOf(turn: JsonObject): Omit<RecordedResult, "content"> {
  const callId = scalarText(turn["tool_call_id"] ?? turn["call_id"]);
  const name = scalarText(turn["name"] ?? turn["tool_name"]);
  const ok = saidOk(turn);
  return {
    role: "tool",
    ...(callId === undefined ? {} : { callId }),
    ...(name === undefined ? {} : { name }),
    ...(ok === undefined ? {} : { ok }),
  };
}

function parsed(text: string): JsonValue | undefined {
  if (!/^\s*\[/.test(text)) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
