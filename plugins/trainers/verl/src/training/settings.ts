/** A stage's settings as the trainer reads them: what the schema leaves open is decided, and what is not given is null. */
import type { JsonObject } from "@autotraj/core/plugin";
import { type ClipSettings, completed, lengthMistakes, type Mistake, refuse } from "@autotraj/trainer-backend/settings";
import { SETTINGS, type VerlStage } from "./schemas.ts";

interface SharedSettings {
  readonly learningRate: number;
  /** Null: by the number of steps. */
  readonly warmup: number | null;
  readonly saveSteps: number;
  readonly saveKeep: number;
  readonly keepCheckpoints: boolean;
  /** On each node. */
  readonly gpus: number;
  readonly nodes: number;
  /** Services that verl reports to. */
  readonly reportTo: readonly string[];
  /** verl's own Hydra overrides, appended last. */
  readonly native: JsonObject;
}

export interface SftSettings extends SharedSettings {
  readonly method: "sft";
  /** Null where `steps` says how long. */
  readonly epochs: number | null;
  readonly steps: number | null;
  readonly batchSize: number;
  readonly accumulation: number;
  readonly maxLength: number;
  readonly template: string | null;
}

export interface GrpoSettings extends SharedSettings {
  readonly method: "grpo";
  readonly steps: number;
  readonly group: number;
  readonly promptsPerStep: number;
  /** Null: as many as fit into `maxPromptTokens + maxCompletionTokens`, twice. */
  readonly batchSize: number | null;
  readonly temperature: number;
  /** Null: the rollout's maxTokens. */
  readonly maxNewTokens: number | null;
  readonly maxPromptTokens: number;
  readonly maxCompletionTokens: number;
  readonly beta: number;
  readonly scaleRewards: "none" | "group";
  readonly lossType: "dapo" | "grpo" | "dr_grpo";
  /** Null: verl's own, 0.2 both ways. */
  readonly clip: ClipSettings | null;
  readonly tensorParallel: number;
  readonly vllmMemory: number;
  readonly toolFormat: string;
  readonly serviceTimeoutMs: number;
  readonly onInvalid: "raise" | "drop" | "fallback";
  readonly fallbackReward: number | null;
  /** Null: Ray is started on this machine. */
  readonly rayAddress: string | null;
}

export type StageSettings = SftSettings | GrpoSettings;

const USUAL_EPOCHS = 3;

/** Decided by the job: another value would train on other data, or leave the model where nobody looks. */
const OWNED = [
  /^\+*(data\.(train|val)_files|data\.custom_cls\.\w+)$/,
  /^\+*trainer\.(default_local_dir|resume_mode|total_training_steps|logger|use_v1|save_freq)$/,
  /^\+*(actor_rollout_ref\.)?model\.path$/,
  /^\+*actor_rollout_ref\.rollout\.agent\.(default_agent_loop|agent_loop_config_path)$/,
];

/** @param valid as the stage's schema has it, with its defaults */
export function settingsOf(stage: VerlStage, valid: Readonly<JsonObject>): StageSettings {
  const settings = completed(SETTINGS[stage], valid);
  if (stage === "rl") return settings as unknown as GrpoSettings;
  const { epochs, steps } = settings;
  return { ...settings, method: "sft", epochs: steps === null ? (epochs ?? USUAL_EPOCHS) : null } as unknown as SftSettings;
}

/** Rules across settings. @param given as the preset has it. @throws PluginError TRAIN_SETTINGS with all that is wrong */
export function checkSettings(stage: VerlStage, valid: Readonly<JsonObject>, given: Readonly<JsonObject>): void {
  const settings = settingsOf(stage, valid);
  const owned = Object.keys(settings.native).filter((key) => OWNED.some((pattern) => pattern.test(key.replace(/^~/, ""))));
  const mistakes = [
    ...(owned.length === 0 ? [] : [{ what: `native: ${owned.join(", ")} cannot be set: AutoTraj decides them` }]),
    ...(settings.method === "sft" ? lengthMistakes(given) : grpoMistakes(settings)),
  ];
  refuse(stage, mistakes, "@autotraj/trainer-verl");
}

function grpoMistakes({ onInvalid, fallbackReward, promptsPerStep, group, gpus, nodes, tensorParallel }: GrpoSettings): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const all = gpus * nodes;
  if ((onInvalid === "fallback") !== (fallbackReward !== null))
    mistakes.push({ what: "fallbackReward goes with onInvalid: fallback, and only with it" });
  if ((promptsPerStep * group) % all !== 0)
    mistakes.push({
      what: `${promptsPerStep} questions × ${group} trajectories do not divide among ${all} GPUs (promptsPerStep × group, gpus × nodes)`,
    });
  if (all % tensorParallel !== 0) mistakes.push({ what: `${all} GPUs do not divide into engines of tensorParallel ${tensorParallel}` });
  return mistakes;
}
