/** The published logs, and reading as the kernel does it. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkTrajectory, READING_RULES, type ReadingRules, readConversation, trajectoryId } from "@autotraj/core";
import { FORMAT, type Format, type JsonValue, PluginError, type RecordedConversation, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

const FOLDER = fileURLToPath(new URL("../../../../../shared/data/", import.meta.url));
const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };

/** Skips the suite where the logs are not there, and says so; in CI their absence is a failure. */
export function needsLogs(suite: Mocha.Suite): void {
  if (existsSync(FOLDER)) return;
  const reason = `the logs are not at ${FOLDER}`;
  if (process.env["CI"] === "true") throw new Error(reason);
  suite.title += ` (skipped: ${reason})`;
  suite.pending = true;
}

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

export function rows(file: string): LogRow[] {
  return readFileSync(`${FOLDER}${file}`, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as LogRow);
}

export async function steps(options: object = {}): Promise<Format> {
  return (await setupPlugin(plugin, { options })).provided(FORMAT);
}

/** A reader with these options, as the kernel uses it. */
export async function reader(options: object = {}, rules: ReadingRules = READING_RULES): Promise<(row: JsonValue) => Trajectory> {
  const { read } = await steps(options);
  return (row) => {
    const { trajectory: recorded } = readConversation(read!(row, 0) as RecordedConversation, rules, undefined);
    const trajectory = { usage: USAGE, ...recorded, id: trajectoryId(recorded) };
    expect(checkTrajectory(trajectory)).to.equal(undefined);
    return trajectory;
  };
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

/** All runs of the published logs, 10,987, read by this format: what other formats' tests write and read again. */
export async function publishedRuns(): Promise<Trajectory[]> {
  const read = await reader();
  const files = [
    "gsm8k/gsm8k-calculator-models.jsonl",
    "tora/tora-gsm8k.jsonl",
    "reflexion/reflexion-hotpot-react.jsonl",
    "fireact/fireact-react.jsonl",
  ];
  return files.flatMap((file) => rows(file).map((row) => read(row as JsonValue)));
}
