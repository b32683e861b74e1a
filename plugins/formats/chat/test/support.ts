/** The format on the host's reading path. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialects, readRecords } from "@autotraj/core";
import { DIALECTS, FORMAT, type Format, type JsonValue, type ToolCall, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.ts";

export async function chat(): Promise<Format> {
  return (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

/** All that the rows of a file say, or why one cannot be read, as the host tells it. */
export async function readFileOf(rows: readonly JsonValue[], format?: Format): Promise<(readonly Trajectory[] | string)[]> {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-chat-"));
  const file = join(folder, "log.jsonl");
  try {
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const read: (readonly Trajectory[] | string)[] = [];
    for await (const { recordings, problem } of readRecords(file, format ?? (await chat())))
      read.push(problem ?? recordings.map(({ trajectory }) => trajectory));
    return read;
  } finally {
    rmSync(folder, { recursive: true });
  }
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

export function callsOf({ messages }: Pick<Trajectory, "messages">): readonly ToolCall[] {
  return messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
}
