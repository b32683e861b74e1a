/** The settings of each stage, as the preset gives them under `stages.<stage>`. Names and defaults are those of @autotraj/trainer-trl wherever both have them. */
import { type JsonObject, PluginError, type TrainStage } from "@autotraj/core/plugin";
import { readSettings, type Settings } from "./read-settings.ts";

/** What LLaMA-Factory is asked to do; it has no method that samples with tools, so stage `rl` learns from the run's pairs. */
export type Method = "sft" | "reward-model" | "dpo";

export interface LoraSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Null: all linear layers but the head. */
  readonly targets: readonly string[] | null;
}

export interface StageSettings {
  readonly method: Method;
  /** Null where `steps` says how long. */
  readonly epochs: number | null;
  readonly steps: number | null;
  readonly batchSize: number;
  readonly accumulation: number;
  readonly maxLength: number;
  readonly learningRate: number;
  readonly warmup: number;
  readonly saveSteps: number;
  readonly saveKeep: number;
  readonly device: "auto" | "cpu" | "cuda";
  readonly gpus: number;
  readonly dtype: "bf16" | "fp32";
  readonly threads: number;
  readonly lora: LoraSettings | null;
  /** Null: `empty`, for trajectories in tags; native ones need a name. */
  readonly template: string | null;
  /** Methods `dpo` only. */
  readonly beta: number;
  /** Merged last into LLaMA-Factory's own configuration. */
  readonly native: JsonObject;
}

const LORA: Settings = {
  rank: { type: "integer", minimum: 1, default: 16, description: "Rank of the adapters." },
  alpha: { type: "number", exclusiveMinimum: 0, default: 32, description: "Scale of the adapters: they count alpha / rank." },
  dropout: { type: "number", minimum: 0, maximum: 1, default: 0, description: "Dropout inside the adapters." },
  targets: { type: "names", default: null, description: "Modules that get adapters, by name. Default: all linear layers but the head." },
};

function common(about: { epochs: number; batchSize: number; what: string; learningRate: number }): Settings {
  return {
    epochs: { type: "number", exclusiveMinimum: 0, default: about.epochs, description: "Passes over the data. Not beside steps." },
    steps: { type: "integer", minimum: 1, default: null, description: "Optimiser steps, in place of epochs." },
    batchSize: { type: "integer", minimum: 1, default: about.batchSize, description: `${about.what} in one forward pass, per GPU.` },
    accumulation: { type: "integer", minimum: 1, default: 1, description: "Forward passes in one step." },
    maxLength: {
      type: "integer",
      minimum: 16,
      default: 2048,
      description: "Tokens (cutoff_len). LLaMA-Factory cuts what is longer, without a word.",
    },
    learningRate: {
      type: "number",
      exclusiveMinimum: 0,
      default: about.learningRate,
      description: "Highest learning rate; it falls to 0 in a line. The default is ten times as high with lora.",
    },
    warmup: {
      type: "number",
      minimum: 0,
      default: 0.05,
      description: "Steps in which the learning rate rises: a number of steps, below 1 a share of all.",
    },
    saveSteps: { type: "integer", minimum: 1, default: 50, description: "Steps between checkpoints." },
    saveKeep: {
      type: "integer",
      minimum: 2,
      default: 2,
      description: "Checkpoints kept. A kill may leave the last one half written, hence at least two.",
    },
    device: {
      type: "string",
      enum: ["auto", "cpu", "cuda"],
      default: "auto",
      description: "Where to train. auto: cuda where there is an NVIDIA GPU.",
    },
    gpus: { type: "integer", minimum: 1, default: 1, description: "GPUs to train on, each with a copy of the model (torchrun)." },
    dtype: { type: "string", enum: ["bf16", "fp32"], default: "bf16", description: "What is computed in." },
    threads: { type: "integer", minimum: 0, default: 0, description: "CPU threads. 0: as PyTorch sees fit." },
    lora: {
      type: "object",
      default: null,
      properties: LORA,
      description: "Train adapters instead of the whole model; they are merged at the end. {} takes defaults.",
    },
    template: {
      type: "string",
      default: null,
      description:
        "LLaMA-Factory's chat template (qwen3_nothink, llama3, …); it must be the model's. Needed for native trajectories; those in tags are ChatML, template empty.",
    },
    native: {
      type: "native",
      default: {},
      description: "LLaMA-Factory's own arguments, merged last: whatever has no setting here (deepspeed, neftune_noise_alpha, …).",
    },
  };
}

const SETTINGS: Readonly<Record<Method, Settings>> = {
  sft: common({ epochs: 3, batchSize: 8, what: "Trajectories", learningRate: 5e-5 }),
  "reward-model": common({ epochs: 1, batchSize: 4, what: "Pairs", learningRate: 5e-5 }),
  dpo: {
    method: { type: "string", enum: ["dpo"], default: null, description: "dpo: learns from preference pairs. LLaMA-Factory has no GRPO." },
    ...common({ epochs: 1, batchSize: 4, what: "Pairs", learningRate: 1e-6 }),
    beta: { type: "number", exclusiveMinimum: 0, default: 0.1, description: "How strongly the model is held to where it started." },
  },
};

/** Decided by the job: another value would train on other data, or leave the model where nobody looks. */
const OWNED = [
  "stage",
  "do_train",
  "model_name_or_path",
  "dataset_dir",
  "dataset",
  "eval_dataset",
  "template",
  "output_dir",
  "overwrite_output_dir",
  "finetuning_type",
];
const HINT = "Every setting is described in the README of @autotraj/trainer-llamafactory.";

/** @throws PluginError TRAIN_SETTINGS naming each wrong setting; LLAMAFACTORY_METHOD for RL by sampling */
export function settingsOf(stage: TrainStage, options: JsonObject): StageSettings {
  const method = stage === "rl" ? "dpo" : stage;
  if (method === "dpo" && options["method"] !== "dpo") {
    throw new PluginError("LLAMAFACTORY_METHOD", "LLaMA-Factory has no RL that samples with tools (its PPO is single-turn).", {
      hint: "Say stages.rl.method: dpo to learn from the run's preference pairs, or take @autotraj/trainer-trl or @autotraj/trainer-verl for GRPO.",
    });
  }
  const found = readSettings(stage, options, SETTINGS[method], HINT);
  const owned = Object.keys(found["native"] as JsonObject).filter((key) => OWNED.includes(key));
  if (owned.length > 0) {
    throw new PluginError("TRAIN_SETTINGS", `stages.${stage}.native: ${owned.join(", ")} cannot be set: AutoTraj decides them.`, { hint: HINT });
  }
  return {
    ...found,
    method,
    ...(found["steps"] === null ? {} : { epochs: null }),
    ...(options["learningRate"] === undefined && found["lora"] !== null ? { learningRate: (found["learningRate"] as number) * 10 } : {}),
  } as StageSettings;
}
