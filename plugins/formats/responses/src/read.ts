/** Reads logs of the Responses API: requests with their responses, responses, bare lists of items, and the rows that `gather` makes of several. */
import type { Finish, JsonObject, JsonValue, Query, RecordedConversation, RecordedTurn } from "@autotraj/core/plugin";
import { invalid, isObject, objectAt, queryOf, scalarText, textAt, unfinished } from "@autotraj/core/rows";
import { type PlacedItem, turnsOf } from "./items.ts";
import { logOf, previousOf, type ResponsesLog, rawItems } from "./logs.ts";
import { mcpServers, toolsOf } from "./tools.ts";

/** @throws PluginError naming the path inside the row. */
export function readConversation(row: JsonValue): RecordedConversation {
  const log = logOf(row);
  const items = itemsOf(log);
  const { turns, tools, hiddenThinking } = turnsOf(items);
  const ended = endOf(log.response.record);
  const notes = notesOf(log, hiddenThinking);
  return {
    turns: [...turns, ...spokenOutput(log)],
    query: queryIn(log.record),
    tools: [...toolsOf(firstOf(log, "tools"), "tools"), ...tools],
    model: textAt(firstOf(log, "model"), "model"),
    // What a failed or unfinished response holds is no answer.
    ...(ended === undefined ? {} : { finish: ended.finish, answer: null, faults: ended.faults }),
    ...(Object.keys(notes).length === 0 ? {} : { notes }),
  };
}

/** What the request has said, and the response says again. */
function firstOf({ request, response }: ResponsesLog, name: string): JsonValue | undefined {
  const own = request.record[name] ?? null;
  return own === null || (Array.isArray(own) && own.length === 0) ? response.record[name] : own;
}

function itemsOf(log: ResponsesLog): readonly PlacedItem[] {
  const { record, request, response } = log;
  const previous = previousOf(log);
  if (previous !== undefined)
    throw invalid("previous_response_id", `names ${previous}, which is not in this file: what the model saw before is missing`);
  const input = request.record["input"] ?? record["items"] ?? (record["object"] === "list" ? record["data"] : undefined);
  if (input === undefined) throw invalid(`${request.path}input`, "is missing: a response alone does not hold what was asked");
  return [
    ...instructionsOf(log),
    ...placed(input, `${request.path}input`, "user"),
    ...placed(typeof response.record["output"] === "string" ? undefined : response.record["output"], `${response.path}output`, "assistant"),
  ];
}

/** Text, or items like those of the input. */
function instructionsOf(log: ResponsesLog): readonly PlacedItem[] {
  const value = firstOf(log, "instructions");
  return value === "" ? [] : placed(value, "instructions", "system");
}

/** `role` is whose words a bare text is. */
function placed(value: JsonValue | undefined, path: string, role: string): readonly PlacedItem[] {
  return (rawItems(value) ?? []).map((raw, index) => {
    const place = Array.isArray(value) ? `${path}[${index}]` : path;
    const text = scalarText(raw);
    return { item: text === undefined ? objectAt(raw, place) : { type: "message", role, content: text }, path: place };
  });
}

/** Where a log keeps only the text of the output. */
function spokenOutput({ response }: ResponsesLog): readonly RecordedTurn[] {
  const { output = null, output_text } = response.record;
  const text = typeof output === "string" ? output : output === null ? scalarText(output_text) : undefined;
  return text === undefined ? [] : [{ role: "assistant", content: text }];
}

interface End {
  readonly finish: Finish;
  readonly faults: readonly string[];
}

/** How a response ended that was not completed. */
function endOf({ status, error, incomplete_details }: JsonObject): End | undefined {
  const reason = isObject(incomplete_details) ? scalarText(incomplete_details["reason"]) : undefined;
  if (status === "failed" || (isObject(error) && status !== "completed")) {
    const text = isObject(error) ? (scalarText(error["message"]) ?? scalarText(error["code"])) : undefined;
    return { finish: "failed", faults: [`the response failed: ${text ?? "no reason is given"}`] };
  }
  if (status === "incomplete") {
    return unfinished(reason) ?? { finish: "no-answer", faults: [`the response is incomplete: ${reason ?? "no reason is given"}`] };
  }
  return status === "cancelled" || status === "queued" || status === "in_progress"
    ? { finish: "no-answer", faults: [`the response is ${status}`] }
    : undefined;
}

/** A rollout says in its events which words are the user's own. */
function queryIn(record: JsonObject): Partial<Query> {
  const { custom_id, question } = record;
  const id = scalarText(custom_id);
  // The id of a response is that of an answer.
  const { id: own, ...query } = queryOf(record);
  const kept = own === undefined || own.startsWith("resp_") || record["object"] === "response" ? id : own;
  return { ...query, ...(kept === undefined ? {} : { id: kept }), ...(typeof question === "string" && question !== "" ? { question } : {}) };
}

function notesOf({ record, request, response }: ResponsesLog, hiddenThinking: number): JsonObject {
  const servers = mcpServers((request.record["tools"] ?? response.record["tools"]) as JsonValue | undefined);
  const { sessionId } = record;
  return {
    ...(typeof sessionId === "string" ? { sessionId } : {}),
    ...(hiddenThinking === 0 ? {} : { hiddenThinking }),
    ...(servers.length === 0 ? {} : { mcpServers: [...servers] }),
  };
}
