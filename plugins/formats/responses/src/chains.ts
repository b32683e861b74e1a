/**
 * Responses that go on from earlier ones: by `previous_response_id`, or in one `conversation`. The server kept what was said before; a row that holds it all
 * is made of the chain. Each end of a chain is one conversation.
 */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, scalarText } from "@autotraj/core/rows";
import { logOf, previousOf, type ResponsesLog, rawItems } from "./logs.ts";

/** Rows that are part of no chain stay what they are. */
export function gatherChains(rows: readonly JsonValue[]): readonly JsonValue[] {
  const before = linksOf(rows);
  const goneOn = new Set(before.values());
  return rows.flatMap((row) => {
    if (goneOn.has(row)) return [];
    const chain = chainTo(row, before);
    return chain.length === 1 ? [row] : [joined(chain as readonly JsonObject[])];
  });
}

/** By row, the row that it goes on from. */
function linksOf(rows: readonly JsonValue[]): ReadonlyMap<JsonValue, JsonValue> {
  const byId = new Map<string, JsonValue>();
  for (const row of rows) {
    const id = responseId(row);
    if (id !== undefined) byId.set(id, row);
  }
  const lastOf = new Map<string, JsonValue>();
  const before = new Map<JsonValue, JsonValue>();
  for (const row of rows) {
    const conversation = conversationOf(row);
    const named = previousId(row);
    const previous = named === undefined ? (conversation === undefined ? undefined : lastOf.get(conversation)) : byId.get(named);
    if (previous !== undefined && previous !== row) before.set(row, previous);
    if (conversation !== undefined) lastOf.set(conversation, row);
  }
  return before;
}

/** From the first row on. */
function chainTo(row: JsonValue, before: ReadonlyMap<JsonValue, JsonValue>): readonly JsonValue[] {
  const chain = new Set<JsonValue>();
  for (let at: JsonValue | undefined = row; at !== undefined && !chain.has(at); at = before.get(at)) chain.add(at);
  return [...chain].reverse();
}

/** The last row with all items before it. Instructions hold for one response: where they change, the new ones stand in their place. */
function joined(chain: readonly JsonObject[]): JsonObject {
  const logs = chain.map(logOf);
  const last = logs.at(-1) as ResponsesLog;
  const input: JsonValue[] = [];
  let instructions = instructionsIn(logs[0] as ResponsesLog);
  for (const [index, log] of logs.entries()) {
    if (index > 0) input.push(...items(outputOf(logs[index - 1] as ResponsesLog), "assistant"));
    const own = instructionsIn(log);
    if (own !== null && JSON.stringify(own) !== JSON.stringify(instructions)) input.push(...items(own, "system"));
    instructions = own ?? instructions;
    input.push(...items(log.request.record["input"], "user"));
  }
  const { request: _request, response: _response, body: _body, params: _params, ...beside } = last.record;
  return {
    ...beside,
    ...last.request.record,
    ...last.response.record,
    ...(beside["id"] === undefined ? {} : { id: beside["id"] }),
    tools: last.request.record["tools"] ?? last.response.record["tools"] ?? [],
    instructions: instructionsIn(logs[0] as ResponsesLog),
    previous_response_id: null,
    input,
    output: outputOf(last),
  };
}

function instructionsIn({ request, response }: ResponsesLog): JsonValue {
  return request.record["instructions"] ?? response.record["instructions"] ?? null;
}

function outputOf({ response }: ResponsesLog): JsonValue {
  return response.record["output"] ?? response.record["output_text"] ?? [];
}

function items(value: JsonValue | undefined, role: string): readonly JsonValue[] {
  return (rawItems(value) ?? []).map((item) => (typeof item === "string" ? { type: "message", role, content: item } : item));
}

/** Whose id it is does not matter: it links two rows only where one names it as the response before. */
function responseId(row: JsonValue): string | undefined {
  return isObject(row) ? scalarText(logOf(row).response.record["id"]) : undefined;
}

function previousId(row: JsonValue): string | undefined {
  return isObject(row) ? previousOf(logOf(row)) : undefined;
}

function conversationOf(row: JsonValue): string | undefined {
  if (!isObject(row)) return undefined;
  const { request, response } = logOf(row);
  // Only the API's own field: logs call other things a conversation too.
  const value = response.record["conversation"] ?? request.record["conversation"];
  const id = isObject(value) ? scalarText(value["id"]) : scalarText(value);
  return id?.startsWith("conv_") === true ? id : undefined;
}
