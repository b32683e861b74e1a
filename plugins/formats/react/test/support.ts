/** The format on the host's reading path. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkTrajectory, dialects, READING_RULES, readConversation, readRecords, trajectoryId } from "@autotraj/core";
import { DIALECTS, FORMAT, type Format, type JsonValue, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };

export async function react(options: object = {}): Promise<Format> {
  return (await setupPlugin(plugin, { options, services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

/** All that a file says, or why a row cannot be read, as the host tells it. */
export async function readFileOf(name: string, content: string, options: object = {}): Promise<(readonly Trajectory[] | string)[]> {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-react-"));
  const file = join(folder, name);
  try {
    writeFileSync(file, content);
    const read: (readonly Trajectory[] | string)[] = [];
    for await (const { recordings, problem } of readRecords(file, await react(options)))
      read.push(problem ?? recordings.map(({ trajectory }) => trajectory));
    return read;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function readAll(row: JsonValue, options: object = {}): Promise<readonly Trajectory[]> {
  const [read] = await readFileOf("log.jsonl", `${JSON.stringify(row)}\n`, options);
  if (typeof read !== "object") throw new Error(read);
  return read;
}

/** The same without a file, for many rows. */
export function readRow(format: Format, row: JsonValue): readonly Trajectory[] {
  return [format.read!(row, 0)].flat().map((conversation) => {
    const { trajectory } = readConversation(conversation, READING_RULES, undefined);
    const whole: Trajectory = { id: trajectoryId(trajectory), usage: USAGE, ...trajectory };
    expect(checkTrajectory(whole)).to.equal(undefined);
    return whole;
  });
}

export async function read(row: JsonValue, options: object = {}): Promise<Trajectory> {
  const [first, ...others] = await readAll(row, options);
  expect(others).to.deep.equal([]);
  return first!;
}

export async function mistake(row: JsonValue): Promise<string> {
  const [read] = await readFileOf("log.jsonl", `${JSON.stringify(row)}\n`);
  if (typeof read !== "string") throw new Error("the row was read");
  return read;
}

export interface SftRow {
  readonly prompt: string;
  readonly completion: string;
  readonly segments: readonly { readonly text: string; readonly train: boolean }[];
}
