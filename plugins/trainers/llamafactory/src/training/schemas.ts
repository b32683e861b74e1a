/** The settings of each stage, as the preset gives them under `stages.<stage>`. */
import type { OptionsSchema, TrainStage } from "@autotraj/core/plugin";
import { KEEP_CHECKPOINTS } from "@autotraj/trainer-backend/checkpoints";
import { DTYPE } from "@autotraj/trainer-backend/precision";
import {
  batches,
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

function common(about: { readonly what: string; readonly batchSize: number; readonly epochs: number; readonly rate: number }): Properties {
  return {
    ...length(about.epochs),
    ...batches(about.what, about.batchSize),
    maxLength: {
      type: "integer",
      minimum: 16,
      default: 2048,
      description: "Tokens (cutoff_len). LLaMA-Factory cuts what is longer, without a word.",
    },
    learningRate: learningRate(about.rate, "it falls to 0 in a line"),
    warmup: WARMUP,
    saveSteps: { type: "integer", minimum: 1, default: 50, description: "Steps between checkpoints." },
    saveKeep: SAVE_KEEP,
    keepCheckpoints: KEEP_CHECKPOINTS,
    device: DEVICE,
    gpus: { type: "integer", minimum: 1, default: 1, description: "GPUs to train on, each with a copy of the model (torchrun)." },
    dtype: DTYPE,
    threads: { type: "integer", minimum: 0, default: 0, description: "CPU threads. 0: as PyTorch sees fit." },
    lora: LORA,
    template: {
      type: "string",
      minLength: 1,
      description:
        "LLaMA-Factory's chat template (qwen3_nothink, llama3, …); it must be the model's. Needed for native trajectories; those in tags are ChatML, template empty.",
    },
    reportTo: REPORT_TO,
    native: {
      type: "object",
      default: {},
      description: "LLaMA-Factory's own arguments, merged last: whatever has no setting here (deepspeed, neftune_noise_alpha, …).",
    },
  };
}

export const SETTINGS: Readonly<Record<TrainStage, OptionsSchema>> = {
  sft: closed(common({ what: "Trajectories", batchSize: 8, epochs: 3, rate: 5e-5 })),
  "reward-model": closed(common({ what: "Pairs", batchSize: 4, epochs: 1, rate: 5e-5 })),
  rl: {
    ...closed({
      method: {
        type: "string",
        const: "dpo",
        description:
          "LLaMA-Factory has no RL that samples with tools: dpo learns from the run's preference pairs, and @autotraj/trainer-trl and @autotraj/trainer-verl have GRPO.",
      },
      ...common({ what: "Pairs", batchSize: 4, epochs: 1, rate: 1e-6 }),
      beta: { type: "number", exclusiveMinimum: 0, default: 0.1, description: "How strongly the model is held to where it started." },
    }),
    required: ["method"],
  },
};
