/** Reads trajectories as AutoTraj writes them: `trajectories.jsonl` of an import, rows of `sft.jsonl` and `hard-cases.jsonl`, both sides of `preferences.jsonl`. */
import type {
  DialectName,
  Finish,
  JsonObject,
  JsonValue,
  Provenance,
  Query,
  RecordedConversation,
  RecordedTurn,
  ToolDefinition,
  Trajectory,
} from "@autotraj/core/plugin";
import { invalid, isObject, listAt, objectAt, scalarText, textAt } from "@autotraj/core/rows";

const SIDES = ["chosen", "rejected"] as const;

/** One trajectory, or a pair's two. @throws PluginError naming the path inside the row. The host checks the whole against its schema. */
export function readRow(row: JsonValue): readonly RecordedConversation[] {
  const record = objectAt(row, "");
  const sides = SIDES.filter((side) => record[side] !== undefined);
  return sides.length > 0 ? sides.map((side) => trajectoryAt(record[side], side)) : [trajectoryAt(record, "")];
}

export function recognizes(row: JsonValue): number {
  if (!isObject(row)) return 0;
  const one = isObject(row["chosen"]) ? row["chosen"] : row;
  const isOurs = isObject(one["query"]) && Array.isArray(one["messages"]) && isObject(one["provenance"]) && typeof one["dialect"] === "string";
  return isOurs ? 1 : 0;
}

function trajectoryAt(value: JsonValue | undefined, path: string): RecordedConversation {
  const record = objectAt(value, path);
  const within = path === "" ? "" : `${path}.`;
  const { query, dialect, finish, answer, usage } = record;
  return {
    turns: listAt(record["messages"], `${within}messages`).map((message, index) => turnOf(message, `${within}messages[${index}]`)),
    query: objectAt(query, `${within}query`) as unknown as Query,
    tools: listAt(record["tools"], `${within}tools`) as unknown as readonly ToolDefinition[],
    dialect: dialect as DialectName,
    finish: finish as Finish,
    answer: (answer ?? null) as string | null,
    faults: listAt(record["faults"], `${within}faults`) as readonly string[],
    provenance: objectAt(record["provenance"], `${within}provenance`) as unknown as Provenance,
    ...(isObject(usage) ? { usage: usage as unknown as Trajectory["usage"] } : {}),
  };
}

function turnOf(value: JsonValue, path: string): RecordedTurn {
  const { role, toolCalls, toolCallId, ...message } = objectAt(value, path);
  if (role === "tool") return { ...message, role, callId: textAt(toolCallId, `${path}.toolCallId`) } as RecordedTurn;
  if (role !== "system" && role !== "user" && role !== "assistant") throw invalid(`${path}.role`, `is ${JSON.stringify(role ?? null)}`);
  const calls = listAt(toolCalls, `${path}.toolCalls`).map((call, index) => callOf(objectAt(call, `${path}.toolCalls[${index}]`)));
  return { ...message, role, content: textAt(message["content"], `${path}.content`), ...(calls.length === 0 ? {} : { calls }) } as RecordedTurn;
}

function callOf({ id, name, arguments: args, malformed }: JsonObject): JsonObject {
  return {
    id: scalarText(id) ?? "",
    name: scalarText(name) ?? "",
    arguments: args ?? {},
    ...(malformed === undefined ? {} : { malformed }),
  };
}
