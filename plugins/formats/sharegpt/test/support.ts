/** The format on the kernel's reading path, and LLaMA-Factory's rules for a row. */
import { dialects } from "@autotraj/core";
import { DIALECTS, FORMAT, type Format } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { readingOf } from "../../../../test/formats/reading.ts";
import plugin from "../src/index.ts";

export async function sharegpt(): Promise<Format> {
  return (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

export const { readRows, readAll, read, problem } = readingOf(sharegpt);

export interface Turn {
  readonly from: string;
  readonly value: string;
  readonly loss?: boolean;
}
export interface Row {
  readonly system: string;
  readonly tools: string;
  readonly conversations: readonly Turn[];
  readonly chosen: Turn;
  readonly rejected: Turn;
}

const THOUGHT = /<think>\n([\s\S]*?)\n<\/think>\n\n/;
const TOOL_CALL = /<tool_call>([\s\S]*?)<\/tool_call>/;

/**
 * What LLaMA-Factory 0.9.5 would do with a row: why it would skip it (data/converter.py), or the error its template would raise at a call or at the
 * tools (data/formatter.py). Undefined where it takes the row.
 */
export function refusal(row: Row, kind: "sft" | "ranking" = "sft"): string | undefined {
  const turns = row.conversations;
  for (const [index, { from }] of turns.entries()) {
    const accepted = index % 2 === 0 ? ["human", "observation"] : ["gpt", "function_call"];
    if (!accepted.includes(from)) return `turn ${index} is ${from}`;
  }
  if ((turns.length % 2 === 0) !== (kind === "sft")) return `${turns.length} turns`;
  const written = kind === "sft" ? turns : [...turns, row.chosen, row.rejected];
  for (const { from, value } of written) {
    if (from !== "function_call") continue;
    // In tags it takes the first block it finds, with everything else as text before it; else all but the thinking has to be JSON.
    const json = TOOL_CALL.exec(value)?.[1] ?? value.replace(THOUGHT, "");
    const calls = JSON.parse(json) as { name: string; arguments: unknown }[] | { name: string; arguments: unknown };
    for (const { name, arguments: args } of [calls].flat()) if (typeof name !== "string" || args === undefined) return "a call without a name";
  }
  if (row.tools !== "") {
    const tools = JSON.parse(row.tools) as { name: string; parameters: { properties: object } }[];
    if (tools.some(({ name, parameters }) => typeof name !== "string" || typeof parameters.properties !== "object")) return "tools";
  }
  return undefined;
}
