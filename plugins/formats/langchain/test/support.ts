/** Logs as LangChain and LangSmith write them, and the path on which they are read. */
import { FORMAT, type Format, type JsonObject, type JsonValue } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { readingOf } from "../../../../test/formats/reading.ts";
import plugin from "../src/index.ts";

export async function langchain(): Promise<Format> {
  return (await setupPlugin(plugin)).provided(FORMAT);
}

export const { readRows, readAll, read, problem } = readingOf(langchain);

export const human = (content: JsonValue): JsonObject => ({ type: "human", content, additional_kwargs: {}, response_metadata: {} });
export const system = (content: string): JsonObject => ({ type: "system", content });
export const call = (name: string, args: JsonValue, id: string | null = null): JsonObject => ({ name, args, id, type: "tool_call" });
export const ai = (content: JsonValue, calls: readonly JsonObject[] = [], more: JsonObject = {}): JsonObject => ({
  type: "ai",
  content,
  tool_calls: [...calls],
  invalid_tool_calls: [],
  usage_metadata: { input_tokens: 10, output_tokens: 3, total_tokens: 13 },
  ...more,
});
export const result = (content: JsonValue, id: string, more: JsonObject = {}): JsonObject => ({ type: "tool", content, tool_call_id: id, ...more });

/** The constructor form in which LangSmith and `dumpd` hold a message. */
export function serialized(name: string, kwargs: JsonObject): JsonObject {
  return { lc: 1, type: "constructor", id: ["langchain", "schema", "messages", name], kwargs };
}

/** A run of LangSmith's, begun at this second. */
export function run(id: string, type: string, second: number, more: JsonObject): JsonObject {
  const at = (offset: number) => `2025-03-04T10:00:${String(second).padStart(2, "0")}.${offset}00000`;
  return { id, trace_id: "trace-1", parent_run_id: "trace-1", run_type: type, name: type, start_time: at(0), end_time: at(5), error: null, ...more };
}

export function llm(id: string, second: number, messages: readonly JsonValue[], message: JsonObject | undefined, more: JsonObject = {}): JsonObject {
  const outputs = message === undefined ? null : { generations: [[{ text: "", type: "ChatGeneration", message }]], llm_output: null };
  return run(id, "llm", second, { name: "ChatOpenAI", inputs: { messages: [[...messages]] }, outputs, ...more });
}

export function tool(id: string, second: number, name: string, inputs: JsonValue, outputs: JsonValue, more: JsonObject = {}): JsonObject {
  return run(id, "tool", second, { name, inputs, outputs, ...more });
}
