/** A tiny reward model in a folder as trainer-trl leaves it, made by the trainer's own code, and what it thinks of the trajectories computed apart. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultCacheDir, dialects, pythonEnvironments } from "@autotraj/core";
import type { Trajectory } from "@autotraj/core/plugin";
import { writeRewardPairs } from "../../../trainers/trl/src/training/rows.ts";
import { pythonFile } from "../../../trainers/trl/test/training/jobs.ts";

const MAKE_MODEL = fileURLToPath(new URL("python/make_model.py", import.meta.url));

export const environments = pythonEnvironments(defaultCacheDir());

/** Shorter than the longest trajectory. */
export const MAX_LENGTH = 600;

export interface TinyModel {
  readonly model: string;
  /** The same with a language model's weights. */
  readonly language: string;
  /** By trajectory, each computed alone. */
  readonly scores: readonly number[];
}

export async function makeModel(folder: string, trajectories: readonly Trajectory[]): Promise<TinyModel> {
  const { pairs } = await trainerPairs(folder, trajectories);
  const stdout = await pythonFile(MAKE_MODEL, folder, pairs, String(MAX_LENGTH));
  const scores = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as number[];
  return { model: join(folder, "model"), language: join(folder, "language"), scores };
}

/** Each trajectory as the chosen side of a pair, as the trainer writes its rows. */
export async function trainerPairs(folder: string, trajectories: readonly Trajectory[], dialect: "tags" | "native" = "tags") {
  mkdirSync(folder, { recursive: true });
  const kernels = join(folder, "preferences.jsonl");
  const pairs = join(folder, `pairs-${dialect}.jsonl`);
  const row = ({ usage: _usage, answer, ...rest }: Trajectory) => ({ ...rest, answer: answer ?? null, scores: {}, verdict: null });
  writeFileSync(kernels, trajectories.map((one) => `${JSON.stringify({ query: one.query, chosen: row(one), rejected: row(one) })}\n`).join(""));
  await writeRewardPairs(kernels, pairs, dialects, dialect);
  return { pairs };
}
