/** Calls the six hooks: builds them from the plugins' taps through tapable's `register` interceptor, hands each tap its input and checks what comes back. */
import { AutoTrajError, endsTheRun, messageOf } from "./errors.ts";
import { deepFreeze } from "./freeze.ts";
import { FAILURES_IN_A_ROW, Streaks } from "./health.ts";
import { createHooks, type RegisteredTap, type TapableHooks } from "./hooks.ts";
import type {
  BeforeRollout,
  GateCase,
  Query,
  Repair,
  RepairAttempt,
  RepairCase,
  RewardTap,
  RewardTapOptions,
  RolloutRequest,
  RunContext,
  Score,
  ScoredTrajectory,
  ScoreItem,
  Scores,
  ShouldRepair,
  Train,
  TrainJob,
  TrainResult,
  TrainStage,
  TrainTapOptions,
  Trajectory,
  Verdict,
} from "./plugin.ts";
import { checkNeeds, type DeclaredScorer, planScorers, type ScorePlan } from "./score-levels.ts";
import { checkedScore, checkedScores, failedScores } from "./scores.ts";
import { type DeclaredTap, orderTaps, type TapGuard, wrongResult } from "./taps.ts";
import { trajectoryId } from "./trajectory/identity.ts";
import { checkTrajectory } from "./trajectory/schema.ts";

type DeclaredRepairer = DeclaredTap<Repair, { readonly attempts?: number; readonly needs?: readonly string[] }>;
type DeclaredReward = DeclaredTap<RewardTap, RewardTapOptions>;
type DeclaredTrainer = DeclaredTap<Train, TrainTapOptions>;

interface PrepareState {
  readonly request: RolloutRequest;
  readonly drop?: { readonly reason: string; readonly by: string };
}
interface SheetState {
  readonly items: readonly ScoreItem[];
  /** One object per item, filled in place as levels finish. */
  readonly sheet: Record<string, Score>[];
  /** What ends the scoring, once all scorers of the level are done: none is left running behind it. */
  readonly fatal: unknown[];
  readonly only: ReadonlySet<string> | undefined;
}
/** What scoring and gating a repaired trajectory gave. */
export type Judge = (trajectory: Trajectory) => Promise<{ scored: ScoredTrajectory; verdict: Verdict }>;
interface RepairState {
  readonly repairCase: Omit<RepairCase, "attempt" | "attempts">;
  readonly attempts: RepairAttempt[];
  readonly judge: Judge;
  readonly accepted?: ScoredTrajectory;
  /** A gate said that no further attempt is worth making. */
  readonly givenUp?: boolean;
}
interface RewardState {
  readonly items: readonly ScoreItem[];
  readonly terms: Map<string, readonly Score[]>;
}

export type OnScorerError = "record" | "fail";

export class Lifecycle {
  readonly scorePlan: ScorePlan;
  /** The reward's terms by tap name, in preset order, with the dimensions each needs. */
  readonly rewardTerms: ReadonlyMap<string, RewardTapOptions>;
  readonly #hooks: TapableHooks<PrepareState, SheetState, GateCase, RepairState, RewardState, Parameters<Train>[0]>;
  readonly #order: ReadonlyMap<string, readonly string[]>;
  readonly #onIncident: (who: string, what: string) => void;
  readonly #backends: readonly DeclaredTrainer[];
  readonly #scorerStreaks = new Streaks();
  #guard: TapGuard | undefined;

