/** What is run for a stage, as data: the same job gives the same plan. */

import type { JsonObject, JsonValue, LaunchPlan, TrainJob, TrainProgress } from "@autotraj/core/plugin";
import type { Dtype } from "@autotraj/trainer-backend/precision";
import { fieldsIn, metricsIn } from "@autotraj/trainer-backend/progress";
import { type LoraSettings, warmupOf } from "@autotraj/trainer-backend/settings";
import type { Method, StageSettings } from "./settings.ts";

/** A training job with everything found out that depends on the machine. Paths are relative to the job's folder where they lie in it. */
export interface PlannedJob extends Pick<TrainJob, "seed"> {
  /** `device` is decided: never `auto`. */
  readonly settings: StageSettings & { readonly template: string; readonly dtype: Dtype };
  readonly model: string;
  /** False for a hub's name: it may have to be downloaded. */
  readonly isLocal: boolean;
  readonly rows: { readonly train: number; readonly heldOut: number };
  readonly python: string;
}

/** Where the data set lies: rows and dataset_info.json. */
export const DATASET = "dataset";
export const TRAIN_SET = "autotraj_train";
export const HELD_OUT_SET = "autotraj_held_out";
/** LLaMA-Factory's output folder: checkpoints, logs, and the model or its adapters. */
export const OUTPUT = "output";
/** What an adapter or a value head is made into: a model in Hugging Face's layout. */
export const MODEL = "model";

const LOG = `${OUTPUT}/trainer_log.jsonl`;
const STAGES: Readonly<Record<Method, string>> = { sft: "sft", "reward-model": "rm", dpo: "dpo" };

/**
 * The training itself. `python -m llamafactory.launcher` is what `llamafactory-cli train` comes to; the command itself would start torchrun on every GPU
 * there is, found by PATH.
 */
export function plan(job: PlannedJob): LaunchPlan {
  const { settings, python } = job;
  const onCpu = settings.device === "cpu";
  return {
    files: { "train.yaml": yaml(trainingOf(job), settings.native) },
    argv: [
      python,
      ...(onCpu ? [] : ["-m", "torch.distributed.run", "--standalone", `--nproc_per_node=${settings.gpus}`]),
      ...["-m", "llamafactory.launcher", "train.yaml"],
    ],
    env: environment(job),
    progressFile: LOG,
    progress,
    exclusive: onCpu,
  };
}

/** What makes a model of what training left: adapters are merged, a value head becomes a sequence classifier's. Undefined where it is one already. */
export function conversionPlan(job: PlannedJob, valueHeadScript: string): LaunchPlan | undefined {
  const { settings, python, model } = job;
  const shared = { env: environment(job), progressFile: LOG, progress: () => undefined, exclusive: settings.device === "cpu" };
  if (settings.method === "reward-model")
    return { ...shared, files: {}, argv: [python, valueHeadScript, ...(settings.lora === null ? [OUTPUT, MODEL] : [OUTPUT, MODEL, model])] };
  if (settings.lora === null) return undefined;
  const exported = {
    model: { model_name_or_path: model, adapter_name_or_path: OUTPUT, template: settings.template, finetuning_type: "lora" },
    export: { export_dir: MODEL, export_size: 5, export_device: "cpu" },
  };
  return { ...shared, files: { "export.yaml": yaml(exported, {}) }, argv: [python, "-m", "llamafactory.cli", "export", "export.yaml"] };
}

function environment({ settings, isLocal }: PlannedJob): Readonly<Record<string, string>> {
  return {
    PYTHONUNBUFFERED: "1",
    TOKENIZERS_PARALLELISM: "false",
    ...(settings.threads > 0 ? { OMP_NUM_THREADS: String(settings.threads) } : {}),
    ...(isLocal ? { HF_HUB_OFFLINE: "1" } : {}),
    ...(settings.device === "cpu"
      ? { CUDA_VISIBLE_DEVICES: "" }
      : { PYTORCH_CUDA_ALLOC_CONF: "expandable_segments:True", TORCH_NCCL_AVOID_RECORD_STREAMS: "1" }),
  };
}

type Sections = Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;

