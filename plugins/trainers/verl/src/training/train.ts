/** One training stage from the kernel's rows to a checked model. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Dialects,
  type JsonValue,
  PluginError,
  type RlTask,
  type SftRow,
  type TrainJob,
  type TrainProgress,
  type TrainResult,
} from "@autotraj/core/plugin";
import { rowsIn, trajectoryOf } from "@autotraj/core/rows";
import { checkModel } from "@autotraj/trainer-backend/artifact";
import { removeCheckpoints } from "@autotraj/trainer-backend/checkpoints";
import { type BackendOptions, interpreterOf } from "@autotraj/trainer-backend/interpreter";
import { startingModel } from "@autotraj/trainer-backend/starting-model";
import { pythonSources } from "@autotraj/trajectory-text/python";
import { sftRow, taskRow } from "../datasets.ts";
import { parquet } from "../parquet.ts";
import { CHECKPOINTS, HELD_OUT_FILE, MODEL, mergePlan, type PlannedJob, plan, progress, progressFile, TRAIN_FILE } from "./plan.ts";
import type { VerlStage } from "./schemas.ts";
import { type StageSettings, settingsOf } from "./settings.ts";

export interface TrainContext {
  readonly options: BackendOptions;
  readonly dialects: Dialects;
  /** A model's folder means from here. */
  readonly baseDir: string;
}

const OWN_SHIMS = ["autotraj_verl.py", "autotraj_verl_agent.py", "autotraj_verl_rl.py", "autotraj_verl_sampler.py"];

/** @throws PluginError TRAIN_PYTHON, TRAIN_MODEL, TRAIN_DATA, TRAIN_ARTIFACT; what `launch` throws */
export async function train(job: TrainJob, stage: VerlStage, context: TrainContext): Promise<TrainResult> {
  const settings = settingsOf(stage, job.options);
  const python = await interpreterOf(context.options, { name: "verl" });
  const { path: model, isLocal } = startingModel(job.model, context.baseDir);
  const rows = await writeDataset(job, settings, context.dialects);
  const planned: PlannedJob = {
    settings,
    model,
    isLocal,
    python,
    ...lengthOf(settings, rows.train),
    hasHeldOut: rows.heldOut > 0,
    dir: job.dir,
    seed: job.seed,
    ...(job.service === undefined ? {} : { service: job.service }),
    attempt: attemptsIn(job.dir) + 1,
    shims: shims(),
  };
  const modelPath = join(job.dir, MODEL);
  if (!existsSync(join(job.dir, MERGED)) || !existsSync(join(modelPath, "config.json"))) await trainAndMerge(job, planned);
  if (!settings.keepCheckpoints) removeCheckpoints(join(job.dir, CHECKPOINTS), "global_step_");
  return { modelPath, kind: "causal", metrics: lastFigures(job.dir, planned.total) };
}

/** Written when the model is whole: its checkpoints may be gone from here on. */
const MERGED = "merged.json";

async function trainAndMerge(job: TrainJob, planned: PlannedJob): Promise<void> {
  const { settings } = planned;
  rmSync(join(job.dir, MERGED), { force: true });
  if (newestStep(job.dir) < planned.total) await job.launch(plan(planned));
  const step = newestStep(job.dir);
  if (step < planned.total) {
    throw new PluginError("TRAIN_ARTIFACT", `training ended without a failure, but its newest checkpoint is of step ${step} of ${planned.total}.`, {
      hint: `See process.log in ${job.dir}.`,
    });
  }
  const checkpoint = join(CHECKPOINTS, `global_step_${step}`, ...(settings.method === "grpo" ? ["actor"] : []));
  rmSync(join(job.dir, MODEL), { recursive: true, force: true });
  await job.launch(mergePlan(planned, checkpoint));
  checkModel(join(job.dir, MODEL), "causal");
  writeFileSync(join(job.dir, MERGED), "{}\n");
}

/** The Python that runs inside verl, by file name. */
export function shims(): Readonly<Record<string, string>> {
  const own = OWN_SHIMS.map((name) => [name, readFileSync(new URL(`../../python/${name}`, import.meta.url), "utf8")] as const);
  return { ...pythonSources(), ...Object.fromEntries(own) };
}

async function writeDataset({ dir, data }: TrainJob, { method }: StageSettings, dialects: Dialects): Promise<{ train: number; heldOut: number }> {
  mkdirSync(join(dir, "dataset"), { recursive: true });
  const written = async (from: string, to: string) => {
    rmSync(join(dir, to), { force: true });
    return parquet.write(join(dir, to), method === "sft" ? sftRows(from, dialects) : taskRows(from));
  };
  const train = await written(data.train, TRAIN_FILE);
  if (train === 0)
    throw new PluginError("TRAIN_DATA", `${data.train} holds nothing to train on.`, { hint: "See `autotraj stats`: what did the run keep?" });
  return { train, heldOut: method === "sft" ? await written(data.heldOut, HELD_OUT_FILE) : 0 };
}

function* sftRows(file: string, dialects: Dialects): Generator<JsonValue> {
  for (const row of rowsIn(file)) {
    const converted = sftRow(trajectoryOf(row as unknown as SftRow), dialects);
    if (converted !== undefined) yield converted;
  }
}

function* taskRows(file: string): Generator<JsonValue> {
  for (const row of rowsIn(file)) yield taskRow(row as unknown as RlTask);
}

/** verl drops what does not fill a batch; with fewer rows than one batch it would train for no step and leave no model. */
function lengthOf(settings: StageSettings, rows: number): { readonly total: number; readonly epochs: number } {
  const isGrpo = settings.method === "grpo";
  const batch = isGrpo ? settings.promptsPerStep : settings.batchSize * settings.accumulation * settings.gpus * settings.nodes;
  const perEpoch = Math.floor(rows / batch);
  if (perEpoch === 0) {
    const what = isGrpo ? "promptsPerStep" : "batchSize × accumulation × gpus × nodes";
    throw new PluginError("TRAIN_DATA", `${rows} rows do not fill one step of ${batch} (${what}).`, { hint: `Lower ${what}, or gather more data.` });
  }
  const total = isGrpo ? settings.steps : (settings.steps ?? perEpoch * (settings.epochs ?? 1));
  return { total, epochs: Math.ceil(total / perEpoch) };
}

function attemptsIn(dir: string): number {
  return readdirSync(dir).filter((name) => /^progress-\d+\.jsonl$/.test(name)).length;
}

/** verl writes this file when the checkpoint is whole. */
function newestStep(dir: string): number {
  const file = join(dir, CHECKPOINTS, "latest_checkpointed_iteration.txt");
  const step = existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : 0;
  // It stays when its checkpoint is removed.
  return Number.isSafeInteger(step) && existsSync(join(dir, CHECKPOINTS, `global_step_${step}`)) ? step : 0;
}

/** The last value of each figure over all attempts, in order. */
function lastFigures(dir: string, total: number): Readonly<Record<string, number>> {
  const attempts = Array.from({ length: attemptsIn(dir) }, (_, index) => join(dir, progressFile(index + 1))).filter((file) => existsSync(file));
  const lines = attempts.flatMap((file) => readFileSync(file, "utf8").split("\n"));
  const steps = lines.map((line) => progress(line, total)).filter((found): found is TrainProgress => found !== undefined);
  return { steps: total, ...Object.assign({}, ...steps.map(({ metrics }) => metrics)) };
}
