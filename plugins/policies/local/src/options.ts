/** The options of the embedded policy and their schema. */
import type { OptionsSchema, WeightType } from "@autotraj/core/plugin";
import type { TemplateName } from "./template.ts";

export interface LocalPolicyOptions {
  /** A known model, the name under which one was pulled, or a path (from the preset's folder) to a .gguf file or to a folder that a trainer left. */
  readonly model: string;
  /** Independent contexts, each computing on its own core with its own sequences; the weights are in memory once. */
  readonly workers: number;
  /** Turns written at a time by each worker. */
  readonly sequences: number;
  /** Tokens each sequence can hold: prompt, tool results and answer together. */
  readonly contextSize: number;
  /** Tokens evaluated at once at most. Part of what decides the text. */
  readonly batchSize: number;
  /** Compute threads of each worker. */
  readonly threads: number;
  readonly turnTimeoutMs: number;
  readonly template: "auto" | TemplateName;
  /** Disk space for evaluated prompts and for the states of trajectories that wait for a tool. */
  readonly stateMiB: number;
  /** What folders are converted to. */
  readonly convertTo: WeightType;
}

export const OPTIONS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    model: {
      type: "string",
      minLength: 1,
      default: "smollm2-135m",
      description:
        "smollm2-135m or gemma3-270m (fetched by itself), a path relative to the preset (a .gguf file, or a folder in Hugging Face's layout), or a name used with `autotraj model pull`.",
    },
    workers: {
      type: "integer",
      minimum: 1,
      maximum: 64,
      default: 1,
      description: "Independent contexts, each on its own core. Never more than there are idle cores. Changes no text.",
    },
    sequences: { type: "integer", minimum: 1, maximum: 64, default: 8, description: "Turns each worker writes at a time. Changes no text." },
    contextSize: {
      type: "integer",
      minimum: 256,
      default: 2048,
      description: "Tokens one trajectory can hold, prompt included. Memory grows with workers × sequences × contextSize.",
    },
    batchSize: { type: "integer", minimum: 64, maximum: 4096, default: 512, description: "Prompt tokens evaluated at once at most." },
    threads: {
      type: "integer",
      minimum: 1,
      default: 1,
      description: "Compute threads of each worker. More than 1 is very slow whenever a core is shared; raise `workers` instead.",
    },
    turnTimeoutMs: {
      type: "integer",
      minimum: 1,
      // As long as a tap has: sixteen turns at a time have been seen to take 104 s each on two cores that others used too.
      default: 600000,
      description: "A turn that takes longer fails. Turns that are written at a time share their cores.",
    },
    template: {
      type: "string",
      enum: ["auto", "chatml", "plain"],
      default: "auto",
      description: "How messages are written for the model. auto: ChatML where the model file says so, plain where it has no chat template.",
    },
    stateMiB: {
      type: "integer",
      minimum: 0,
      default: 1024,
      description: "Temporary disk space for evaluated prompts and paused trajectories. Less costs time, never changes a text.",
    },
    convertTo: {
      type: "string",
      enum: ["q8_0", "f16", "bf16"],
      default: "f16",
      description:
        "How the weights of a folder in Hugging Face's layout are stored when it is converted. q8_0 takes half the memory and rounds most of a small training away.",
    },
  },
};
