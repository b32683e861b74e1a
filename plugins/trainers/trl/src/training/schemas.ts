/** The settings of each stage, as the preset gives them under `stages.<stage>`. */
import type { OptionsSchema, TrainStage } from "@autotraj/core/plugin";
import { KEEP_CHECKPOINTS } from "@autotraj/trainer-backend/checkpoints";
import { DTYPE } from "@autotraj/trainer-backend/precision";
import {
  batches,
  CLIP,
  closed,
  DEVICE,
  LORA,
  learningRate,
  length,
  type Properties,
  REPORT_TO,
  SAVE_KEEP,
  WARMUP,
} from "@autotraj/trainer-backend/settings";

/** What is trained with: stage `rl` has two methods. */
export type Method = "sft" | "reward-model" | "grpo" | "dpo";

const SCHEDULE: Properties = {
  warmup: WARMUP,
  schedule: { type: "string", enum: ["linear", "cosine"], default: "linear", description: "How the learning rate falls to 0 after the warmup." },
};
const FALLS = "see warmup and schedule";

const MACHINE: Properties = {
  device: DEVICE,
  gpus: { type: "integer", minimum: 1, default: 1, description: "GPUs to train on, each with a copy of the model (accelerate)." },
  dtype: DTYPE,
  threads: { type: "integer", minimum: 0, default: 0, description: "CPU threads. 0: as many as the machine lets the process have." },
  lora: LORA,
};

/** TRL's own options, whatever has no setting here; native.ts knows which. */
const NATIVE: Properties = {
  reportTo: REPORT_TO,
  native: {
    type: "object",
    default: {},
    description: "TRL's own options by their names (weight_decay, max_grad_norm, …): what has no setting here. Unknown ones are refused.",
  },
};

const SAVE_STEPS = { type: "integer", minimum: 1, description: "Steps between checkpoints. One is three times as large as the model in fp32." };
const MAX_LENGTH = { type: "integer", minimum: 16, default: 2048, description: "Tokens. What becomes of longer rows: see the stage." };

/** What full trainings of one model share. */
function whole(about: { readonly what: string; readonly batchSize: number; readonly epochs: number }): Properties {
  return {
    ...length(about.epochs),
    ...batches(about.what, about.batchSize),
    maxLength: MAX_LENGTH,
    learningRate: learningRate(5e-5, FALLS),
    ...SCHEDULE,
    saveSteps: { ...SAVE_STEPS, default: 50 },
    saveKeep: SAVE_KEEP,
    keepCheckpoints: KEEP_CHECKPOINTS,
    ...MACHINE,
    ...NATIVE,
    shard: {
      type: "string",
      enum: ["none", "full"],
      default: "none",
      description:
        "full: weights, gradients and optimiser states are spread over the GPUs (FSDP2), for models of which one GPU cannot hold all of these.",
    },
  };
}