  /** `trainers` names the plugin of a stage where the preset does. */
  constructor(
    taps: readonly DeclaredTap[],
    onScorerError: OnScorerError,
    onIncident: (who: string, what: string) => void,
    trainers: Readonly<Partial<Record<TrainStage, string>>> = {},
  ) {
    const of = <T extends DeclaredTap>(hook: T["hook"]) => orderTaps(taps.filter((tap): tap is T => tap.hook === hook));
    const scorers = of<DeclaredScorer>("score");
    const backends = of<DeclaredTrainer>("train").filter(({ pluginId, options }) => (trainers[options.stageName] ?? pluginId) === pluginId);
    const rewards = of<DeclaredReward>("reward");
    this.#backends = backends;
    this.#onIncident = onIncident;
    this.scorePlan = planScorers(scorers);
    const gates = of<DeclaredTap<ShouldRepair, { readonly needs?: readonly string[] }>>("shouldRepair");
    const repairers = of<DeclaredRepairer>("repair");
    checkNeeds([...gates, ...repairers, ...rewards], this.scorePlan.dimensions);
    for (const tap of rewards) checkRole(tap);
    this.#hooks = createHooks(this.scorePlan.levels.length);
    this.#order = new Map([...new Set(taps.map((tap) => tap.hook))].map((hook) => [hook, of(hook).map((tap) => tap.name)]));

    register(
      this.#hooks.beforeRollout,
      of<DeclaredTap<BeforeRollout>>("beforeRollout"),
      (tap) => (state: PrepareState) => this.#prepareWith(tap, state),
    );
    this.scorePlan.levels.forEach((level, index) => {
      const hook = this.#hooks.score[index];
      if (hook !== undefined) register(hook, level, (tap) => (state: SheetState) => this.#scoreWith(tap, state, onScorerError));
    });
    register(this.#hooks.shouldRepair, gates, (tap) => (gateCase: GateCase) => this.#gateWith(tap, gateCase));
    register(this.#hooks.repair, repairers, (tap) => (state: RepairState) => this.#repairWith(tap, state));
    this.rewardTerms = new Map(rewards.map((tap) => [tap.name, tap.options]));
    register(this.#hooks.reward, rewards, (tap) => (state: RewardState) => this.#rewardWith(tap, state));
    for (const tap of backends) {
      register(
        this.#hooks.train.for(tap.options.stageName),
        [tap],
        (only) => (job: Parameters<Train>[0]) => this.#call(only, `stage ${job.stage}`, (run) => only.fn(job, run)),
      );
    }
  }

  /** Tap names per hook in the order they run: for `plan`. */
  get order(): ReadonlyMap<string, readonly string[]> {
    return this.#order;
  }

  /** Taps can be called from here on. */
  begin(guard: TapGuard): void {
    this.#guard = guard;
  }

  /** Taps that were called and have not come back. */
  unfinished(): readonly string[] {
    return this.#guard?.unfinished() ?? [];
  }

  async beforeRollout(request: RolloutRequest): Promise<PrepareState> {
    return this.#hooks.beforeRollout.promise({ request: deepFreeze(request) });
  }

  /** All dimensions of every item, in the items' order. `repaired` is set when the one item is a repair; `only` leaves out scorers that fill none of these dimensions. */
  async score(
    query: Query,
    trajectories: readonly Trajectory[],
    repaired?: { readonly parent: ScoredTrajectory; readonly siblings: readonly ScoredTrajectory[] },
    only?: ReadonlySet<string>,
  ): Promise<readonly ScoredTrajectory[]> {
    const sheet: Record<string, Score>[] = trajectories.map(() => ({}));
    deepFreeze([query, trajectories, repaired]);
    for (const hook of this.#hooks.score) {
      // Each level sees what the levels before it filled, and nothing of what its neighbours are filling now.
      const items: ScoreItem[] = [];
      trajectories.forEach((trajectory, index) => {
        items.push({ trajectory, query, scores: { ...sheet[index] }, group: items, ...repaired });
      });
      const fatal: unknown[] = [];
      await hook.promise({ items: deepFreeze(items), sheet, fatal, only });
      if (fatal.length > 0) throw fatal[0];
    }
    const names = [...this.scorePlan.dimensions.keys()];
    return trajectories.map((trajectory, index) => {
      const filled = sheet[index] ?? {};
      const scores = Object.fromEntries(names.flatMap((name) => (filled[name] === undefined ? [] : [[name, filled[name]]])));
      return deepFreeze({ trajectory, scores });
    });
  }

  async shouldRepair(gateCase: GateCase): Promise<readonly Verdict[]> {
    const verdicts = await this.#hooks.shouldRepair.promise(deepFreeze(gateCase));
    return verdicts ?? gateCase.items.map(() => ({ decision: "discard", reason: "no gate gave a verdict", cause: "no verdict" }));
  }

  /** Lets the repairers try in order until one repair is accepted. `judge` scores and gates each repaired trajectory. */
  async repair(
    repairCase: Omit<RepairCase, "attempt" | "attempts">,
    judge: Judge,
  ): Promise<{ accepted?: ScoredTrajectory; attempts: readonly RepairAttempt[] }> {
    const attempts: RepairAttempt[] = [];
    const state = await this.#hooks.repair.promise({ repairCase, attempts, judge });
    return { attempts, ...(state.accepted === undefined ? {} : { accepted: state.accepted }) };
  }

  /** Reward terms by tap name, one score per item. */
  async reward(items: readonly ScoreItem[]): Promise<ReadonlyMap<string, readonly Score[]>> {
    const state: RewardState = { items: deepFreeze(items), terms: new Map() };
    await this.#hooks.reward.promise(state);
    return state.terms;
  }

  /** The dimensions that the reward's terms need, with all that the scorers behind them need themselves. */
  rewardDimensions(): ReadonlySet<string> {
    const wanted = new Set([...this.rewardTerms.values()].flatMap(({ needs = [] }) => needs));
    for (const level of [...this.scorePlan.levels].reverse()) {
      for (const { options } of level) {
        if (Object.keys(options.dimensions).some((name) => wanted.has(name))) for (const name of options.needs ?? []) wanted.add(name);
      }
    }
    return wanted;
  }

  /** Lets the stage's one backend do the job. */
  async train(job: TrainJob): Promise<TrainResult> {
    this.trainerOf(job.stage);
    return this.#hooks.train.for(job.stage).promise(job);
  }

  /** What the stage's one backend says of its settings. @throws as `trainerOf` */
  trainTap(stage: TrainStage): TrainTapOptions {
    const name = this.trainerOf(stage);
    const tap = this.#backends.find(({ options }) => options.stageName === stage);
    if (tap?.options.settings !== undefined) return tap.options;
    throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
      who: `trainer "${name}"`,
      what: `its tap of "train" for the stage "${stage}" says of no settings what they are.`,
      hint: 'Call it as tapPromise({ stageName, settings: { type: "object", additionalProperties: false, properties: { … } } }, …).',
    });
  }

  /** Exactly one backend, or the error says which there are. */
  trainerOf(stage: TrainStage): string {
    const taps = this.#hooks.train.get(stage)?.taps ?? [];
    const [only, ...others] = taps;
    if (only !== undefined && others.length === 0) return only.name;
    const code = only === undefined ? "ATRAJ_TRAINER_MISSING" : "ATRAJ_TRAINER_AMBIGUOUS";
    throw new AutoTrajError(code, {
      who: `stage "${stage}"`,
      what: only === undefined ? "no trainer backend of the preset offers it." : `${taps.map((tap) => `"${tap.name}"`).join(" and ")} all offer it.`,
      hint: only === undefined ? "Add a trainer plugin to the preset." : `Keep one, or name it in stages.${stage}.trainer.`,
    });
  }

  #call<T>(tap: DeclaredTap, about: string, work: (run: RunContext) => Promise<T>): Promise<T> {
    if (this.#guard === undefined) throw new Error("the lifecycle has not begun");
    return this.#guard.call(tap, about, work);
  }

  async #prepareWith(tap: DeclaredTap<BeforeRollout>, state: PrepareState): Promise<PrepareState> {
    if (state.drop !== undefined) return state;
    const about = `query ${state.request.query.id}`;
    const result = await this.#call(tap, about, (run) => tap.fn(state.request, run));
    if (result === undefined) return state;
    if (result === null || typeof result !== "object") throw wrongResult(tap, about, `${String(result)}, not a request`);
    if ("drop" in result) return { ...state, drop: { reason: String(result.drop), by: tap.name } };
    if (result.query?.id !== state.request.query.id) throw wrongResult(tap, about, "a request for another query");
    if (!Array.isArray(result.tools) || !Array.isArray(result.examples) || typeof result.system !== "string") {
      throw wrongResult(tap, about, "a request without system, tools or examples");
    }
    return { ...state, request: deepFreeze(result) };
  }

  async #scoreWith(tap: DeclaredScorer, state: SheetState, onError: OnScorerError): Promise<void> {
    const names = Object.keys(tap.options.dimensions);
    if (state.only !== undefined && !names.some((name) => state.only?.has(name))) return;
    const about = `query ${state.items[0]?.query.id}`;
    let rows: readonly Scores[];
    try {
      const given = await this.#call(tap, about, (run) => tap.fn(state.items, run));
      if (!Array.isArray(given) || given.length !== state.items.length) {
        throw wrongResult(tap, about, `${Array.isArray(given) ? `${given.length} rows` : typeof given} for ${state.items.length} trajectories`);
      }
      const checked = given.map((row: unknown) => checkedScores(row, tap.name, tap.options.dimensions));
      const fault = checked.find((row) => row.fault !== undefined)?.fault;
      if (fault !== undefined && onError === "fail") throw new Error(`${fault}, ${about}`);
      if (fault !== undefined) this.#onIncident(tap.name, `${fault}, ${about}`);
      rows = checked.map(({ scores }) => scores);
    } catch (error) {
      if (onError === "fail" || endsTheRun(error)) {
        state.fatal.push(endsTheRun(error) ? error : scorerFailed(tap, messageOf(error), error));
        return;
      }
      this.#onIncident(tap.name, messageOf(error));
      rows = state.items.map(() => failedScores(names, messageOf(error)));
    }
    rows.forEach((row, index) => {
      Object.assign(state.sheet[index] ?? {}, row);
    });
    const ending = this.#failsEverywhere(tap, rows, state.items[0]?.query.id);
    if (ending !== undefined) state.fatal.push(ending);
  }

