/** The settings of each training stage, as the preset gives them under `stages.<stage>`: described, checked, defaulted. */
import type { JsonObject, TrainStage } from "@autotraj/core/plugin";

/** A setting as JSON Schema describes it; no more of JSON Schema than is used here. */
export interface Setting {
  readonly type: "integer" | "number" | "string" | "object" | "strings";
  readonly description: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly default?: number | string | null;
  readonly properties?: Settings;
}
export type Settings = Readonly<Record<string, Setting>>;

/** What is trained with: stage `rl` has two methods. */
export type Method = "sft" | "reward-model" | "grpo" | "dpo";

export interface LoraSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Null: all linear layers but the head. */
  readonly targets: readonly string[] | null;
}

export interface CommonSettings {
  /** Null where `steps` says how long. */
  readonly epochs: number | null;
  readonly steps: number | null;
  readonly learningRate: number;
  readonly warmup: number;
  readonly schedule: "linear" | "cosine";
  readonly batchSize: number;
  readonly accumulation: number;
  readonly maxLength: number | null;
  readonly lora: LoraSettings | null;
  readonly device: "auto" | "cpu" | "cuda";
  readonly gpus: number;
  readonly dtype: "bf16" | "fp32";
  readonly threads: number;
  readonly saveSteps: number;
  readonly saveKeep: number;
}
export interface SftSettings extends CommonSettings {
  readonly method: "sft";
  readonly shard: "none" | "full";
}
export interface RewardSettings extends CommonSettings {
  readonly method: "reward-model";
  readonly shard: "none" | "full";
  readonly trainLayers: number | null;
  readonly center: number;
}
export interface DpoSettings extends CommonSettings {
  readonly method: "dpo";
  readonly beta: number;
}
export interface GrpoSettings extends CommonSettings {
  readonly method: "grpo";
  readonly steps: number;
  readonly group: number;
  readonly promptsPerStep: number;
  readonly temperature: number;
  readonly maxNewTokens: number | null;
  readonly maxCompletionTokens: number;
  readonly beta: number;
  readonly serviceTimeoutMs: number;
  readonly onServiceLost: "pause" | "drop" | "fail";
  readonly vllm: "none" | "colocate" | "server";
  readonly vllmUrl: string;
  readonly vllmMemory: number;
}
export type StageSettings = SftSettings | RewardSettings | DpoSettings | GrpoSettings;

export function isSharded(settings: StageSettings): boolean {
  return "shard" in settings && settings.shard === "full";
}

const LORA: Settings = {
  rank: { type: "integer", minimum: 1, default: 16, description: "Rank of the adapters." },
  alpha: { type: "number", exclusiveMinimum: 0, default: 32, description: "Scale of the adapters: they count alpha / rank." },
  dropout: { type: "number", minimum: 0, maximum: 1, default: 0, description: "Dropout inside the adapters." },
  targets: { type: "strings", default: null, description: "Modules that get adapters, by name. Default: all linear layers but the head." },
};

const MACHINE: Settings = {
  device: { type: "string", enum: ["auto", "cpu", "cuda"], default: "auto", description: "Where to train. auto: cuda where there is an NVIDIA GPU." },
  gpus: { type: "integer", minimum: 1, default: 1, description: "GPUs to train on, each with a copy of the model (accelerate)." },
  dtype: {
    type: "string",
    enum: ["bf16", "fp32"],
    default: "bf16",
    description: "What is computed in; weights stay fp32. bf16 is 1.7 times as fast on a CPU.",
  },
  threads: { type: "integer", minimum: 0, default: 0, description: "CPU threads. 0: as many as the machine lets the process have." },
  lora: {
    type: "object",
    default: null,
    properties: LORA,
    description: "Train adapters instead of the whole model; they are merged at the end. {} takes defaults.",
  },
};

function common(about: { epochs: number; batchSize: number; saveSteps: number; what: string; learningRate: number }): Settings {
  return {
    epochs: { type: "number", exclusiveMinimum: 0, default: about.epochs, description: "Passes over the data. Not beside steps." },
    steps: { type: "integer", minimum: 1, default: null, description: "Optimiser steps, in place of epochs." },
    batchSize: { type: "integer", minimum: 1, default: about.batchSize, description: `${about.what} in one forward pass, per GPU.` },
    accumulation: { type: "integer", minimum: 1, default: 1, description: "Forward passes in one step." },
    maxLength: { type: "integer", minimum: 16, default: 2048, description: "Tokens. What becomes of longer rows: see the stage." },
    ...learning(about.learningRate),
    ...saving(about.saveSteps),
    ...MACHINE,
  };
}

