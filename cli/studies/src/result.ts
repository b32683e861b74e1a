/** What a study found so far, as data: `study.json`, and what tables and the picture are made from. */
import type { Estimate, ModelEvaluation } from "@autotraj/core";
import type { Compared, Measure } from "./definition.ts";

export interface StudyResult {
  readonly study: string;
  readonly preset: string;
  readonly measure: Measure;
  /** Runs that are done, of how many. */
  readonly done: number;
  readonly planned: number;
  readonly arms: readonly ArmResult[];
  readonly comparisons: readonly ArmComparison[];
  /** The untrained policy, as the first run evaluated it. */
  readonly references: readonly Pick<ModelEvaluation, "model" | "precision" | "questions" | "greedy">[];
  /** What a reader of the table must know. */
  readonly notes: readonly string[];
}

export interface ArmResult {
  readonly arm: string;
  readonly runs: readonly ArmRun[];
  /** Over seeds and questions; null where no run is done. */
  readonly mean: Estimate | null;
}

export interface ArmRun {
  readonly seed: number;
  /** Its folder, from the study's. */
  readonly run: string;
  readonly model: string;
  /** How its weights were stored when it was evaluated; null where the policy does not say. */
  readonly precision: string | null;
  /** Questions of its loop that failed: it learnt without them. */
  readonly failed: number;
  readonly questions: number;
  /** Sum of the questions' values: with `greedy`, how many are right. */
  readonly right: number;
  readonly mean: number;
  readonly loop: LoopEffort;
  /** By stage that trained the policy. */
  readonly trainings: Readonly<Record<string, Effort>>;
}

/** What a run's loop wrote, and what came of it. */
export interface LoopEffort {
  readonly candidates: number;
  /** Repairs that were tried, accepted or not. */
  readonly repairs: number;
  readonly kept: number;
  readonly repaired: number;
  /** Questions with a row to learn from. */
  readonly questions: number;
  /** … of them those that only repairs gave one. */
  readonly gained: number;
}

/** What a training took; null where its trainer does not say. */
export interface Effort {
  readonly steps: number | null;
  /** Tokens that carried loss, over all steps. */
  readonly lossTokens: number | null;
  readonly rows: number | null;
  readonly seconds: number;
  /** Hash of the rows that it learnt from. */
  readonly data: string | null;
}

export interface ArmComparison extends Compared {
  /** Paired by question and seed. */
  readonly difference: Estimate;
  readonly seeds: readonly { readonly seed: number; readonly difference: number }[];
  /** True where it was not asked for when the study began. */
  readonly addedLater: boolean;
}

/** What was asked for when a study began. */
export interface Beginning {
  /** Its name. Folders of before it was kept say none, nor how many questions. */
  readonly study?: string;
  /** Questions of the loop at most; null: all. */
  readonly limit?: number | null;
  readonly seeds: readonly number[];
  readonly compare: readonly Compared[];
}
