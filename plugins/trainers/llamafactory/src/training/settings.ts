/** A stage's settings as the trainer reads them: what the schema leaves open is decided, and what is not given is null. */
import type { JsonObject, TrainStage } from "@autotraj/core/plugin";
import type { Dtype } from "@autotraj/trainer-backend/precision";
import { completed, type LoraSettings, lengthMistakes, paceOf, refuse } from "@autotraj/trainer-backend/settings";
import { SETTINGS } from "./schemas.ts";

/** What LLaMA-Factory is asked to do; it has no method that samples with tools, so stage `rl` learns from the run's pairs. */
export type Method = "sft" | "reward-model" | "dpo";

export interface StageSettings {
  readonly method: Method;
  /** Null where `steps` says how long. */
  readonly epochs: number | null;
  readonly steps: number | null;
  readonly batchSize: number;
  readonly accumulation: number;
  readonly maxLength: number;
  readonly learningRate: number;
  /** Null: by the number of steps. */
  readonly warmup: number | null;
  readonly saveSteps: number;
  readonly saveKeep: number;
  readonly keepCheckpoints: boolean;
  readonly device: "auto" | "cpu" | "cuda";
  readonly gpus: number;
  readonly dtype: "auto" | Dtype;
  readonly threads: number;
  readonly lora: LoraSettings | null;
  /** Null: `empty`, for trajectories in tags; native ones need a name. */
  readonly template: string | null;
  /** Methods `dpo` only. */
  readonly beta: number;
  /** Services that LLaMA-Factory reports to. */
  readonly reportTo: readonly string[];
  /** Merged last into LLaMA-Factory's own configuration. */
  readonly native: JsonObject;
}

/** Defaults that the schema leaves to other settings. */
const USUAL: Readonly<Record<TrainStage, Pick<StageSettings, "epochs" | "learningRate">>> = {
  sft: { epochs: 3, learningRate: 5e-5 },
  "reward-model": { epochs: 1, learningRate: 5e-5 },
  rl: { epochs: 1, learningRate: 1e-6 },
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

/** @param valid as the stage's schema has it, with its defaults */
export function settingsOf(stage: TrainStage, valid: Readonly<JsonObject>): StageSettings {
  const method: Method = stage === "rl" ? "dpo" : stage;
  return { ...completed(SETTINGS[stage], valid), method, ...paceOf(valid, USUAL[stage]) } as unknown as StageSettings;
}

/** Rules across settings. @param given as the preset has it. @throws PluginError TRAIN_SETTINGS with all that is wrong */
export function checkSettings(stage: TrainStage, given: Readonly<JsonObject>): void {
  const owned = Object.keys((given["native"] as JsonObject | undefined) ?? {}).filter((key) => OWNED.includes(key));
  const taken = owned.length === 0 ? [] : [{ what: `native: ${owned.join(", ")} cannot be set: AutoTraj decides them` }];
  refuse(stage, [...lengthMistakes(given), ...taken], "@autotraj/trainer-llamafactory");
}