function learning(learningRate: number): Settings {
  return {
    learningRate: {
      type: "number",
      exclusiveMinimum: 0,
      default: learningRate,
      description: "Highest learning rate. The default is ten times as high with lora.",
    },
    warmup: {
      type: "number",
      minimum: 0,
      default: 0.05,
      description: "Steps in which the learning rate rises: a number of steps, below 1 a share of all.",
    },
    schedule: { type: "string", enum: ["linear", "cosine"], default: "linear", description: "How the learning rate falls to 0 afterwards." },
  };
}

function saving(saveSteps: number): Settings {
  return {
    saveSteps: {
      type: "integer",
      minimum: 1,
      default: saveSteps,
      description: "Steps between checkpoints. One is three times as large as the model in fp32.",
    },
    saveKeep: {
      type: "integer",
      minimum: 2,
      default: 2,
      description: "Checkpoints kept. A kill may leave the last one half written, hence at least two.",
    },
  };
}

const METHOD: Settings = {
  method: {
    type: "string",
    enum: ["grpo", "dpo"],
    default: "grpo",
    description: "grpo: samples and is rewarded. dpo: learns from the run's preference pairs.",
  },
};

const SHARD: Settings = {
  shard: {
    type: "string",
    enum: ["none", "full"],
    default: "none",
    description:
      "full: weights, gradients and optimiser states are spread over the GPUs (FSDP2), for models of which one GPU cannot hold all of these.",
  },
};

export const SETTINGS: Readonly<Record<Method, Settings>> = {
  sft: { ...common({ epochs: 3, batchSize: 8, saveSteps: 50, what: "Trajectories", learningRate: 5e-5 }), ...SHARD },
  "reward-model": {
    ...common({ epochs: 1, batchSize: 4, saveSteps: 50, what: "Pairs", learningRate: 5e-5 }),
    ...SHARD,
    trainLayers: {
      type: "integer",
      minimum: 0,
      default: null,
      description: "Train only so many upper layers and the head; the rest and the embeddings stay.",
    },
    center: { type: "number", minimum: 0, default: 0.01, description: "Weight of the pull of scores towards 0." },
  },
  dpo: {
    ...METHOD,
    ...common({ epochs: 1, batchSize: 4, saveSteps: 50, what: "Pairs", learningRate: 1e-6 }),
    beta: { type: "number", exclusiveMinimum: 0, default: 0.1, description: "How strongly the model is held to where it started." },
  },
  grpo: {
    ...METHOD,
    steps: { type: "integer", minimum: 1, default: 100, description: "Optimiser steps; each samples anew." },
    group: { type: "integer", minimum: 2, default: 4, description: "Trajectories per question, compared with one another." },
    promptsPerStep: { type: "integer", minimum: 1, default: 4, description: "Questions in one step." },
    batchSize: { type: "integer", minimum: 1, default: null, description: "Trajectories in one forward pass, per GPU. Default: group." },
    temperature: { type: "number", exclusiveMinimum: 0, default: 1, description: "Sampling temperature." },
    maxNewTokens: { type: "integer", minimum: 1, default: null, description: "New tokens per turn. Default: the rollout's maxTokens." },
    maxCompletionTokens: { type: "integer", minimum: 1, default: 1024, description: "Tokens of a trajectory after the question, results included." },
    beta: { type: "number", minimum: 0, default: 0, description: "Weight of the KL term to the starting model; 0 needs no copy of it." },
    serviceTimeoutMs: {
      type: "integer",
      minimum: 0,
      default: 300_000,
      description: "How long an unreachable service is asked again before onServiceLost.",
    },
    onServiceLost: {
      type: "string",
      enum: ["pause", "drop", "fail"],
      default: "pause",
      description: "pause: keep asking. drop: go on without these trajectories (no reward is ever made up). fail: end with a checkpoint.",
    },
    vllm: {
      type: "string",
      enum: ["none", "colocate", "server"],
      default: "none",
      description: "Who samples: torch, vLLM inside the trainer (one GPU), or a vLLM server that you start with vllm-server.sh.",
    },
    vllmUrl: { type: "string", default: "http://127.0.0.1:8000", description: "Address of the vLLM server." },
    vllmMemory: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 0.3, description: "Share of the GPU's memory for colocated vLLM." },
    ...learning(1e-6),
    ...saving(5),
    ...MACHINE,
  },
};

/** Which trainer does it. */
export function methodOf(stage: TrainStage, options: JsonObject): Method {
  if (stage !== "rl") return stage;
  return options["method"] === "dpo" ? "dpo" : "grpo";
}
