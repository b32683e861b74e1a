/** The kernel's rows as the Python side reads them: turns with the loss mask in them (SFT, DPO), whole conversations (reward model). */
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { DialectName, Dialects, JsonObject, RlTask, SftRow, Trajectory } from "@autotraj/core/plugin";
import { rowsIn, trajectoryOf } from "@autotraj/core/rows";
import { pairOf } from "@autotraj/trainer-backend/rows";
import { chatMessages, hasLoss, turnsRow } from "@autotraj/trajectory-text/turns";
import { preferenceRow } from "../datasets.ts";

/** Rows of another dialect are translated. Left out: those with nothing to train on. */
export function writeSft(from: string, to: string, dialects: Dialects, dialect: DialectName): Promise<void> {
  return write(from, to, (row) => {
    const trajectory = trajectoryOf(row as unknown as SftRow);
    const turns = turnsRow(trajectory, dialects, dialect);
    return hasLoss(turns) ? { id: trajectory.id, ...turns } : undefined;
  });
}

/** `chosen` and `rejected` as messages of one conversation each, both with the chosen one's prompt and tools. */
export function writeRewardPairs(from: string, to: string, dialects: Dialects, dialect: DialectName): Promise<void> {
  return write(from, to, (row) => {
    const { id, tools, ...sides } = pairRow(row, dialects, dialect);
    // A reward model has no mask.
    const messages = (side: string) => chatMessages(sides[`${side}_turns`] as JsonObject[]);
    return { id: id!, tools: tools!, chosen: messages("chosen"), rejected: messages("rejected") };
  });
}

export function writeDpoPairs(from: string, to: string, dialects: Dialects, dialect: DialectName): Promise<void> {
  return write(from, to, (row) => pairRow(row, dialects, dialect));
}

/** Messages and tools as chat templates read them; all else as the kernel gives it. */
export function writeNativeTasks(from: string, to: string, dialects: Dialects): Promise<void> {
  return write(from, to, (row) => {
    const { query, messages, tools } = row as unknown as RlTask;
    const asked: Trajectory = { ...BLANK, id: query.id, query, messages, tools, dialect: "native" };
    const { turns, tools: offered } = turnsRow(asked, dialects);
    return { ...row, messages: turns, tools: offered };
  });
}

function pairRow(row: JsonObject, dialects: Dialects, dialect: DialectName): JsonObject {
  const pair = pairOf(row);
  return preferenceRow({ ...pair, chosen: { ...pair.chosen, dialect } }, dialects);
}

const NO_USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const BLANK = { finish: "no-answer", faults: [], provenance: { origin: "rollout" }, usage: NO_USAGE } as const;

/** In place when it is whole; memory stays flat. */
async function write(from: string, to: string, rowOf: (row: JsonObject) => JsonObject | undefined): Promise<void> {
  function* lines() {
    for (const row of rowsIn(from)) {
      const written = rowOf(row);
      if (written !== undefined) yield `${JSON.stringify(written)}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(`${to}.part`));
  await rename(`${to}.part`, to);
}
