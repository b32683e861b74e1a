/** One training stage from the kernel's rows to a checked model. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Dialects, type Logger, PluginError, type PythonEnvironments, type TrainJob, type TrainResult } from "@autotraj/core/plugin";
import { CHATML_TEMPLATE } from "../chatml.ts";
import { controlTokensOf } from "../control-tokens.ts";
import { checkModel } from "./artifact.ts";
import { type BackendOptions, interpreterOf } from "./interpreter.ts";
import { conversionPlan, DATASET, MODEL, OUTPUT, type PlannedJob, plan } from "./plan.ts";
import { type WrittenDataset, writeDataset } from "./rows.ts";
import { type StageSettings, settingsOf } from "./settings.ts";

export interface TrainContext {
  readonly options: BackendOptions;
  readonly dialects: Dialects;
  readonly environments: () => PythonEnvironments;
  /** Relative paths of a stage's settings mean from here. */
  readonly baseDir: string;
  readonly log: Logger;
}

/** Written when the training process has ended well: what comes after it can be repeated without it. */
const TRAINED = "trained.json";
const VALUE_HEAD_SCRIPT = fileURLToPath(new URL("../../python/autotraj_value_head.py", import.meta.url));
const REQUIREMENTS = new URL("../../python/requirements.txt", import.meta.url);

/** @throws PluginError TRAIN_SETTINGS, TRAIN_PYTHON, TRAIN_MODEL, TRAIN_DATA, LLAMAFACTORY_TEMPLATE, LLAMAFACTORY_METHOD, TRAIN_ARTIFACT; what `launch` throws */
export async function train(job: TrainJob, context: TrainContext): Promise<TrainResult> {
  const settings = settingsOf(job.stage, job.options);
  const python = await interpreterOf(context.options, { name: "llamafactory", requirements: REQUIREMENTS, environments: context.environments });
  const model = startingModel(job.model, context.baseDir);
  const dataset = writeDataset(settings.method, dataOf(job, settings), join(job.dir, DATASET), context.dialects, controlTokensOf(model.model));
  if (dataset.leftOut > 0) context.log.warn(`stage ${job.stage}: ${leftOutOf(dataset)} are left out.`);
  const planned: PlannedJob = {
    settings: { ...settings, template: templateOf(settings, dataset, job.stage), device: deviceOf(settings) },
    ...model,
    hasHeldOut: dataset.rows.heldOut > 0,
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
  return collect(job.dir, settings, conversion === undefined ? OUTPUT : MODEL);
}

function leftOutOf({ leftOut, spelling }: WrittenDataset): string {
  const spelt = spelling === 0 ? "" : ` (${spelling} because they spell one of the tokenizer's control tokens, which it would read as a mark)`;
  return `${leftOut} rows that LLaMA-Factory cannot learn exactly${spelt}`;
}

function dataOf({ data }: TrainJob, { method }: StageSettings): TrainJob["data"] {
  if (method !== "dpo") return data;
  if (data.pairs !== undefined) return { train: data.pairs, heldOut: data.heldOut };
  throw new PluginError("TRAIN_DATA", "method dpo learns from preference pairs, and the run has none.", {
    hint: "See `autotraj stats`: was anything repaired? Or name a file in stages.rl.pairs.",
  });
}

function startingModel(name: string, baseDir: string): { readonly model: string; readonly isLocal: boolean } {
  const folder = isAbsolute(name) ? name : resolve(baseDir, name);
  if (existsSync(join(folder, "config.json"))) return { model: folder, isLocal: true };
  if (!existsSync(folder) && /^[\w.-]+\/[\w.-]+$/.test(name) && !name.startsWith(".")) return { model: name, isLocal: false };
  throw new PluginError("TRAIN_MODEL", `${JSON.stringify(name)} is neither a folder with a model in Hugging Face's layout nor a hub's name.`, {
    hint: "Give a folder that holds config.json, or owner/model.",
  });
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

function deviceOf({ device }: StageSettings): "cpu" | "cuda" {
  if (device !== "auto") return device;
  return process.env["CUDA_VISIBLE_DEVICES"] !== "" && existsSync("/dev/nvidia0") ? "cuda" : "cpu";
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
  if (kind === "reward") writeFileSync(join(modelPath, "render.json"), `${JSON.stringify(rendering(maxLength), null, 2)}\n`);
  const found = numbersIn(join(dir, OUTPUT, "all_results.json")) ?? {};
  const names = { train_loss: "loss", eval_loss: "heldOutLoss", eval_accuracy: "heldOutAccuracy", "eval_rewards/accuracies": "heldOutAccuracy" };
  const metrics = Object.entries(names).flatMap(([theirs, ours]) => (found[theirs] === undefined ? [] : [[ours, found[theirs]] as const]));
  const steps = numbersIn(join(dir, OUTPUT, "trainer_state.json"))?.["global_step"];
  return { modelPath, kind, metrics: { ...(steps === undefined ? {} : { steps }), ...Object.fromEntries(metrics) } };
}

/** How reward-model plugins must write what this model reads: the same file that trainer-trl leaves. */
function rendering(maxLength: number) {
  const templateSha256 = createHash("sha256").update(CHATML_TEMPLATE).digest("hex");
  return { version: 1, dialect: "tags", template: CHATML_TEMPLATE, templateSha256, maxLength, truncation: "middle" };
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
