/** Which stages a preset asks for, in which order: each followed by its ablations. What plugin does them is chosen-stages.ts. */
import type { Ablation, Preset } from "../../config/preset/index.ts";
import { stageOrder } from "../../config/standard-stages.ts";
import type { JsonObject } from "../../kernel/plugin.ts";

/** One thing to do after the data sets. */
export interface WantedStage {
  /** The stage's or the ablation's name: its folder, and what tables call what it leaves. */
  readonly name: string;
  readonly stage: string;
  /** As the preset has them. */
  readonly settings: Readonly<JsonObject>;
}

/** An ablation is its stage with some settings changed; it starts where the stage starts, and nothing goes on from it. */
export function stagesOf({ stages, ablations }: Preset): readonly WantedStage[] {
  return stageOrder(Object.keys(stages)).flatMap((stage) => {
    const settings = stages[stage];
    if (settings === undefined) return [];
    const changed = Object.entries(ablations).filter(([, ablation]) => ablation.stage === stage);
    return [{ name: stage, stage, settings }, ...changed.map(([name, ablation]) => ({ name, stage, settings: changedBy(ablation, settings) }))];
  });
}

/** Null takes back what the stage says: the default holds again. */
function changedBy(ablation: Ablation, settings: Readonly<JsonObject>): JsonObject {
  return Object.fromEntries(Object.entries({ ...settings, ...ablation.settings }).filter(([, value]) => value !== null));
}

/** The names that `run --until` and `train --stage` know, in the order in which they are done. */
export function stageNames(preset: Preset): readonly string[] {
  return stagesOf(preset).map(({ name }) => name);
}

/** Everything up to a stage, its own ablations included. */
export function stagesUntil(preset: Preset, last: string): readonly string[] {
  const stages = stagesOf(preset);
  const end = stages.findLastIndex(({ name, stage }) => name === last || stage === last);
  return stages.slice(0, end + 1).map(({ name }) => name);
}