  /** A scorer none of whose scores could be had, query after query, ends the run before it has cost them all. */
  #failsEverywhere(tap: DeclaredScorer, rows: readonly Scores[], queryId: string | undefined): AutoTrajError | undefined {
    const failures = rows.flatMap((row) => Object.values(row)).map((score) => ("failed" in score ? score.failed : undefined));
    if (failures.includes(undefined)) {
      this.#scorerStreaks.worked(tap.name);
      return undefined;
    }
    const inARow = this.#scorerStreaks.failed(tap.name, queryId);
    if (inARow < FAILURES_IN_A_ROW) return undefined;
    return scorerFailed(tap, `it failed on ${inARow} questions in a row; the last: ${failures[0]}`);
  }

  async #gateWith(tap: DeclaredTap<ShouldRepair>, gateCase: GateCase): Promise<readonly Verdict[] | undefined> {
    const about = `query ${gateCase.query.id}`;
    const verdicts = await this.#call(tap, about, (run) => tap.fn(gateCase, run));
    if (verdicts === undefined) return undefined;
    if (!Array.isArray(verdicts) || verdicts.length !== gateCase.items.length) {
      throw wrongResult(
        tap,
        about,
        `${Array.isArray(verdicts) ? `${verdicts.length} verdicts` : String(verdicts)} for ${gateCase.items.length} trajectories`,
      );
    }
    return verdicts.map((verdict: Verdict) => {
      if (!["keep", "repair", "discard"].includes(verdict?.decision))
        throw wrongResult(tap, about, `the decision ${JSON.stringify(verdict?.decision)}`);
      if (typeof verdict.reason !== "string") throw wrongResult(tap, about, "a verdict without a reason");
      return { ...verdict, by: tap.name };
    });
  }

  async #repairWith(tap: DeclaredRepairer, state: RepairState): Promise<RepairState> {
    const { original } = state.repairCase;
    const about = `trajectory ${original.trajectory.id}`;
    let current = state;
    for (let attempt = 0; attempt < (tap.options.attempts ?? 1); attempt++) {
      if (current.accepted !== undefined || current.givenUp === true) break;
      const repaired = await this.#attempt(tap, about, deepFreeze({ ...current.repairCase, attempts: [...current.attempts], attempt }));
      if (repaired === undefined) break;
      const { scored, verdict } = await current.judge(repaired);
      if (verdict.decision === "keep") current = { ...current, accepted: { ...scored, verdict } };
      else {
        current.attempts.push({ ...scored, verdict, repairer: tap.name });
        if (verdict.decision === "discard") current = { ...current, givenUp: true };
      }
    }
    return current;
  }

  /** A repairer's failure is an attempt that offered nothing. */
  async #attempt(tap: DeclaredRepairer, about: string, repairCase: RepairCase): Promise<Trajectory | undefined> {
    try {
      const repaired = await this.#call(tap, about, (run) => tap.fn(repairCase, run));
      if (repaired === undefined) return undefined;
      const problem = checkTrajectory(repaired);
      if (problem !== undefined) throw wrongResult(tap, about, `no valid trajectory (${problem})`);
      if (repaired.query.id !== repairCase.request.query.id) throw wrongResult(tap, about, "a trajectory of another query");
      return signed(repaired, tap.name, repairCase);
    } catch (error) {
      if (endsTheRun(error)) throw error;
      this.#onIncident(tap.name, messageOf(error));
      return undefined;
    }
  }

  async #rewardWith(tap: DeclaredTap<RewardTap>, state: RewardState): Promise<void> {
    const about = `a batch of ${state.items.length}`;
    try {
      const scores = await this.#call(tap, about, (run) => tap.fn(state.items, run));
      if (!Array.isArray(scores) || scores.length !== state.items.length) throw wrongResult(tap, about, "a wrong number of rewards");
      state.terms.set(
        tap.name,
        scores.map((score: unknown) => this.#term(tap, about, score)),
      );
    } catch (error) {
      if (endsTheRun(error)) throw error;
      this.#onIncident(tap.name, messageOf(error));
      state.terms.set(
        tap.name,
        state.items.map(() => ({ failed: messageOf(error) })),
      );
    }
  }

  /** One trajectory's reward; what is no reward is one that failed, and is told. */
  #term(tap: DeclaredTap, about: string, given: unknown): Score {
    const score = checkedScore(given, tap.name, tap.name);
    if (typeof score !== "string") return score;
    this.#onIncident(tap.name, `${score}, ${about}`);
    return { failed: score };
  }
}

