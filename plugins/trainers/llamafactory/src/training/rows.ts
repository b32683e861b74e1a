/** The kernel's rows as a LLaMA-Factory data set: rows and the dataset_info.json in which it looks them up. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type DialectName, type Dialects, type JsonObject, PluginError, type SftRow, type TrainJob, type Trajectory } from "@autotraj/core/plugin";
import { rowsIn, trajectoryOf } from "@autotraj/core/rows";
import { dialectOf, pairOf } from "@autotraj/trainer-backend/rows";
import { type HoldsControlToken, spellsControlToken } from "@autotraj/trajectory-text/control-tokens";
import { chatmlPreference, chatmlSft, chatmlWholePair } from "../chatml.ts";
import { datasetEntry } from "../registry.ts";
import { sharegptPreference, sharegptSft } from "../sharegpt.ts";
import { HELD_OUT_SET, TRAIN_SET } from "./plan.ts";
import type { Method } from "./settings.ts";

export interface WrittenDataset {
  readonly dialect: DialectName;
  readonly rows: { readonly train: number; readonly heldOut: number };
  /** Rows that LLaMA-Factory could not have learnt exactly; see the README. */
  readonly leftOut: number;
  /** Of these, rows in which something spells one of the tokenizer's control tokens. */
  readonly spelling: number;
}

/**
 * SFT rows and DPO pairs are written in the dialect of the first one. A reward model reads whole trajectories, always as ChatML text.
 * @param holds what the model's tokenizer would read as a control token
 * @throws PluginError TRAIN_DATA where nothing is left to train on; LLAMAFACTORY_DIALECT where the dialects are mixed
 */
export function writeDataset(method: Method, data: TrainJob["data"], folder: string, dialects: Dialects, holds: HoldsControlToken): WrittenDataset {
  const dialect = method === "reward-model" ? "tags" : dialectOf(data.train, method === "sft" ? "trajectory" : "pair");
  mkdirSync(folder, { recursive: true });
  let spelling = 0;
  const rowOf = rowWriter(method, dialect, dialects, (trajectory) => {
    const spells = spellsControlToken(trajectory, holds);
    if (spells) spelling++;
    return spells;
  });
  const train = write(data.train, join(folder, "train.jsonl"), rowOf);
  const heldOut = write(data.heldOut, join(folder, "held-out.jsonl"), rowOf);
  if (train.written === 0) {
    throw new PluginError("TRAIN_DATA", `none of the ${train.leftOut} rows can be learnt by LLaMA-Factory exactly.`, {
      hint: "What it cannot say is in the README of @autotraj/trainer-llamafactory; @autotraj/trainer-trl trains on all of it.",
    });
  }
  const ranking = method !== "sft";
  const registry = {
    [TRAIN_SET]: datasetEntry("train.jsonl", ranking),
    ...(heldOut.written > 0 ? { [HELD_OUT_SET]: datasetEntry("held-out.jsonl", ranking) } : {}),
  };
  writeFileSync(join(folder, "dataset_info.json"), `${JSON.stringify(registry, null, 2)}\n`);
  return { dialect, rows: { train: train.written, heldOut: heldOut.written }, leftOut: train.leftOut + heldOut.leftOut, spelling };
}

function rowWriter(
  method: Method,
  dialect: DialectName,
  dialects: Dialects,
  spells: (trajectory: Trajectory) => boolean,
): (row: JsonObject) => JsonObject | undefined {
  if (method === "sft") {
    return (row) => {
      const trajectory = trajectoryOf(row as unknown as SftRow);
      if (spells(trajectory)) return undefined;
      return dialect === "tags" ? chatmlSft(trajectory, dialects) : sharegptSft(trajectory);
    };
  }
  return (row) => {
    const pair = pairOf(row);
    if (spells(pair.chosen) || spells(pair.rejected)) return undefined;
    if (method === "reward-model") return chatmlWholePair(pair, dialects);
    return dialect === "tags" ? chatmlPreference(pair, dialects) : sharegptPreference(pair);
  };
}

function write(from: string, to: string, rowOf: (row: JsonObject) => JsonObject | undefined): { written: number; leftOut: number } {
  const handle = openSync(to, "w");
  const counts = { written: 0, leftOut: 0 };
  try {
    for (const row of rowsIn(from)) {
      const converted = rowOf(row);
      counts[converted === undefined ? "leftOut" : "written"]++;
      if (converted !== undefined) writeSync(handle, `${JSON.stringify(converted)}\n`);
    }
  } finally {
    closeSync(handle);
  }
  return counts;
}
