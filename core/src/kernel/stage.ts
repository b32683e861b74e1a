/** The contract of stages: what a run does after its data sets. A stage trains, evaluates, publishes; it is keyed by what decides its result, and not done again while that is the same. */
import type { OptionsSchema, RolloutRequest, ScoredTrajectory } from "./hook-types.ts";
import { type Logger, type Policy, type Rollout, type Token, token } from "./services.ts";
import type { EpisodeService, RlTask, TrainJob, TrainResult } from "./training.ts";
import type { JsonObject, Query, Sampling, Trajectory } from "./trajectory/model.ts";

/** Provided under {@link STAGE} by a plugin of kind `stage`, under its name where a plugin has several. */
export interface Stage {
  /** What presets call it below `stages`. Another plugin's of the same name is a conflict; AutoTraj's own give way. */
  readonly name: string;
  /** JSON Schema of its own settings: closed, every property described, defaults inside. Checked with file and line before anything is spent. */
  readonly settings: OptionsSchema;
  /** The stage of the hook `train` that does its work: its backend's settings then stand beside its own. */
  readonly trains?: string;
  /** Its own settings that decide its result by themselves. Default: all. Others act through what {@link PreparedStage.parts} say. */
  readonly decisive?: readonly string[];
  /** Whether what it leaves is the policy, trained: evaluation and the next round begin with it. */
  readonly leavesPolicy?: boolean;
  /** Whether its work lies in asking the policy with other weights. */
  readonly samplesModels?: boolean;
  /** Looks, after the schema, at what no schema can say; in the way of nothing where the stage is not to be done. @throws PluginError */
  check?(settings: Readonly<JsonObject>): void;
  /** Finds out what decides the result, and spends nothing: no model, no process. */
  prepare(context: StageContext): Promise<PreparedStage>;
}

export interface PreparedStage {
  /**
   * What decides the result beside its settings and its backend, as people read it (`the rows to train on`): a value that has changed is named when the stage is
   * done again. Undefined values are no parts. Left out: the stage is done whenever it is asked for, and leaves no artifact.
   */
  readonly parts?: Readonly<Record<string, unknown>>;
  /** What of the run it is made from: stages by name, files by path. Where one is done again, what the stage left is out of date. */
  readonly madeFrom?: { readonly stages?: readonly StageArtifact[]; readonly files?: readonly string[] };
  run(): Promise<StageResult>;
  /** What could not be had when the stage was done (a report), tried again at every run until it is there. Undefined: it is whole, or still cannot be had. */
  complete?(artifact: StageArtifact): Promise<StageResult | undefined>;
  /** Lets go of what `prepare` holds. */
  close?(): void;
}

/** What a stage leaves, beside its files: kept in its folder's `artifact.json`. A trained model has {@link TrainResult}'s fields. */
export interface StageResult extends Partial<TrainResult> {
  readonly [field: string]: unknown;
}

export interface StageArtifact extends StageResult {
  /** Where it lies; not written. */
  readonly dir: string;
  /** The stage's own name, or its ablation's. */
  readonly name: string;
  readonly stage: string;
  /** Hash of all that decides the result. */
  readonly key: string;
  /** Seconds it took. */
  readonly seconds: number;
  /** Why it is not what the run as it is now would give; worked out when it is read. */
  readonly outOfDate?: string;
}

