/** A document of another agent, and changes to it. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { LONGEST_NOTE } from "../src/read.ts";

export const FOREIGN: JsonObject = {
  schema_version: "ATIF-v1.6",
  session_id: "s-1",
  agent: {
    name: "terminus-2",
    version: "2.0.0",
    model_name: "gpt-5",
    tool_definitions: [
      { type: "function", function: { name: "bash", description: "Runs a command", parameters: { type: "object", properties: {} } } },
    ],
  },
  notes: "n".repeat(2 * LONGEST_NOTE),
  steps: [
    { step_id: 1, source: "system", message: "Be brief." },
    {
      step_id: 2,
      source: "user",
      message: [
        { type: "text", text: "How many " },
        { type: "text", text: "files?" },
      ],
      timestamp: "2026-10-05T12:00:00Z",
    },
    {
      step_id: 3,
      source: "agent",
      message: "I count.",
      reasoning_content: "ls",
      model_name: "gpt-5",
      tool_calls: [{ tool_call_id: "c1", function_name: "bash", arguments: { command: "ls | wc -l" } }],
      observation: { results: [{ source_call_id: "c1", content: "3" }] },
      metrics: { prompt_tokens: 10, completion_tokens: 5, completion_token_ids: [1, 2] },
    },
    { step_id: 4, source: "agent", message: "There are \\boxed{3}." },
  ],
  final_metrics: { total_prompt_tokens: 25, total_completion_tokens: 9, total_cached_tokens: 8, total_cost_usd: 0.5 },
};
export const STEPS = FOREIGN["steps"] as JsonObject[];
export const withSteps = (...steps: JsonValue[]): JsonObject => ({ ...FOREIGN, steps });
export const changed = (index: number, changes: JsonObject): JsonObject =>
  withSteps(...STEPS.map((step, at) => (at === index ? { ...step, ...changes } : step)));
