/**
 * `seed`, a setting of every stage that has a trainer, whoever wrote the two: the training again with other chance and all else the same. It decides what a trainer decides
 * by its job's seed (the order of rows, new weights such as a reward model's head or LoRA's, dropout, what is sampled), and nothing of the loop, nor which rows are held out.
 */
import type { JsonObject, OptionsSchema, Stage, TrainTapOptions } from "../../kernel/plugin.ts";

type Properties = OptionsSchema["properties"];

const SEED: JsonObject = {
  type: "integer",
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "Seed of this training alone: order of rows, new weights, dropout, what is sampled. Default: run.seed.",
};

/** Nothing for stages that do not train, and where the stage or its backend has a setting of this name for itself. */
export function seedSetting({ trains, settings }: Pick<Stage, "trains" | "settings">, backend?: Pick<TrainTapOptions, "settings">): Properties {
  return trains === undefined || "seed" in settings.properties || "seed" in (backend?.settings.properties ?? {}) ? {} : { seed: SEED };
}
