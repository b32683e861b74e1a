/** The format on the host's reading path, and LLaMA-Factory's rules for a row. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkTrajectory, dialects, READING_RULES, readConversation, readRecords, trajectoryId } from "@autotraj/core";
import { DIALECTS, FORMAT, type Format, type JsonValue, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };

export async function sharegpt(): Promise<Format> {
  return (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

/** All that the rows of a file say, or why one cannot be read, as the host tells it. */
export async function readFileOf(rows: readonly JsonValue[], format?: Format): Promise<(readonly Trajectory[] | string)[]> {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-sharegpt-"));
  const file = join(folder, "log.jsonl");
  try {
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const read: (readonly Trajectory[] | string)[] = [];
    for await (const { recordings, problem } of readRecords(file, format ?? (await sharegpt())))
      read.push(problem ?? recordings.map(({ trajectory }) => trajectory));
    return read;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same without a file, for many rows. */
export function readRow(format: Format, row: JsonValue): Trajectory {
  const [conversation] = [format.read!(row, 0)].flat();
  const { trajectory } = readConversation(conversation!, READING_RULES, undefined);
  const whole: Trajectory = { id: trajectoryId(trajectory), usage: USAGE, ...trajectory };
  expect(checkTrajectory(whole)).to.equal(undefined);
  return whole;
}

export async function readAll(row: JsonValue): Promise<readonly Trajectory[]> {
  const [read] = await readFileOf([row]);
  if (typeof read !== "object") throw new Error(read);
  return read;
}

export async function read(row: JsonValue): Promise<Trajectory> {
  return (await readAll(row))[0]!;
}

export async function mistake(row: JsonValue): Promise<string> {
  const [read] = await readFileOf([row]);
  if (typeof read !== "string") throw new Error("the row was read");
  return read;
}

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
