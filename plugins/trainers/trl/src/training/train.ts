/** The `train` hook of each stage: prepares model and rows, runs the plan, collects what it left. */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  DIALECTS,
  type DialectName,
  ENVIRONMENT,
  type PluginApi,
  PluginError,
  PYTHON,
  type PythonEnvironments,
  type TrainJob,
  type TrainResult,
  type TrainStage,
} from "@autotraj/core/plugin";
import { rowsIn } from "@autotraj/core/rows";
import { removeCheckpoints } from "@autotraj/trainer-backend/checkpoints";
import { deviceOf } from "@autotraj/trainer-backend/device";
import { dtypeOf } from "@autotraj/trainer-backend/precision";
import { reportingPackages } from "@autotraj/trainer-backend/reporting";
import { dialectOf, preferencesOf } from "@autotraj/trainer-backend/rows";
import { NOT_DECISIVE } from "@autotraj/trainer-backend/settings";
import { trlEnvironment } from "@autotraj/trainer-backend/trl-environment";
import { PYTHON_FOLDER } from "@autotraj/trajectory-text/python";
import { unseenChange } from "./changes.ts";
import { startingModel } from "./model.ts";
import { type PlannedJob, plan } from "./plan.ts";
import { writeDpoPairs, writeNativeTasks, writeRewardPairs, writeSft } from "./rows.ts";
import { SETTINGS } from "./schemas.ts";
import { checkSettings, type GrpoSettings, type StageSettings, settingsOf } from "./settings.ts";

/** `autotraj_training`, and what it imports. */
export const PYTHON_PATH: readonly string[] = [fileURLToPath(new URL("../../python", import.meta.url)), PYTHON_FOLDER];
/** Making the environment takes minutes where packages come slowly; the training itself is not on this clock. */
const TAP_TIMEOUT_MS = 3_600_000;
/** What stage `reward-model` reads of a training: chosen minus rejected of each held-out pair, by the model as it was before. */
interface Untrained {
  readonly untrainedMargins: readonly number[];
}
/** As `untrained.py` writes it. */
const UNTRAINED_FILE = "untrained.json";

export interface TrainerOptions {
  /** An interpreter with TRL of one's own; empty: the environment that this plugin makes. */
  readonly python: string;
}

export function offerTraining(api: PluginApi, options: TrainerOptions): void {
  api.provide(ENVIRONMENT, {
    description: "TRL 1.16 with PyTorch 2.13: 1.5 GB, with CUDA about 7 GB",
    install: async () => (options.python === "" ? (await trlEnvironment(api.use(PYTHON))).python : options.python),
  });
  for (const stageName of ["sft", "reward-model", "rl"] as const)
    api.hooks.train.tapPromise(
      {
        stageName,
        timeoutMs: TAP_TIMEOUT_MS,
        settings: SETTINGS[stageName],
        notDecisive: NOT_DECISIVE,
        check: (settings, given) => checkSettings(stageName, settings, given),
      },
      (job) => train({ ...job, stage: stageName }, api, options),
    );
}

async function train(job: TrainJob<TrainStage>, api: PluginApi, options: TrainerOptions): Promise<TrainResult> {
  const asked = settingsOf(job.stage, job.options);
  const device = deviceOf(asked.device);
  const environments = api.use(PYTHON);
  const model = await startingModel(job.model, { baseDir: api.baseDir, cacheDir: api.cacheDir, python: environments });
  const { dialect, data } = await prepareRows(job, asked, api);
  const where = await interpreterOf(options.python, asked, environments);
  const dtype = await dtypeOf(asked.dtype, { python: where.python, device });
  const settings = { ...asked, device, dtype };
  const { dir, seed, service } = job;
  // Its checkpoints may be gone already, where a kill came before the stage was written down.
  if (!isWhole(dir, settings)) {
    await job.launch(
      plan({ settings, model, dialect, data, dir, seed, ...where, pythonPath: PYTHON_PATH, ...(service === undefined ? {} : { service }) }),
    );
  }
  const result = await collect(dir, settings);
  if (!settings.keepCheckpoints) removeCheckpoints(join(dir, CHECKPOINTS), "checkpoint-");
  const unseen = unseenChange(job.stage, result.metrics);
  if (unseen !== undefined) api.log.warn(unseen);
  return result;
}

