/** What a preset trains, and in which order: its stages, each followed by its ablations. */

import type { Preset } from "../config/preset/index.ts";
import type { JsonObject, TrainStage } from "../kernel/plugin.ts";

export const TRAIN_STAGES: readonly TrainStage[] = ["sft", "reward-model", "rl"];

/** One model to train. */
export interface Training {
  /** The stage's or the ablation's name: its folder below `models/`, and what tables call its model. */
  readonly name: string;
  readonly stage: TrainStage;
  readonly settings: Readonly<JsonObject>;
}

/** An ablation is its stage with some settings changed; it starts where the stage starts, and nothing goes on from it. */
export function trainingsOf({ stages, ablations }: Preset): readonly Training[] {
  return TRAIN_STAGES.flatMap((stage) => {
    const settings = stages[stage];
    if (settings === undefined) return [];
    const changed = Object.entries(ablations).filter(([, ablation]) => ablation.stage === stage);
    return [
      { name: stage, stage, settings: withoutNulls(settings) },
      ...changed.map(([name, ablation]) => ({ name, stage, settings: withoutNulls({ ...settings, ...ablation.settings }) })),
    ];
  });
}

/** Null takes back what an extended preset, or an ablation's stage, says: the default holds again. */
function withoutNulls(settings: Readonly<JsonObject>): JsonObject {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

/** The names that `run --until` and `train --stage` know, in the order in which they are done. */
export function stageNames(preset: Preset): readonly string[] {
  return [...trainingsOf(preset).map(({ name }) => name), ...(preset.stages.evaluate === undefined ? [] : ["evaluate"])];
}

/** Everything up to a stage, its own ablations included; `data` is stage 1 alone. */
export function stagesUntil(preset: Preset, last: string): readonly string[] {
  const names = stageNames(preset);
  const stageOf = new Map<string, string>(trainingsOf(preset).map(({ name, stage }) => [name, stage]));
  const end = names.findLastIndex((name) => name === last || stageOf.get(name) === last);
  return names.slice(0, end + 1);
}