/** One stage in one run, or in one round of it. */
export interface StageContext {
  /** The stage's own name, or its ablation's: what tables call what it leaves. */
  readonly name: string;
  /** Valid, with their defaults. */
  readonly settings: Readonly<JsonObject>;
  readonly seed: number;
  /** Its own folder; there from `run` on. What another job left in it is moved aside. */
  readonly dir: string;
  /** The run's folder; of a later round that round's. */
  readonly runDir: string;
  /** `info`, and incidents by `warn`. */
  readonly log: Logger;
  /** Aborted when the run is stopped at once. */
  readonly signal: AbortSignal;
  /** The work's own end, or ATRAJ_INTERRUPTED as soon as the run is stopped at once, whether or not the work listens. */
  orStopped<T>(work: Promise<T>): Promise<T>;
  /** Where this run's data sets lie: SFT rows, pairs of an accepted repair and what it repairs, pairs of a kept candidate and a wrong one by the same author. */
  readonly datasets: { readonly sft: string; readonly preferences: string; readonly siblings: string };
  /** All questions of the loop, with the share of right candidates each had; undefined where none was judged. */
  questions(): AsyncIterable<{ readonly query: Query; readonly passRate: number | undefined }>;
  /** The preset's held-out questions; undefined where it names none. */
  heldOut(): AsyncIterable<Query> | undefined;
  /** What another stage left in this run, or this round. */
  artifact(stage: string): StageArtifact | undefined;
  /** The policies that the preset's stages have left in all rounds, in order, each stage's ablations behind it; then those given by hand. */
  models(): readonly TrainedModel[];
  /** Deterministic randomness in [0, 1), as in taps: the same parts give the same number in every run with the same seed. */
  random(...parts: readonly (string | number)[]): number;
  /** SHA-256 (hex) of a JSON value, whatever the order of its keys. */
  hashOf(value: unknown): string;
  /** SHA-256 (hex) of a file, or of a model's folder: its weights and configuration, wherever it lies. */
  contentOf(path: string): Promise<string>;
  /** The model that a training of this stage starts from: the last round's, its setting `model`, or what the stage `sft` left. @throws ATRAJ_STAGE_INPUT */
  startModel(): Promise<StartModel>;
  /** Lets the stage's one backend train; the job's folder, settings and process are the host's to add. Returns what it left, with the trainer's name. @throws ATRAJ_TRAINER_FAILED, ATRAJ_INTERRUPTED */
  train(job: Pick<TrainJob, "model" | "data" | "service"> & { readonly leaves: TrainResult["kind"] }): Promise<StageResult>;
  /**
   * The questions as episodes with the run's tools and rewards, for trainers that sample by themselves.
   * @param by which settings they are chosen; default: the stage's own. @throws ATRAJ_STAGE_INPUT where none is left to play
   */
  play(by?: Readonly<JsonObject>): Promise<Playing>;
  /** A question as the loop asks it: the preparers have seen it. */
  ask(query: Query): Promise<RolloutRequest | { readonly drop: string }>;
  /** All dimensions of the run's scorers. */
  score(query: Query, trajectories: readonly Trajectory[]): Promise<readonly ScoredTrajectory[]>;
  /** How the loop samples. */
  readonly sampling: Sampling;
  /** What the scorers fill, in the preset's order. */
  readonly dimensions: readonly string[];
  /** The policy that writes the candidates. @throws ATRAJ_STAGE_INPUT where the preset names none */
  policy(): { readonly id: string; readonly policy: Policy };
  /** The same with other weights, until `dispose`. @throws ATRAJ_STAGE_INPUT where it cannot load any */
  policyWith(modelDir: string): Promise<{ readonly policy: Policy; dispose(): Promise<void> }>;
  /** What tables and later runs know a policy by. */
  identityOf(policy: Policy): string;
  /** Rollouts with this policy in place of the run's: real tools, stored calls. */
  rollouts(policy: Policy): Rollout;
  /** Said of a stage that works through questions, by what it works on. */
  progress(what: string, done: number): void;
}

export interface StartModel {
  /** A folder, or a name that the trainer knows; as the preset has it. */
  readonly path: string;
  /** The folder, where it is one. */
  readonly folder?: string;
  /** What it is: a training's key, the content of a folder, a name. */
  readonly identity: string;
  /** The training that left it. */
  readonly artifact?: StageArtifact;
}

/** A model that a stage of this run left, or that was given by hand. */
export interface TrainedModel {
  /** Its stage's name, or its ablation's; of a later round with the round behind it. */
  readonly model: string;
  /** Its folder. */
  readonly path: string;
  /** The stage that left it, and what it left; undefined for a model given by hand. */
  readonly stage?: string;
  readonly artifact?: StageArtifact;
  readonly isAblation: boolean;
  /** Why it is not what the preset would give now. */
  readonly outOfDate?: string;
}

/** Episodes that can be played, before anybody plays them. */
export interface Playing {
  readonly episodes: EpisodeService;
  readonly tasks: readonly RlTask[];
  /** What decides how they are played and rewarded: the terms that count, the plugins behind them, weights, the reward model. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** What of the run the reward is made from. */
  readonly madeFrom: readonly StageArtifact[];
  /** Serves them over HTTP, with the trained reward model loaded. */
  serve(): Promise<NonNullable<TrainJob["service"]> & { close(): Promise<void> }>;
  close(): void;
}

/** What a run can do after its data sets, below `stages` in a preset. */
export const STAGE: Token<Stage> = token<Stage>("stage", { many: true });
