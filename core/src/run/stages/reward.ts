/** How reward terms become one reward: rules as data, named in the preset's `reward.combine`. */
import type { EpisodeReward, RewardTapOptions, Score } from "../../kernel/plugin.ts";

export type CombineRule = "sum" | "paper" | "bounded";

export interface RewardSettings {
  readonly combine: CombineRule;
  /** By term; default 1, for a `trajectory` term 0.2. */
  readonly weights: Readonly<Record<string, number>>;
}

/** What the reward model gave on the trajectories it was evaluated on, before RL: the scale that `bounded` measures by. */
export interface RewardScale {
  readonly mean: number;
  readonly deviation: number;
}

const TRAJECTORY_WEIGHT = 0.2;
/** The paper's clip of outcome plus bonus. */
const CLIP = 3;

/**
 * Combines one trajectory's terms. A gate's value below 0 is the reward. Else, with o the weighted sum of the outcome terms, r a trajectory term and
 * w its weight:
 * - `sum`: o + Σ w·r
 * - `paper`: max(o, clip(o + w·r·[o > 0], −3, 3)), the published code's rule with its unbounded r
 * - `bounded`: the same with r measured by the reward model's own scale, tanh((r − mean) / deviation): a reward model can never outweigh the outcome
 *
 * `bounded` also says what of the reward is the term's, and its bound: a trainer that divides rewards by a deviation would make a whole advantage of it
 * in a group whose outcomes are alike ({@link EpisodeReward.bounded}).
 *
 * A term that was skipped takes no part; one that failed makes the reward invalid.
 */
export function combineReward(
  terms: ReadonlyMap<string, { readonly score: Score; readonly role: RewardTapOptions["role"] }>,
  { combine, weights }: RewardSettings,
  scale: RewardScale | undefined,
): EpisodeReward {
  const values = Object.fromEntries([...terms].map(([name, { score }]) => [name, "value" in score ? score.value : null]));
  for (const [name, { score }] of terms) if ("failed" in score) return { reward: null, terms: values, invalid: `${name}: ${score.failed}` };
  let gate: number | undefined;
  let outcome = 0;
  let bonus = 0;
  let outcomes = 0;
  let limit = 0;
  for (const [name, { score, role }] of terms) {
    if (!("value" in score)) continue;
    if (role === "gate") {
      if (score.value < 0) gate = Math.min(gate ?? 0, score.value);
    } else if (role === "outcome") {
      outcomes++;
      outcome += (weights[name] ?? 1) * score.value;
    } else {
      const value = combine === "bounded" ? bounded(score.value, scale) : score.value;
      const weight = weights[name] ?? TRAJECTORY_WEIGHT;
      limit += Math.abs(weight);
      bonus += weight * value;
    }
  }
  if (gate !== undefined) return { reward: gate, terms: values };
  if (outcomes === 0 && combine !== "sum") return { reward: null, terms: values, invalid: "no outcome term applies to this trajectory" };
  // A sum of nothing would be 0, and look like a judgement.
  if (Object.values(values).every((value) => value === null)) return { reward: null, terms: values, invalid: "no term applies to this trajectory" };
  if (combine === "sum") return { reward: outcome + bonus, terms: values };
  const lifted = outcome > 0 ? outcome + bonus : outcome;
  const reward = Math.max(outcome, Math.min(CLIP, Math.max(-CLIP, lifted)));
  return { reward, terms: values, ...(combine === "bounded" && limit > 0 ? { bounded: { value: reward - outcome, limit } } : {}) };
}

/** In (−1, 1). Without a scale the score is taken as it is. */
function bounded(score: number, scale: RewardScale | undefined): number {
  if (scale === undefined) return Math.tanh(score);
  return Math.tanh((score - scale.mean) / (scale.deviation > 0 ? scale.deviation : 1));
}
