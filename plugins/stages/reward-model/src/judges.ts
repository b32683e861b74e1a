/** What the report of a reward model is made with. */
import type { Dialects, RewardModel } from "@autotraj/core/plugin";

/** Who judges: the preset's first reward-model plugin. */
export interface Judges {
  model(): RewardModel | undefined;
  readonly dialects: Dialects;
}