function trainingOf({ settings, model, rows, seed }: PlannedJob): Sections {
  const { method, lora, steps, epochs } = settings;
  return {
    model: { model_name_or_path: model },
    method: {
      stage: STAGES[method],
      do_train: true,
      ...(lora === null ? { finetuning_type: "full" } : loraOf(lora)),
      ...(method === "dpo" ? { pref_loss: "sigmoid", pref_beta: settings.beta } : {}),
    },
    dataset: {
      dataset_dir: DATASET,
      dataset: TRAIN_SET,
      template: settings.template,
      cutoff_len: settings.maxLength,
      overwrite_cache: true,
    },
    output: {
      output_dir: OUTPUT,
      logging_steps: 1,
      save_strategy: "steps",
      save_steps: settings.saveSteps,
      save_total_limit: settings.saveKeep,
      // SIGTERM: a checkpoint, then the end. A reward model's cannot be resumed (LLaMA-Factory refuses), so it is not written.
      ...(method === "reward-model" ? {} : { enable_jit_checkpoint: true }),
      report_to: settings.reportTo.length === 0 ? "none" : [...settings.reportTo],
      plot_loss: false,
    },
    train: {
      per_device_train_batch_size: settings.batchSize,
      gradient_accumulation_steps: settings.accumulation,
      ...(steps === null ? { num_train_epochs: epochs } : { max_steps: steps }),
      learning_rate: settings.learningRate,
      lr_scheduler_type: "linear",
      warmup_steps: warmupOf(settings.warmup, stepsOf(settings, rows.train)),
      seed,
      bf16: settings.dtype === "bf16",
      ...(settings.device === "cpu" ? { use_cpu: true } : {}),
      ddp_timeout: 180_000_000,
    },
    ...(rows.heldOut > 0 ? { evaluation: { do_eval: true, eval_dataset: HELD_OUT_SET, per_device_eval_batch_size: settings.batchSize } } : {}),
  };
}

/** As transformers counts them: what does not fill a pass is one too, and so is what does not fill a step. */
function stepsOf({ steps, epochs, batchSize, accumulation, gpus, device }: StageSettings, rows: number): number {
  const passes = Math.ceil(rows / (batchSize * (device === "cpu" ? 1 : gpus)));
  return steps ?? Math.ceil((epochs ?? 1) * Math.max(1, Math.ceil(passes / accumulation)));
}

function loraOf({ rank, alpha, dropout, targets }: LoraSettings): Record<string, JsonValue> {
  return { finetuning_type: "lora", lora_rank: rank, lora_alpha: alpha, lora_dropout: dropout, lora_target: targets?.join(",") ?? "all" };
}

/** One argument a line below the name of its group, as LLaMA-Factory's own examples are written. JSON's scalars and lists are YAML's. */
function yaml(sections: Sections, native: JsonObject): string {
  const known = new Set(Object.values(sections).flatMap((section) => Object.keys(section)));
  const others = Object.fromEntries(Object.entries(native).filter(([key]) => !known.has(key)));
  return Object.entries({ ...sections, ...(Object.keys(others).length > 0 ? { native: others } : {}) })
    .map(([name, section]) =>
      [`### ${name}`, ...Object.entries(section).map(([key, value]) => `${key}: ${scalar(native[key] ?? value)}`), ""].join("\n"),
    )
    .join("\n");
}

/** YAML 1.1 takes 1e-7 for a text: a number needs its point. */
function scalar(value: JsonValue): string {
  const text = JSON.stringify(value);
  return typeof value === "number" ? text.replace(/^(-?\d+)e/, "$1.0e") : text;
}

/** `loss` is left out of the last line of a training, and of evaluations. */
const METRICS: Readonly<Record<string, string>> = {
  loss: "loss",
  lr: "learningRate",
  epoch: "epoch",
  accuracy: "accuracy",
  throughput: "tokensPerSecond",
};

/** Reads a line of trainer_log.jsonl. */
export function progress(line: string): TrainProgress | undefined {
  const fields = fieldsIn(line) ?? {};
  const { current_steps: step, total_steps: total } = fields;
  return typeof step === "number" && typeof total === "number" ? { step, total, metrics: metricsIn(fields, METRICS) } : undefined;
}