/** Of stage `rl`, method grpo alone. */
export const GRPO_ONLY: Properties = {
  group: { type: "integer", minimum: 2, default: 4, description: "grpo: trajectories per question, compared with one another." },
  promptsPerStep: { type: "integer", minimum: 1, default: 4, description: "grpo: questions in one step." },
  temperature: { type: "number", exclusiveMinimum: 0, default: 1, description: "grpo: sampling temperature." },
  maxNewTokens: { type: "integer", minimum: 1, description: "grpo: new tokens per turn. Default: the rollout's maxTokens." },
  maxCompletionTokens: {
    type: "integer",
    minimum: 1,
    default: 1024,
    description: "grpo: tokens of a trajectory after the question, results included.",
  },
  scaleRewards: {
    type: "string",
    enum: ["none", "batch", "group"],
    default: "none",
    description:
      "grpo: what an outcome's distance from its group's mean is divided by. none (Dr. GRPO): nothing. batch: the deviation of the step's outcomes. group: that of its own group (GRPO as published), which lifts questions that are nearly always right or wrong. A bounded trajectory term stays within its bound with each.",
  },
  lossType: {
    type: "string",
    enum: ["dapo", "grpo", "dr_grpo", "bnpo", "cispo", "sapo", "luspo", "vespo"],
    default: "dapo",
    description: "grpo: how tokens' losses become one. dapo: mean over all tokens of a step. grpo: mean of the trajectories' means. Others: TRL's.",
  },
  clip: CLIP,
  resample: {
    type: "integer",
    minimum: 0,
    default: 2,
    description: "grpo: a group whose rewards are all alike teaches nothing; so often in a step another question is played in its place. 0: never.",
  },
  serviceTimeoutMs: {
    type: "integer",
    minimum: 0,
    default: 300_000,
    description: "grpo: how long an unreachable service is asked again before onServiceLost.",
  },
  onServiceLost: {
    type: "string",
    enum: ["pause", "drop", "fail"],
    default: "pause",
    description: "grpo: pause: keep asking. drop: go on without these trajectories (no reward is ever made up). fail: end with a checkpoint.",
  },
  vllm: {
    type: "string",
    enum: ["none", "colocate", "server"],
    default: "none",
    description: "grpo: who samples: torch, vLLM inside the trainer (one GPU), or a vLLM server that you start with vllm-server.sh.",
  },
  vllmUrl: { type: "string", minLength: 1, default: "http://127.0.0.1:8000", description: "grpo: address of the vLLM server." },
  vllmMemory: {
    type: "number",
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.3,
    description: "grpo: share of the GPU's memory for colocated vLLM.",
  },
};

/** Of stage `rl`, method dpo alone. */
export const DPO_ONLY: Properties = {
  epochs: { type: "number", exclusiveMinimum: 0, description: "dpo: passes over the pairs. Not beside steps. Default: 1." },
  accumulation: { type: "integer", minimum: 1, default: 1, description: "dpo: forward passes in one step. With grpo: as many as a step needs." },
  maxLength: { ...MAX_LENGTH, description: "dpo: tokens. A longer pair is left out and counted." },
};

/** What depends on the method has no default here: settings.ts has both. */
const RL: Properties = {
  method: {
    type: "string",
    enum: ["grpo", "dpo"],
    default: "grpo",
    description: "grpo: samples and is rewarded. dpo: learns from the run's preference pairs.",
  },
  steps: { type: "integer", minimum: 1, description: "Optimiser steps; with grpo each samples anew. Default: 100 with grpo; with dpo epochs count." },
  batchSize: {
    type: "integer",
    minimum: 1,
    description: "Trajectories (grpo) or pairs (dpo) in one forward pass, per GPU. Default: group with grpo, 4 with dpo.",
  },
  beta: {
    type: "number",
    minimum: 0,
    description:
      "grpo: weight of the KL term to the starting model; 0 needs no copy of it. dpo: how strongly the model is held to where it started. Default: 0 with grpo, 0.1 with dpo.",
  },
  ...GRPO_ONLY,
  ...DPO_ONLY,
  learningRate: learningRate(1e-6, FALLS),
  ...SCHEDULE,
  saveSteps: { ...SAVE_STEPS, description: `${SAVE_STEPS.description} Default: 5 with grpo, 50 with dpo.` },
  saveKeep: SAVE_KEEP,
  keepCheckpoints: KEEP_CHECKPOINTS,
  ...MACHINE,
  ...NATIVE,
};

export const SETTINGS: Readonly<Record<TrainStage, OptionsSchema>> = {
  sft: closed(whole({ what: "Trajectories", batchSize: 8, epochs: 3 })),
  "reward-model": closed({
    ...whole({ what: "Pairs", batchSize: 4, epochs: 1 }),
    trainLayers: {
      type: "integer",
      minimum: 0,
      description: "Train only so many upper layers and the head; the rest and the embeddings stay. Default: all.",
    },
    center: { type: "number", minimum: 0, default: 0.01, description: "Weight of the pull of scores towards 0." },
  }),
  rl: closed(RL),
};
