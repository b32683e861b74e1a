/** A stage's settings as the trainer reads them: what the schema leaves to the method is decided, and what is not given is null. */
import type { JsonObject, TrainStage } from "@autotraj/core/plugin";
import { deviceOf } from "@autotraj/trainer-backend/device";
import type { Dtype } from "@autotraj/trainer-backend/precision";
import { type ClipSettings, completed, type LoraSettings, lengthMistakes, type Mistake, paceOf, refuse } from "@autotraj/trainer-backend/settings";
import { configOf, nativeMistakes } from "./native.ts";
import { DPO_ONLY, GRPO_ONLY, type Method, SETTINGS } from "./schemas.ts";

export interface CommonSettings {
  /** Null where `steps` says how long. */
  readonly epochs: number | null;
  readonly steps: number | null;
  readonly learningRate: number;
  /** Null: by the number of steps. */
  readonly warmup: number | null;
  readonly schedule: "linear" | "cosine";
  readonly batchSize: number;
  readonly accumulation: number;
  readonly maxLength: number | null;
  readonly lora: LoraSettings | null;
  readonly device: "auto" | "cpu" | "cuda";
  readonly gpus: number;
  readonly dtype: "auto" | Dtype;
  readonly threads: number;
  readonly saveSteps: number;
  readonly saveKeep: number;
  /** Services that TRL reports to. */
  readonly reportTo: readonly string[];
  readonly keepCheckpoints: boolean;
  /** TRL's own options. */
  readonly native: JsonObject;
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
  readonly scaleRewards: "none" | "batch" | "group";
  readonly lossType: string;
  /** Null: TRL's own, 0.2 both ways. */
  readonly clip: ClipSettings | null;
  readonly resample: number;
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

/** Defaults that depend on the method. */
const USUAL: Readonly<Record<Method, Pick<CommonSettings, "epochs" | "learningRate"> & Readonly<Record<string, number | null>>>> = {
  sft: { epochs: 3, learningRate: 5e-5 },
  "reward-model": { epochs: 1, learningRate: 5e-5 },
  dpo: { epochs: 1, learningRate: 1e-6, batchSize: 4, saveSteps: 50, beta: 0.1 },
  grpo: { epochs: null, learningRate: 1e-6, steps: 100, saveSteps: 5, beta: 0 },
};

/** @param valid as the stage's schema has it, with its defaults */
export function settingsOf(stage: TrainStage, valid: Readonly<JsonObject>): StageSettings {
  const method = methodOf(stage, valid);
  const foreign = foreignTo(method);
  const own = Object.entries(completed(SETTINGS[stage], valid)).filter(([name]) => !(name in foreign));
  const { epochs, learningRate, ...usual } = USUAL[method];
  const decided = Object.fromEntries(own.map(([name, value]) => [name, value ?? usual[name] ?? null]));
  const settings = { ...decided, method, ...paceOf(decided, { epochs, learningRate }) };
  return (method === "grpo" ? { ...settings, ...passesOf(decided), maxLength: null } : settings) as unknown as StageSettings;
}

/** Which trainer does it. */
function methodOf(stage: TrainStage, { method }: Readonly<JsonObject>): Method {
  return stage === "rl" ? (method as "grpo" | "dpo") : stage;
}

function foreignTo(method: Method): object {
  return { grpo: DPO_ONLY, dpo: GRPO_ONLY, sft: {}, "reward-model": {} }[method];
}

/** One step is promptsPerStep × group trajectories, cut into forward passes of batchSize on each GPU. */
function passesOf(settings: Readonly<JsonObject>): { readonly batchSize: number; readonly accumulation: number } {
  const { group, promptsPerStep, gpus, batchSize } = settings as unknown as GrpoSettings & { readonly batchSize: number | null };
  const size = batchSize ?? group;
  return { batchSize: size, accumulation: (promptsPerStep * group) / (size * gpus) };
}

/**
 * Rules across settings.
 * @param valid as the stage's schema has it, with its defaults
 * @param given as the preset has it
 * @throws PluginError TRAIN_SETTINGS with all that is wrong
 */
export function checkSettings(stage: TrainStage, valid: Readonly<JsonObject>, given: Readonly<JsonObject>): void {
  const settings = settingsOf(stage, valid);
  const mistakes = [...methodMistakes(settings, given), ...lengthMistakes(settings.method === "grpo" ? {} : given), ...machineMistakes(settings)];
  mistakes.push(...nativeMistakes(Object.keys(settings.native), configOf(settings.method, deviceOf(settings.device))));
  refuse(stage, mistakes, "@autotraj/trainer-trl");
}

function methodMistakes(settings: StageSettings, given: Readonly<JsonObject>): readonly Mistake[] {
  const { method } = settings;
  const other = method === "grpo" ? "dpo" : "grpo";
  const foreign = Object.keys(given).filter((name) => name in foreignTo(method));
  return [
    ...foreign.map((name) => ({ what: `${name} is no setting of method ${method} (it is one of ${other})` })),
    ...(method === "dpo" && settings.beta === 0 ? [{ what: "beta is 0, and method dpo needs it above 0" }] : []),
    ...(method === "grpo" ? passMistakes(settings) : []),
  ];
}

function passMistakes({ group, promptsPerStep, gpus, batchSize, accumulation }: GrpoSettings): readonly Mistake[] {
  if (Number.isInteger(accumulation)) return [];
  const step = `${promptsPerStep} questions × ${group} trajectories`;
  return [
    {
      what: `${step} do not divide into passes of batchSize ${batchSize} on ${gpus} GPU${gpus === 1 ? "" : "s"}`,
      hint: "promptsPerStep × group must be a multiple of batchSize × gpus.",
    },
  ];
}

function machineMistakes(settings: StageSettings): readonly Mistake[] {
  const { gpus, lora } = settings;
  const onCpu = deviceOf(settings.device) === "cpu";
  // With `auto` it is the machine that has no GPU, and not the preset that says so.
  const lacks = settings.device === "auto" ? ({ lacks: true } as const) : {};
  const mistakes: Mistake[] = [];
  if (isSharded(settings) && (gpus === 1 || lora !== null)) {
    mistakes.push({
      what: "shard is full, which spreads a whole model's training over several GPUs",
      hint: "Set gpus to how many there are and leave lora out, or set shard: none.",
    });
  }
  if (onCpu && gpus > 1)
    mistakes.push({ what: `gpus is ${gpus}, and the device is the CPU`, hint: "Set device: cuda, or leave gpus out.", ...lacks });
  if (onCpu && settings.method === "grpo" && settings.vllm !== "none")
    mistakes.push({ what: `vllm is ${settings.vllm}, and the device is the CPU`, hint: "Set device: cuda, or vllm: none.", ...lacks });
  return mistakes;
}
