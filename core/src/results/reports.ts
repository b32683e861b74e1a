/** What evaluation found, as data: the tables at the end of a run and `summary.json` are made from these. */
import type { Source } from "./artifact.ts";

/** A mean with its 95 % confidence interval. With `n` 0 there is no value: 0, and the whole range it could have. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Questions, or pairs, it was taken over. */
  readonly n: number;
}

/** One model on the held-out questions. */
export interface ModelEvaluation {
  /** `base`, `base+examples`, `sft`, `rl`, or a folder's name. */
  readonly model: string;
  /** Folder of the weights; null for the policy's own. */
  readonly path: string | null;
  /** What was sampled, by a hash of the policy's `identity`; undefined where an older version wrote this. */
  readonly identity?: string;
  /** How its weights were stored when it was sampled (`F16`, `Q4_1`); undefined where the policy does not say. */
  readonly precision?: string;
  /** The training that left it. */
  readonly madeFrom?: readonly Source[];
  /** Why it is not what the run has now: it is compared with nothing. */
  readonly outOfDate?: string;
  readonly questions: number;
  /** Trajectories that could not be had, and are counted nowhere. */
  readonly failed: number;
  /** Share of questions answered rightly at temperature 0. */
  readonly greedy: Estimate | null;
  readonly sampled: {
    /** Trajectories per question. */
    readonly samples: number;
    readonly temperature: number;
    /** avg@k: mean share of right samples. */
    readonly average: Estimate;
    /** pass@k: share of questions with at least one right sample. */
    readonly pass: Estimate;
    /** By k (1, 2, 4, 8, … and all samples): the unbiased pass@k, whose last is `pass`. Undefined where an older version wrote this. */
    readonly passAt?: Readonly<Record<string, Estimate>>;
    /** maj@k: share of questions whose most frequent answer is right; ties go to the answer that came first. */
    readonly majority: Estimate;
    /** Best of k by the reward model's score, where there is one. */
    readonly best: Estimate | null;
  } | null;
  /** Greedy accuracy by other rules, by dimension: the paper's beside ours. */
  readonly otherRules: Readonly<Record<string, Estimate>>;
  /** Greedy accuracy by the questions' task. */
  readonly tasks: Readonly<Record<string, { readonly questions: number; readonly accuracy: number }>>;
  /** Means over the greedy trajectories. */
  readonly toolCalls: number | null;
  readonly words: number | null;
  /** Means of the preset's dimensions over the greedy trajectories. */
  readonly dimensions: Readonly<Record<string, number>>;
}

/** Two models on the same questions. */
export interface ModelComparison {
  readonly model: string;
  readonly against: string;
  /** Greedy accuracy of `model` minus that of `against`: paired bootstrap over questions. */
  readonly difference: Estimate;
  /** Questions that only one of the two answered rightly, and the exact two-sided McNemar p. */
  readonly better: number;
  readonly worse: number;
  readonly p: number;
}

/** How well a reward model tells held-out pairs apart, beside what could fake it. */
export interface RewardModelReport {
  readonly pairs: number;
  /** Pairs of which one side could not be scored: counted nowhere. */
  readonly unscored: number;
  /** Share of pairs whose chosen side scores higher; a tie counts half. */
  readonly accuracy: Estimate;
  /** The same for rules that know nothing of trajectories; see plugins/stages/reward-model/src/pairs.ts. */
  readonly baselines: Readonly<Record<string, Estimate>>;
  /** The baseline that does best; never `shuffled labels`, nor `author` where authors are separated. */
  readonly best: string | null;
  /**
   * True where no author is on both sides of the pairs, as in the paper's own: every chosen side is a repairer's. `author` is then 1 whatever the trajectories
   * are worth, and the reward model may have learnt the repairer's style and nothing else: these pairs cannot tell.
   */
  readonly authorsSeparated: boolean;
  /** True where the accuracy's interval lies above a half and its paired difference to the best baseline lies above 0. */
  readonly beatsBaselines: boolean;
  /** By kind of pair (`repair`, `sibling`, `edit`) and by edit (`edit: flipped-sign`), with the rule that does best on these; undefined where an older version wrote this. */
  readonly kinds?: Readonly<Record<string, { readonly accuracy: Estimate; readonly best: string | null; readonly bestAccuracy: Estimate | null }>>;
  /** How many pairs each kind had, and why others were left out. */
  readonly sources?: Readonly<Record<string, { readonly pairs: number; readonly leftOut: Readonly<Record<string, number>> }>>;
  /** Accuracy by what was wrong with the rejected side (the verdict's cause). */
  readonly causes: Readonly<Record<string, Estimate>>;
  /** Accuracy where both sides have the same author, so that style cannot give them away; null without such pairs. */
  readonly sameAuthor: Estimate | null;
  /** Ten bins of equally many pairs by the size of the score difference, with the share of right pairs in each: a calibration plot's data. */
  readonly calibration: readonly { readonly difference: number; readonly predicted: number; readonly observed: number; readonly pairs: number }[];
  /** Mean and standard deviation of all scores. */
  readonly scale: { readonly mean: number; readonly deviation: number };
}

/** Questions that training and evaluation share. */
export interface LeakageReport {
  readonly evaluated: number;
  /** Held-out questions whose normalised text occurs in training. */
  readonly sameText: readonly string[];
  /** Held-out questions most of whose word n-grams occur in one training question. */
  readonly overlapping: readonly { readonly id: string; readonly with: string; readonly overlap: number }[];
}

export interface EvaluationSummary {
  readonly models: readonly ModelEvaluation[];
  readonly comparisons: readonly ModelComparison[];
  readonly leakage: LeakageReport | null;
}
