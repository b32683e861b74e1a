/** One training stage from the kernel's rows to a checked model. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Dialects,
  type Logger,
  PluginError,
  type PythonEnvironments,
  type TrainJob,
  type TrainResult,
  type TrainStage,
} from "@autotraj/core/plugin";
import { checkModel } from "@autotraj/trainer-backend/artifact";
import { removeCheckpoints } from "@autotraj/trainer-backend/checkpoints";
import { deviceOf } from "@autotraj/trainer-backend/device";
import { type BackendOptions, interpreterOf } from "@autotraj/trainer-backend/interpreter";
import { dtypeOf } from "@autotraj/trainer-backend/precision";
import { preferencesOf } from "@autotraj/trainer-backend/rows";
import { startingModel } from "@autotraj/trainer-backend/starting-model";
import { CHATML_TEMPLATE, writeRendering } from "@autotraj/trajectory-text/rendering";
import { controlTokensOf } from "../control-tokens.ts";
import { conversionPlan, DATASET, MODEL, OUTPUT, type PlannedJob, plan } from "./plan.ts";
import { type WrittenDataset, writeDataset } from "./rows.ts";
import { type StageSettings, settingsOf } from "./settings.ts";

export interface TrainContext {
  readonly options: BackendOptions;
  readonly dialects: Dialects;
  readonly environments: () => PythonEnvironments;
  /** A model's folder means from here. */
  readonly baseDir: string;
  readonly log: Logger;
}

/** Written when the training process has ended well: what comes after it can be repeated without it. */
const TRAINED = "trained.json";
const VALUE_HEAD_SCRIPT = fileURLToPath(new URL("../../python/autotraj_value_head.py", import.meta.url));
const REQUIREMENTS = new URL("../../python/requirements.txt", import.meta.url);

/** @throws PluginError TRAIN_PYTHON, TRAIN_MODEL, TRAIN_DATA, LLAMAFACTORY_TEMPLATE, TRAIN_ARTIFACT; what `launch` throws */
export async function train(job: TrainJob<TrainStage>, context: TrainContext): Promise<TrainResult> {
  const settings = settingsOf(job.stage, job.options);
  const python = await interpreterOf(context.options, { name: "llamafactory", requirements: REQUIREMENTS, environments: context.environments });
  const { path: model, isLocal } = startingModel(job.model, context.baseDir);
  const dataset = writeDataset(settings.method, dataOf(job, settings), join(job.dir, DATASET), context.dialects, controlTokensOf(model));
  if (dataset.leftOut > 0) context.log.warn(`stage ${job.stage}: ${leftOutOf(dataset)} ${dataset.leftOut === 1 ? "is" : "are"} left out.`);
  const device = deviceOf(settings.device);
  const dtype = await dtypeOf(settings.dtype, { python, device });
  const planned: PlannedJob = {
    settings: { ...settings, template: templateOf(settings, dataset, job.stage), device, dtype },
    model,
    isLocal,
    rows: dataset.rows,
    seed: job.seed,
    python,
  };
  if (!existsSync(join(job.dir, TRAINED))) {
    clearUnusable(join(job.dir, OUTPUT), settings);
    await job.launch(plan(planned));
    writeFileSync(join(job.dir, TRAINED), "{}\n");
  }
  const conversion = conversionPlan(planned, VALUE_HEAD_SCRIPT);
  if (conversion !== undefined) await job.launch(conversion);
  const result = collect(job.dir, settings, conversion === undefined ? OUTPUT : MODEL);
  if (!settings.keepCheckpoints) removeCheckpoints(join(job.dir, OUTPUT), "checkpoint-");
  return result;
}

function leftOutOf({ leftOut, spelling }: WrittenDataset): string {
  const spelt = spelling === 0 ? "" : ` (${spelling} because they spell one of the tokenizer's control tokens, which it would read as a mark)`;
  return `${leftOut} ${leftOut === 1 ? "row" : "rows"} that LLaMA-Factory cannot learn exactly${spelt}`;
}

function dataOf(job: TrainJob, { method }: StageSettings): TrainJob["data"] {
  return method === "dpo" ? { train: preferencesOf(job), heldOut: job.data.heldOut } : job.data;
}

function templateOf({ template }: StageSettings, { dialect }: WrittenDataset, stage: string): string {
  if (dialect === "tags") {
    if (template === null || template === "empty") return "empty";
    throw new PluginError("LLAMAFACTORY_TEMPLATE", `stages.${stage}.template is ${JSON.stringify(template)}, but the rows are ChatML texts.`, {
      hint: "Leave template out: another one would put marks around marks.",
    });
  }
  if (template !== null) return template;
  throw new PluginError(
    "LLAMAFACTORY_TEMPLATE",
    `the rows are native tool calls, and stages.${stage}.template does not say how the model writes them.`,
    {
      hint: "Name LLaMA-Factory's template of the model, e.g. qwen3_nothink.",
    },
  );
}

/**
 * LLaMA-Factory goes on from the checkpoint with the highest number, whole or not; trainer_state.json is written last. A reward model cannot go on from
 * one at all (it would start anew beside the old ones).
 */
function clearUnusable(output: string, { method }: StageSettings): void {
  if (!existsSync(output)) return;
  const checkpoints = readdirSync(output).filter((name) => name.startsWith("checkpoint-"));
  const broken = checkpoints.filter((name) => numbersIn(join(output, name, "trainer_state.json")) === undefined);
  if (method === "reward-model") rmSync(output, { recursive: true });
  else for (const name of broken) rmSync(join(output, name), { recursive: true });
}

function collect(dir: string, { method, maxLength }: StageSettings, folder: string): TrainResult {
  const modelPath = join(dir, folder);
  const kind = method === "reward-model" ? "reward" : "causal";
  checkModel(modelPath, kind);
  if (kind === "reward") writeRendering(modelPath, { dialect: "tags", template: CHATML_TEMPLATE, maxLength });
  const found = numbersIn(join(dir, OUTPUT, "all_results.json")) ?? {};
  const names = { train_loss: "loss", eval_loss: "heldOutLoss", eval_accuracy: "heldOutAccuracy", "eval_rewards/accuracies": "heldOutAccuracy" };
  const metrics = Object.entries(names).flatMap(([theirs, ours]) => (found[theirs] === undefined ? [] : [[ours, found[theirs]] as const]));
  const steps = numbersIn(join(dir, OUTPUT, "trainer_state.json"))?.["global_step"];
  return { modelPath, kind, metrics: { ...(steps === undefined ? {} : { steps }), ...Object.fromEntries(metrics) } };
}

/** Undefined where the file is not there or was cut off. */
function numbersIn(file: string): Record<string, number> | undefined {
  try {
    const found = Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>);
    return Object.fromEntries(found.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  } catch {
    return undefined;
  }
}
