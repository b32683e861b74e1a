/** The kernel's rows as the Python side reads them: turns with the loss mask in them (SFT, DPO), whole conversations (reward model). */
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type DialectName,
  type Dialects,
  type JsonObject,
  type JsonValue,
  PluginError,
  type PreferencePair,
  type RlTask,
  type SftRow,
  type Trajectory,
} from "@autotraj/core/plugin";
import { rowsIn, trajectoryOf } from "@autotraj/core/rows";
import { preferenceRow } from "../datasets.ts";
import { hasLoss, turnsRow } from "../turns.ts";

/** Pairs as the kernel writes them: trajectories without measurements. */
interface PairRow {
  readonly query: PreferencePair["query"];
  readonly chosen: SftRow;
  readonly rejected: SftRow;
}

/** How the first row is written; a data set is trained on in one dialect. */
export async function dialectOf(file: string, part: "trajectory" | "pair" | "task"): Promise<DialectName> {
  for (const row of rowsIn(file)) return ((part === "pair" ? row["chosen"] : row) as { dialect: DialectName }).dialect;
  throw new PluginError("TRAIN_DATA", `${file} is empty.`, { hint: "See `autotraj stats`: what did the run keep?" });
}

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
    return { id: id!, tools: tools!, chosen: conversation(sides["chosen_turns"]), rejected: conversation(sides["rejected_turns"]) };
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
  const { query, chosen, rejected } = row as unknown as PairRow;
  return preferenceRow({ query, chosen: { ...trajectoryOf(chosen), dialect }, rejected: trajectoryOf(rejected) }, dialects);
}

/** The tag dialect's one assistant message as its text: a reward model has no mask. */
function conversation(turns: JsonValue | undefined): JsonObject[] {
  return (turns as JsonObject[]).map(({ train: _train, segments, ...turn }) =>
    segments === undefined ? turn : { ...turn, content: (segments as JsonObject[]).map(({ text }) => text).join("") },
  );
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
