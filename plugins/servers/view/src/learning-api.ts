/** What the viewer's server answers about what was learnt from a run: pairs, evaluation, training. Types only, shared with the web app as `api.ts` is. */
import type { EvaluationSummary, ModelComparison, RewardModelReport } from "@autotraj/core/reports";
import type { RunState, TrajectoryView } from "./api.ts";

export type { Estimate, EvaluationSummary, ModelComparison, ModelEvaluation, RewardModelReport } from "@autotraj/core/reports";

/** Some pairs of a run: a data set, or those that were held out from a reward model's training. */
export interface PairSet {
  /** Its name in addresses: `preferences`, `siblings`, `held out: <model>`. */
  readonly name: string;
  readonly pairs: number;
  /** Of these, the ones with a margin. */
  readonly scored: number;
  /** False while it is being indexed. */
  readonly complete: boolean;
}

/** What became of a pair before the reward model. A tie is `wrong`: it tells them not apart. */
export type Told = "right" | "wrong" | "unscored";

/** One line of a list of pairs. */
export interface PairRow {
  /** In its set, from 0. */
  readonly place: number;
  /** `repair`, `sibling` or `edit`. */
  readonly kind: string;
  /** Which edit. */
  readonly edit: string | null;
  readonly task: string | null;
  /** Its beginning. */
  readonly question: string;
  /** The reward model's score of the chosen side minus that of the rejected one; null where it scored none. */
  readonly margin: number | null;
  /** What rules give the chosen side, by name: 1 where they prefer it, 0 the other one, ½ neither. Null where the pair was not judged. */
  readonly rules: Readonly<Record<string, number>> | null;
}

/** `GET /api/runs/:run/pairs?set=&kind=&told=&sort=margin&order=&after=`. Sorted by margin: those that have one. */
export interface PairPage {
  readonly sets: readonly PairSet[];
  /** Which of them this is; null where there is none of the name. */
  readonly set: string | null;
  readonly kinds: readonly string[];
  readonly rows: readonly PairRow[];
  readonly next: string | null;
  /** How many match. */
  readonly count: number;
}

/** A trajectory beside another one. */
export interface ComparedSide {
  /** Its row's place and fate are the run's where it is `inRun`, and mean nothing elsewhere. */
  readonly trajectory: TrajectoryView;
  readonly inRun: boolean;
}

/** `GET /api/runs/:run/pairs/:set/:place`, with the filter and order of a list */
export interface PairAnswer {
  readonly pair: PairRow;
  readonly scores: { readonly chosen: number | null; readonly rejected: number | null };
  /** Whose margin it is. */
  readonly judge: string | null;
  readonly chosen: ComparedSide;
  readonly rejected: ComparedSide;
  /** Places of those before and after it in the list that the query string tells of; null at its ends. */
  readonly previous: number | null;
  readonly next: number | null;
}

/** `GET /api/runs/:run/reward-models` */
export interface RewardModelsAnswer {
  readonly models: readonly {
    readonly name: string;
    readonly report: RewardModelReport;
    readonly outOfDate: string | null;
    /** The set of its held-out pairs; null where they are gone. */
    readonly set: string | null;
  }[];
}

/** `GET /api/runs/:run/evaluation` */
export interface EvaluationAnswer {
  /** As `autotraj stats` has it; null where nothing was evaluated. */
  readonly summary: EvaluationSummary | null;
  /** Models whose answers can be looked at. */
  readonly answered: readonly { readonly model: string; readonly questions: number; readonly complete: boolean }[];
}

/** Who answered a question rightly, of two models. */
export type Outcome = "a" | "b" | "both" | "neither";

/** How a model answered one question at temperature 0. */
export interface GivenAnswer {
  readonly right: boolean;
  readonly answer: string | null;
  readonly calls: number;
  /** Sampled trajectories besides, and how many of them are right. */
  readonly samples: number;
  readonly samplesRight: number;
}

export interface QuestionRow {
  /** Its place among the answers of `a`. */
  readonly place: number;
  readonly id: string;
  /** Its beginning. */
  readonly question: string;
  readonly task: string | null;
  readonly a: GivenAnswer;
  readonly b: GivenAnswer;
}

/** `GET /api/runs/:run/evaluation/questions?a=&b=&outcome=&after=`: questions that both could be judged on. */
export interface QuestionPage {
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly rows: readonly QuestionRow[];
  readonly next: string | null;
}

/** `GET /api/runs/:run/evaluation/comparison?a=&b=`: `a` against `b`, the run's own comparison where it made it, either way round. */
export type ComparisonAnswer = ModelComparison;

/** `GET /api/runs/:run/evaluation/answers?question=&a=&b=&sampleA=&sampleB=`: the greedy trajectory, or a sampled one (from 1). */
export interface AnswersAnswer {
  readonly question: string;
  readonly answers: readonly string[];
  readonly task: string | null;
  readonly a: EvaluatedSide;
  readonly b: EvaluatedSide;
}

export interface EvaluatedSide extends ComparedSide {
  readonly model: string;
  /** Whether each is right: the greedy one first, then the samples. */
  readonly right: readonly boolean[];
  /** Which of them is shown. */
  readonly sample: number;
}

/** `GET /api/runs/:run/training` */
export interface TrainingAnswer {
  readonly state: RunState;
  readonly stages: readonly TrainedStage[];
}

/** What one training left, or has written so far. */
export interface TrainedStage {
  /** `sft`, `rl round 2`, an ablation's name. */
  readonly name: string;
  /** Which stage it is; its own name while it is not done. */
  readonly stage: string;
  readonly trainer: string | null;
  readonly rows: { readonly train: number; readonly heldOut: number } | null;
  readonly seconds: number | null;
  readonly outOfDate: string | null;
  /** Final figures, as its backend names them. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly curves: Curves;
}

export interface Curves {
  /** Steps of which something is known; of more than can be seen, every so many-th. */
  readonly steps: readonly number[];
  /** Steps in all; null where the log does not say. */
  readonly total: number | null;
  /** By the backend's own name; null where a step lacks it. */
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
  /** How many steps there are for each one shown. */
  readonly every: number;
  /** Why there are none. */
  readonly problem: string | null;
}
