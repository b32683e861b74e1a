/** The published logs, and reading as the kernel does it. */
import { READING_RULES, type ReadingRules } from "@autotraj/core";
import { FORMAT, type Format, type JsonValue, PluginError, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { largest } from "../../../../test/data/sets.ts";
import { readRow } from "../../../../test/formats/reading.ts";
import plugin from "../src/index.ts";

export interface Step {
  readonly thought: string;
  readonly tool: string | null;
  readonly input: string | null;
  readonly observation: string | null;
}
export interface LogRow {
  readonly [field: string]: JsonValue | undefined;
  readonly question: string;
  readonly final: string | null;
}

export async function steps(options: object = {}): Promise<Format> {
  return (await setupPlugin(plugin, { options })).provided(FORMAT);
}

/** A reader with these options, as the kernel uses it. */
export async function reader(options: object = {}, rules: ReadingRules = READING_RULES): Promise<(row: JsonValue) => Trajectory> {
  const format = await steps(options);
  return (row) => readRow(format, row, rules)[0]!;
}

export async function mistake(row: JsonValue, options: object = {}): Promise<string> {
  const read = await reader(options);
  try {
    read(row);
  } catch (error) {
    if (error instanceof PluginError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("the row was read");
}

/** Runs in all published logs. */
export const PUBLISHED_RUNS = { sample: 306, whole: 10_987 }[largest.size];

/** All of them, read by this format: what other formats' tests write and read again. */
export async function publishedRuns(): Promise<Trajectory[]> {
  const read = await reader();
  const files = [
    "gsm8k/gsm8k-calculator-models.jsonl",
    "tora/tora-gsm8k.jsonl",
    "reflexion/reflexion-hotpot-react.jsonl",
    "fireact/fireact-react.jsonl",
  ];
  return files.flatMap((file) => largest.rows<LogRow>(file).map((row) => read(row as JsonValue)));
}
