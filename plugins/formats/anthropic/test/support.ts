/** The format as the kernel uses it: files are written and read on the real path. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RecordedRow, readRecords } from "@autotraj/core";
import { FORMAT, type Format, type JsonValue, type Message, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.ts";

export async function anthropic(): Promise<Format> {
  return (await setupPlugin(plugin)).provided(FORMAT);
}

/** Rows as JSON text, or text as it stands on a line. */
export async function readFile(rows: readonly (JsonValue | { readonly line: string })[]): Promise<readonly RecordedRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-anthropic-"));
  try {
    const file = join(folder, "log.jsonl");
    const isLine = (row: unknown): row is { readonly line: string } => typeof (row as { line?: unknown } | null)?.line === "string";
    writeFileSync(file, rows.map((row) => `${isLine(row) ? row.line : JSON.stringify(row)}\n`).join(""));
    const read: RecordedRow[] = [];
    for await (const row of readRecords(file, await anthropic())) read.push(row);
    return read;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function readAll(rows: readonly (JsonValue | { readonly line: string })[]): Promise<readonly Trajectory[]> {
  return (await readFile(rows)).flatMap(({ recordings, problem }) => {
    if (problem !== undefined) throw new Error(problem);
    return recordings.map(({ trajectory }) => trajectory);
  });
}

export async function read(row: JsonValue | { readonly line: string }): Promise<Trajectory> {
  const [only, ...others] = await readAll([row]);
  if (only === undefined || others.length > 0) throw new Error("not one trajectory");
  return only;
}

export async function problem(row: JsonValue): Promise<string> {
  const [only] = await readFile([row]);
  if (only?.problem === undefined) throw new Error("the row was read");
  return only.problem;
}

/** A message in one line: `assistant (thinking) text [call id name arguments]`. */
export function said(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => {
    if (message.role === "tool") return `tool ${message.toolCallId} ${message.name}${message.ok ? "" : " failed"}: ${message.content}`;
    if (message.role !== "assistant") return `${message.role}: ${message.content}`;
    const calls = (message.toolCalls ?? []).map(({ id, name, arguments: args }) => ` [${id} ${name} ${JSON.stringify(args)}]`).join("");
    return `assistant:${message.reasoning === undefined ? "" : ` (${message.reasoning})`}${message.content === "" ? "" : ` ${message.content}`}${calls}`;
  });
}
