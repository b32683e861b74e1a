/** A tiny reward model in a folder as trainer-trl leaves it, made by the trainer's own code, and what it thinks of the trajectories computed apart. */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { defaultCacheDir, dialects, pythonEnvironments } from "@autotraj/core";
import type { Trajectory } from "@autotraj/core/plugin";
import { trlEnvironment } from "@autotraj/trainer-backend/trl-environment";
import { writeRewardPairs } from "../../../trainers/trl/src/training/rows.ts";
import { PYTHON_PATH } from "../../../trainers/trl/src/training/train.ts";

const run = promisify(execFile);
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
  const { python } = await trlEnvironment(environments);
  const { stdout } = await run(python, ["-B", MAKE_MODEL, folder, pairs, String(MAX_LENGTH)], {
    env: { ...process.env, PYTHONPATH: PYTHON_PATH.join(delimiter), OMP_WAIT_POLICY: "PASSIVE", HF_HUB_OFFLINE: "1" },
  });
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
