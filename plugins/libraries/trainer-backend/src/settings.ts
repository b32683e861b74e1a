/** The settings that trainers share, as JSON Schema: names, limits and defaults are the same wherever two have them, so that a preset can change its trainer. */
import { type JsonObject, type JsonValue, MACHINE_LACKS, type OptionsSchema, PluginError, type TrainStage } from "@autotraj/core/plugin";

export type Properties = OptionsSchema["properties"];

/** A training of fewer steps has none to give away: it is warmed up only where a preset says so. */
const LEAST_STEPS_WARMED = 20;
const WARMED_SHARE = 0.05;

/** Without a default: it depends on how many steps there are ({@link warmupOf}). */
export const WARMUP: JsonObject = {
  type: "number",
  minimum: 0,
  description: `Steps in which the learning rate rises: a number of steps, below 1 a share of all. Default: ${WARMED_SHARE} of ${LEAST_STEPS_WARMED} steps or more, none of fewer.`,
};

/** What a training of so many steps is warmed up for. @param warmup as the preset has it; null where it does not say */
export function warmupOf(warmup: number | null, steps: number): number {
  return warmup ?? (steps < LEAST_STEPS_WARMED ? 0 : WARMED_SHARE);
}

export const DEVICE: JsonObject = {
  type: "string",
  enum: ["auto", "cpu", "cuda"],
  default: "auto",
  description: "Where to train. auto: cuda where there is an NVIDIA GPU.",
};

export const SAVE_KEEP: JsonObject = {
  type: "integer",
  minimum: 2,
  default: 2,
  description: "Checkpoints kept. A kill may leave the last one half written, hence at least two.",
};

/** Of trainers that are transformers': where they report to beside AutoTraj's own progress. */
export const REPORT_TO: JsonObject = {
  type: "array",
  items: { type: "string", enum: ["wandb", "trackio", "tensorboard", "mlflow", "swanlab", "comet_ml", "clearml", "dvclive", "codecarbon"] },
  uniqueItems: true,
  default: [],
  description:
    "Where the trainer itself reports its steps to. The service's own variables (WANDB_PROJECT, TRACKIO_SPACE_ID, MLFLOW_TRACKING_URI, …) say the rest; its Python package must be there. Changes nothing of the model.",
};

/** Settings that decide nothing of the model, for the backends' taps of `train`. */
export const NOT_DECISIVE: readonly string[] = ["keepCheckpoints", "reportTo"];

export const LORA: JsonObject = {
  type: "object",
  additionalProperties: false,
  description: "Train adapters instead of the whole model; they are merged at the end. {} takes defaults. Default: the whole model.",
  properties: {
    rank: { type: "integer", minimum: 1, default: 16, description: "Rank of the adapters." },
    alpha: { type: "number", exclusiveMinimum: 0, default: 32, description: "Scale of the adapters: they count alpha / rank." },
    dropout: { type: "number", minimum: 0, maximum: 1, default: 0, description: "Dropout inside the adapters." },
    targets: {
      type: "array",
      items: { type: "string", minLength: 1 },
      minItems: 1,
      nullable: true,
      description: "Modules that get adapters, by name. Default: all linear layers but the head.",
    },
  },
};

/** Of methods that sample: PPO's clipping. */
export const CLIP: JsonObject = {
  type: "object",
  additionalProperties: false,
  description:
    "grpo: how far a token's probability may move from the one it was sampled with before it teaches nothing more. Felt where a step's trajectories are learnt from more than once. Default: 0.2 both ways.",
  properties: {
    low: { type: "number", exclusiveMinimum: 0, default: 0.2, description: "Downwards, as a share." },
    high: { type: "number", exclusiveMinimum: 0, description: "Upwards, as a share. Default: low." },
  },
};

export interface ClipSettings {
  readonly low: number;
  /** Null: as low. */
  readonly high: number | null;
}

export interface LoraSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Null: all linear layers but the head. */
  readonly targets: readonly string[] | null;
}

/** How long to train: one of the two. @param epochs where neither is given */
export function length(epochs: number): Properties {
  return {
    epochs: { type: "number", exclusiveMinimum: 0, description: `Passes over the data. Not beside steps. Default: ${epochs}.` },
    steps: { type: "integer", minimum: 1, description: "Optimiser steps, in place of epochs." },
  };
}

/** One forward pass, and how many make a step. */
export function batches(what: string, batchSize: number): Properties {
  return {
    batchSize: { type: "integer", minimum: 1, default: batchSize, description: `${what} in one forward pass, per GPU.` },
    accumulation: { type: "integer", minimum: 1, default: 1, description: "Forward passes in one step." },
  };
}

/** For trainers that know adapters: these learn at ten times the rate. @param falls what becomes of it after the warm-up */
export function learningRate(rate: number, falls: string): JsonObject {
  return { type: "number", exclusiveMinimum: 0, description: `Highest learning rate; ${falls}. Default: ${rate}, ten times that with lora.` };
}

export function closed(properties: Properties): OptionsSchema {
  return { type: "object", additionalProperties: false, properties };
}

/** Null for every setting that neither the preset nor the schema gives, at all depths: a backend's configuration names them all. */
export function completed({ properties }: Pick<OptionsSchema, "properties">, settings: Readonly<JsonObject>): JsonObject {
  const complete = (schema: JsonObject, value: JsonValue | undefined): JsonValue => {
    if (value === undefined) return null;
    const inner = schema["properties"] as Properties | undefined;
    return inner === undefined || value === null ? value : completed({ properties: inner }, value as JsonObject);
  };
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, complete(schema, settings[name])]));
}

/** Passes and rate of a training whose schema has {@link length} and {@link learningRate}; the one of epochs and steps that does not hold is null. */
export function paceOf(
  { epochs = null, steps = null, learningRate: rate = null, lora = null }: Readonly<JsonObject>,
  usual: { readonly epochs: number | null; readonly learningRate: number },
): { readonly epochs: number | null; readonly steps: number | null; readonly learningRate: number } {
  return {
    epochs: steps === null ? ((epochs as number | null) ?? usual.epochs) : null,
    steps: steps as number | null,
    learningRate: (rate as number | null) ?? (lora === null ? usual.learningRate : usual.learningRate * 10),
  };
}

/** Something that is wrong across settings: what, and what to do about it. */
export interface Mistake {
  readonly what: string;
  readonly hint?: string;
  /** It is this machine that lacks something: on another one the settings would do. */
  readonly lacks?: true;
}

/** @param given without defaults */
export function lengthMistakes({ epochs, steps }: Readonly<JsonObject>): readonly Mistake[] {
  return epochs !== undefined && steps !== undefined ? [{ what: "say steps or epochs, not both" }] : [];
}

/** @throws PluginError TRAIN_SETTINGS with all mistakes, where there are any; MACHINE_LACKS where all are such of this machine */
export function refuse(stage: TrainStage, mistakes: readonly Mistake[], trainer: string): void {
  if (mistakes.length === 0) return;
  const hints = mistakes.flatMap(({ hint = [] }) => hint);
  throw new PluginError(
    mistakes.every(({ lacks }) => lacks === true) ? MACHINE_LACKS : "TRAIN_SETTINGS",
    `stages.${stage}: ${mistakes.map(({ what }) => what).join("; ")}.`,
    {
      hint: hints.length === 0 ? `Every setting is described in the README of ${trainer}.` : hints.join(" "),
    },
  );
}