/** One's own interpreter has what it reports with; ours gets it from a folder beside it. */
async function interpreterOf(
  own: string,
  { reportTo }: StageSettings,
  environments: PythonEnvironments,
): Promise<Pick<PlannedJob, "python" | "reporting">> {
  if (own !== "") return { python: own };
  const { python } = await trlEnvironment(environments);
  const reporting = await reportingPackages(reportTo, environments);
  return { python, ...(reporting === undefined ? {} : { reporting }) };
}

async function prepareRows(job: TrainJob, settings: StageSettings, api: PluginApi): Promise<{ dialect: DialectName; data: TrainJob["data"] }> {
  const dialects = api.use(DIALECTS);
  const { method } = settings;
  if (settings.method === "grpo") checkQuestions([...rowsIn(job.data.train)].length, settings);
  if (method === "grpo") {
    const dialect = dialectOf(job.data.train, "task");
    if (dialect === "tags") return { dialect, data: job.data };
    const train = join(job.dir, "data", "train.rows.jsonl");
    await writeNativeTasks(job.data.train, train, dialects);
    return { dialect, data: { train, heldOut: job.data.heldOut } };
  }
  const source = method === "dpo" ? { train: preferencesOf(job), heldOut: job.data.heldOut } : job.data;
  const dialect = dialectOf(source.train, method === "sft" ? "trajectory" : "pair");
  const data = { train: join(job.dir, "data", "train.rows.jsonl"), heldOut: join(job.dir, "data", "held-out.rows.jsonl") };
  const write = { sft: writeSft, "reward-model": writeRewardPairs, dpo: writeDpoPairs }[method];
  for (const part of ["train", "heldOut"] as const) await write(source[part], data[part], dialects, dialect);
  return { dialect, data };
}

/** TRL would train for no step, or end in an error of its own. @throws PluginError TRAIN_DATA */
function checkQuestions(questions: number, { promptsPerStep }: GrpoSettings): void {
  if (questions >= promptsPerStep) return;
  throw new PluginError(
    "TRAIN_DATA",
    `${questions} question${questions === 1 ? " does" : "s do"} not fill one step of ${promptsPerStep} (promptsPerStep).`,
    {
      hint: "Lower stages.rl.promptsPerStep, or let more questions through (limit, minPassRate, maxPassRate).",
    },
  );
}

/** As job.py calls it. */
const CHECKPOINTS = "checkpoints";

/** The process puts the model in its place whole, and writes its figures last. */
function isWhole(dir: string, settings: StageSettings): boolean {
  if (missingIn(dir, settings).length > 0) return false;
  try {
    JSON.parse(readFileSync(join(dir, "metrics.json"), "utf8"));
    return true;
  } catch {
    // It was cut off while it wrote them: it goes on from its last checkpoint.
    return false;
  }
}

function missingIn(dir: string, { method }: StageSettings): readonly string[] {
  const needed = ["config.json", ...(method === "reward-model" ? ["render.json"] : [])].map((file) => join(dir, "model", file));
  return [...needed, join(dir, "metrics.json")].filter((file) => !existsSync(file));
}

/** @throws PluginError TRAIN_INCOMPLETE where the process ended well and left no whole model */
async function collect(dir: string, settings: StageSettings): Promise<TrainResult & Partial<Untrained>> {
  const { method } = settings;
  const modelPath = join(dir, "model");
  const missing = missingIn(dir, settings);
  if (missing.length > 0) {
    throw new PluginError("TRAIN_INCOMPLETE", `the training ended without an error but left no ${missing.join(", ")}.`, {
      hint: "See process.log in the stage's folder; this is a fault of the plugin.",
    });
  }
  const metrics = JSON.parse(await readFile(join(dir, "metrics.json"), "utf8")) as Record<string, number>;
  if (method !== "reward-model") return { modelPath, kind: "causal", metrics };
  const untrained = join(dir, UNTRAINED_FILE);
  const untrainedMargins = existsSync(untrained) ? (JSON.parse(await readFile(untrained, "utf8")) as readonly number[]) : undefined;
  return { modelPath, kind: "reward", metrics, ...(untrainedMargins === undefined ? {} : { untrainedMargins }) };
}
