/** The contract of the hooks: what taps are given and what they give back. How answers combine is hooks.ts. */
import type { DialectName, Example, JsonObject, Query, Sampling, Score, Scores, Trajectory, Verdict } from "./trajectory/model.ts";

/** A JSON Schema of the plugin's options: closed, every property described, defaults inside. */
export interface OptionsSchema {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, JsonObject>>;
  readonly required?: readonly string[];
}

/** What every tap gets of its run. */
export interface RunContext {
  readonly runId: string;
  /** Aborted when the run is stopped at once or the tap has overrun its time. */
  readonly signal: AbortSignal;
  /** Deterministic randomness in [0, 1): the same parts give the same number in every run with the same seed. */
  random(...parts: readonly (string | number)[]): number;
}

/** tapable's vocabulary. Order is: `stage` (low first, default 0), then preset order, both overruled by `before`. */
export interface TapOptions {
  /** Tells two taps of one plugin apart in messages; the plugin's id is put in front. */
  readonly name?: string;
  readonly stage?: number;
  /** Preset ids or package names that must come later. An unknown one is an error, not a guess. */
  readonly before?: string | readonly string[];
  /** Overrides `run.hookTimeoutMs`. */
  readonly timeoutMs?: number;
}

export interface Hook<Tap, Extra extends object = object> {
  tapPromise(options: TapOptions & Extra, tap: Tap): void;
}

/** What a query becomes before it is asked. */
export interface RolloutRequest {
  readonly query: Query;
  /** The system prompt. Part of the trajectory and of what is trained on. */
  readonly system: string;
  /** Worked examples between the system prompt and the question. Shown, never trained on. */
  readonly examples: readonly Example[];
  readonly dialect: DialectName;
  /** Ids of the tools the policy may call: a plugin's preset id, or `id/name` for one of a plugin's several. */
  readonly tools: readonly string[];
  readonly sampling: Sampling;
  /** Tool calls a trajectory may make. */
  readonly maxToolCalls: number;
  /** Turns a trajectory may take; more than `maxToolCalls`, since the last one answers. */
  readonly maxTurns: number;
}

export type BeforeRollout = (request: RolloutRequest, run: RunContext) => Promise<RolloutRequest | { readonly drop: string } | undefined>;

/** One trajectory to be scored, with what may be looked at. */
export interface ScoreItem {
  readonly trajectory: Trajectory;
  readonly query: Query;
  /** Scores so far: the dimensions named in `needs`. */
  readonly scores: Scores;
  /** All candidates of the same query, this one included; for a repaired trajectory only itself. */
  readonly group: readonly ScoreItem[];
  /** The trajectory that this one repairs, with its scores. */
  readonly parent?: ScoredTrajectory;
  /** For a repaired trajectory: the other candidates of its query. */
  readonly siblings?: readonly ScoredTrajectory[];
}

export interface ScoreTapOptions {
  /** The dimensions this tap fills: name → what a high value means, and the range (default [0, 1]). */
  readonly dimensions: Readonly<Record<string, DimensionInfo>>;
  /** Dimensions of other scorers that must be there first. */
  readonly needs?: readonly string[];
}

export interface DimensionInfo {
  readonly description: string;
  readonly range?: readonly [number, number];
}

/** Returns, in the batch's order, a score for each of its own dimensions. A batch never splits the candidates of a query. */
export type ScoreTap = (batch: readonly ScoreItem[], run: RunContext) => Promise<readonly Scores[]>;

export interface ScoredTrajectory {
  readonly trajectory: Trajectory;
  readonly scores: Scores;
  readonly verdict?: Verdict;
}

/** Candidates of one query, or one repaired trajectory with its parent. */
export interface GateCase {
  readonly query: Query;
  /** What is judged. */
  readonly subject: "candidates" | "repair";
  /** With the verdict of the gates before, where one has spoken: what one has refused is not kept, and need take no place that another could have. */
  readonly items: readonly ScoredTrajectory[];
  /** Set where the subject is a repair. */
  readonly parent?: ScoredTrajectory;
}

/**
 * One verdict per item in order, or undefined to abstain. Of a repair, `keep` accepts, `repair` refuses and lets the next attempt try,
 * `discard` refuses and ends the repair. A copy of what is to be repaired is refused before any gate is asked.
 */
export type ShouldRepair = (gateCase: GateCase, run: RunContext) => Promise<readonly Verdict[] | undefined>;

/** A trajectory to repair, with all that is known about it. */
export interface RepairCase {
  readonly request: RolloutRequest;
  /** The trajectory to repair, its scores (the diagnosis) and the verdict that sent it here. */
  readonly original: ScoredTrajectory;
  /** The other candidates of the same query. */
  readonly siblings: readonly ScoredTrajectory[];
  /** Refused repairs so far, of this repairer and of those before it. */
  readonly attempts: readonly RepairAttempt[];
  /** How often this repairer has been asked about this case before. */
  readonly attempt: number;
}

export interface RepairAttempt extends ScoredTrajectory {
  readonly repairer: string;
}

/** A repaired trajectory, or undefined where this repairer has nothing to offer. Use the ROLLOUT service to write one with real tools. */
export type Repair = (repairCase: RepairCase, run: RunContext) => Promise<Trajectory | undefined>;

export interface RewardTapOptions {
  /**
   * What the term is to the reward: `outcome` is added with its weight; `gate` lets 0 and more pass and replaces the reward by anything below;
   * `trajectory` is a model's unbounded score, bounded and weighted as `reward.combine` says.
   */
  readonly role: "outcome" | "gate" | "trajectory";
  /** Dimensions that must be scored first: only the scorers behind them run. */
  readonly needs?: readonly string[];
}

/** One reward term per trajectory, in order. `failed` makes the sample invalid; it never becomes 0. */
export type RewardTap = (batch: readonly ScoreItem[], run: RunContext) => Promise<readonly Score[]>;
