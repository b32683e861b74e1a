/** A format as an import uses it: rows are written to a file, and the kernel reads that file through the format. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkTrajectory, READING_RULES, type ReadingRules, type RecordedRow, readConversation, readRecords, trajectoryId } from "@autotraj/core";
import type { Format, JsonValue, Message, RecordedConversation, Trajectory } from "@autotraj/core/plugin";
import { NO_USAGE } from "../trajectories.ts";

/** What the tests of one format read with. */
export interface Reading {
  readRows(rows: readonly JsonValue[]): Promise<readonly RecordedRow[]>;
  /** @throws the first row's problem */
  readAll(rows: readonly JsonValue[]): Promise<readonly Trajectory[]>;
  /** The one trajectory that these rows make together. @throws where it is not one */
  read(...rows: readonly JsonValue[]): Promise<Trajectory>;
  /** Why the row cannot be read. @throws where it can */
  problem(row: JsonValue): Promise<string>;
}

export function readingOf(format: () => Promise<Format>): Reading {
  const readRows: Reading["readRows"] = async (rows) => readFile(await format(), jsonLines(rows));
  const readAll: Reading["readAll"] = async (rows) => {
    return (await readRows(rows)).flatMap((row) => {
      if (row.problem !== undefined) throw new Error(row.problem);
      return trajectoriesOf(row);
    });
  };
  return {
    readRows,
    readAll,
    async read(...rows) {
      const [only, ...others] = await readAll(rows);
      if (only === undefined || others.length > 0) throw new Error(`${only === undefined ? 0 : others.length + 1} trajectories`);
      return only;
    },
    async problem(row) {
      const [only] = await readRows([row]);
      if (only?.problem === undefined) throw new Error("the row was read");
      return only.problem;
    },
  };
}

export function jsonLines(rows: readonly JsonValue[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

export function trajectoriesOf({ recordings }: RecordedRow): readonly Trajectory[] {
  return recordings.map(({ trajectory }) => trajectory);
}

export async function readFile(format: Format, content: string, name = "log.jsonl"): Promise<readonly RecordedRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-format-"));
  try {
    writeFileSync(join(folder, name), content);
    const rows: RecordedRow[] = [];
    for await (const row of readRecords(join(folder, name), format)) rows.push(row);
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What one row says, without a file: for many rows. @throws what is wrong with it, from the format or from the kernel's check */
export function readRow(format: Format, row: JsonValue, rules: ReadingRules = READING_RULES): readonly Trajectory[] {
  return [format.read!(row, 0)].flat().map((conversation: RecordedConversation) => {
    const recorded = { usage: NO_USAGE, ...readConversation(conversation, rules, undefined).trajectory };
    const trajectory = { ...recorded, id: trajectoryId(recorded) };
    const problem = checkTrajectory(trajectory);
    if (problem !== undefined) throw new Error(problem);
    return trajectory;
  });
}

/** One line a message: `assistant: text [call(args)]`, `tool name=id: text`. */
export function told(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => {
    if (message.role === "tool") return `tool ${message.name}=${message.toolCallId}${message.ok ? "" : " failed"}: ${message.content}`;
    const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
    const shown = calls.map(({ name, arguments: args }) => ` [${name}(${JSON.stringify(args)})]`).join("");
    return `${message.role}: ${message.content}${shown}`;
  });
}

/** The same with thinking and the ids of calls: `assistant: (thinking) text [id name args]`. */
export function toldInFull(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => {
    if (message.role === "tool") return `tool ${message.toolCallId} ${message.name}${message.ok ? "" : " failed"}: ${message.content}`;
    if (message.role !== "assistant") return `${message.role}: ${message.content}`;
    const calls = (message.toolCalls ?? []).map(({ id, name, arguments: args }) => ` [${id} ${name} ${JSON.stringify(args)}]`).join("");
    return `assistant:${message.reasoning === undefined ? "" : ` (${message.reasoning})`}${message.content === "" ? "" : ` ${message.content}`}${calls}`;
  });
}