function checkRole({ name, packageName, options }: DeclaredReward): void {
  if (["outcome", "gate", "trajectory"].includes(options.role)) return;
  throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
    who: `plugin "${name}" (${packageName})`,
    what: `its tap of "reward" has the role ${JSON.stringify(options.role)}.`,
    hint: 'Call it as tapPromise({ role: "outcome" | "gate" | "trajectory" }, …).',
  });
}

function scorerFailed(tap: DeclaredTap, what: string, cause?: unknown): AutoTrajError {
  return new AutoTrajError("ATRAJ_SCORER_FAILED", {
    who: `scorer "${tap.name}"`,
    what,
    hint: "Nothing is lost: correct it, then `autotraj resume` scores again; calls that were made are not made again.",
    cause,
  });
}

/** Registers taps through tapable's `register` interceptor, the one place where a tap is wrapped. */
function register<T extends DeclaredTap, In, Out>(
  hook: {
    intercept(interceptor: { register?: (tap: RegisteredTap) => RegisteredTap }): void;
    tapPromise(name: string, fn: (input: In) => Promise<Out>): void;
  },
  taps: readonly T[],
  wrap: (tap: T) => (input: In) => Promise<Out>,
): void {
  // Told apart by place, not by name: a plugin may tap a hook twice.
  const queue = [...taps];
  hook.intercept({
    register: (registered) => {
      const tap = queue.shift();
      return tap === undefined ? registered : { ...registered, fn: wrap(tap) };
    },
  });
  for (const tap of taps) hook.tapPromise(tap.name, tap.fn as (input: In) => Promise<Out>);
}

/** Lineage is the kernel's to write: who repaired what, at which attempt. */
function signed(trajectory: Trajectory, repairer: string, { original, attempt }: RepairCase): Trajectory {
  // A copy: what the repairer keeps of it is its own.
  const { id: _id, usage, ...content } = structuredClone(trajectory);
  const provenance = { ...content.provenance, origin: "repair", parent: original.trajectory.id, repairer, attempt } as const;
  const signedContent = { ...content, provenance };
  return { id: trajectoryId(signedContent), ...signedContent, usage };
}
