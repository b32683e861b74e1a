/** The settings of each stage, as the preset gives them under `stages.<stage>`. */
import type { OptionsSchema } from "@autotraj/core/plugin";
import { KEEP_CHECKPOINTS } from "@autotraj/trainer-backend/checkpoints";
import { batches, CLIP, closed, length, type Properties, WARMUP } from "@autotraj/trainer-backend/settings";

function shared(rate: number, saveSteps: number, falls: string): Properties {
  return {
    learningRate: { type: "number", exclusiveMinimum: 0, default: rate, description: `Highest learning rate; ${falls}.` },
    warmup: WARMUP,
    saveSteps: { type: "integer", minimum: 1, default: saveSteps, description: "Steps between checkpoints. The last step is always saved." },
    saveKeep: { type: "integer", minimum: 1, default: 2, description: "Checkpoints kept." },
    keepCheckpoints: KEEP_CHECKPOINTS,
    gpus: { type: "integer", minimum: 1, default: 1, description: "GPUs on each node." },
    nodes: { type: "integer", minimum: 1, default: 1, description: "Nodes. More than one needs a Ray cluster, and the run's folder on all of them." },
    reportTo: {
      type: "array",
      items: { type: "string", enum: ["wandb", "trackio", "tensorboard", "mlflow", "swanlab", "clearml"] },
      uniqueItems: true,
      default: [],
      description:
        "Where verl itself reports its steps to (trainer.logger), beside its console and file. The service's own variables (WANDB_API_KEY, MLFLOW_TRACKING_URI, …) say the rest; its Python package must be there. Changes nothing of the model.",
    },
    native: {
      type: "object",
      default: {},
      description: "verl's own Hydra overrides, key by key, appended last. +key adds one that is not there, ~key removes one.",
    },
  };
}

/** What verl trains. */
export type VerlStage = "sft" | "rl";

export const SETTINGS: Readonly<Record<VerlStage, OptionsSchema>> = {
  sft: closed({
    ...length(3),
    epochs: { type: "integer", minimum: 1, description: "Passes over the data. Not beside steps. Default: 3." },
    ...batches("Trajectories", 8),
    maxLength: { type: "integer", minimum: 16, default: 2048, description: "Tokens. A longer row ends the training with an error." },
    template: {
      type: "string",
      minLength: 1,
      path: true,
      description: "File with a Jinja chat template for native rows, relative to the file that names it. Default: the model's own.",
    },
    ...shared(5e-5, 50, "it falls to 0 as a cosine"),
  }),
  rl: closed({
    method: {
      type: "string",
      const: "grpo",
      default: "grpo",
      description: "verl samples and is rewarded (GRPO); @autotraj/trainer-trl and @autotraj/trainer-llamafactory have DPO.",
    },
    steps: { type: "integer", minimum: 1, default: 100, description: "Optimiser steps; each samples anew." },
    group: { type: "integer", minimum: 2, default: 4, description: "Trajectories per question, compared with one another." },
    promptsPerStep: { type: "integer", minimum: 1, default: 4, description: "Questions in one step." },
    batchSize: {
      type: "integer",
      minimum: 1,
      description: "Trajectories in one forward pass, per GPU. Default: as many as fit by their tokens.",
    },
    temperature: { type: "number", exclusiveMinimum: 0, default: 1, description: "Sampling temperature." },
    maxNewTokens: { type: "integer", minimum: 1, description: "New tokens per turn. Default: the rollout's maxTokens." },
    maxPromptTokens: {
      type: "integer",
      minimum: 16,
      default: 2048,
      description: "Tokens of the longest prompt. A longer one ends the training with an error.",
    },
    maxCompletionTokens: { type: "integer", minimum: 1, default: 1024, description: "Tokens of a trajectory after the question, results included." },
    beta: { type: "number", minimum: 0, default: 0, description: "Weight of the KL term to the starting model; 0 needs no copy of it." },
    scaleRewards: {
      type: "string",
      enum: ["none", "group"],
      default: "none",
      description:
        "What a reward's distance from its group's mean is divided by. none (Dr. GRPO): nothing, so a bounded trajectory term stays within its bound. group: the group's deviation (GRPO as published), which makes a whole advantage of that term where outcomes are alike.",
    },
    lossType: {
      type: "string",
      enum: ["dapo", "grpo", "dr_grpo"],
      default: "dapo",
      description:
        "How tokens' losses become one. dapo: mean over all tokens of a step (token-mean). grpo: mean of the trajectories' means. dr_grpo: sums over a fixed length.",
    },
    clip: CLIP,
    tensorParallel: { type: "integer", minimum: 1, default: 1, description: "GPUs that one vLLM engine is spread over." },
    vllmMemory: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 0.5, description: "Share of each GPU's memory for vLLM." },
    // Without a default: it decides nothing here, and keys of what is trained stay as they are.
    resample: {
      type: "integer",
      const: 0,
      description: "0 or left out: verl plays no other question in place of a group without variance, @autotraj/trainer-trl does.",
    },
    toolFormat: {
      type: "string",
      minLength: 1,
      default: "hermes",
      description: "Native dialect: how the model writes its calls (verl's tool parsers: hermes, qwen3_coder, …).",
    },
    serviceTimeoutMs: {
      type: "integer",
      minimum: 0,
      default: 300_000,
      description: "How long an unreachable service is asked again before the training ends.",
    },
    onInvalid: {
      type: "string",
      enum: ["raise", "drop", "fallback"],
      default: "raise",
      description: "A trajectory without a valid reward. raise: end the training. drop: go on without it. fallback: give it fallbackReward.",
    },
    fallbackReward: { type: "number", description: "Reward of invalid trajectories, for onInvalid: fallback." },
    rayAddress: {
      type: "string",
      minLength: 1,
      description: "Ray cluster to join (auto, or host:port). Default: Ray is started on this machine.",
    },
    ...shared(1e-6, 20, "constant after the warmup"),
  }),
};
