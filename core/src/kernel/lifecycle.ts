/** Calls the six hooks for a run: puts the plugins' taps in order, checks that they fit together, and hands each call its state. What a hook does is hooks.ts. */

import { blamed, type DeclaredTap } from "./declared-tap.ts";
import { AutoTrajError } from "./errors.ts";
import { deepFreeze } from "./freeze.ts";
import {
  createHooks,
  type DeclaredGate,
  type DeclaredRepairer,
  type DeclaredReward,
  type DeclaredTrainer,
  type Judge,
  type PrepareState,
  type RewardState,
  type Surroundings,
  type TapableHooks,
} from "./hooks.ts";
import type {
  BeforeRollout,
  GateCase,
  Query,
  RepairAttempt,
  RepairCase,
  RewardTapOptions,
  RolloutRequest,
  Score,
  ScoredTrajectory,
  ScoreItem,
  TrainJob,
  TrainResult,
  TrainTapOptions,
  Trajectory,
  Verdict,
} from "./plugin.ts";
import { checkNeeds, type DeclaredScorer, planScorers, type ScorePlan } from "./score-levels.ts";
import { Streaks } from "./streaks.ts";
import { orderTaps, type TapGuard } from "./taps.ts";

export type LifecycleSettings = Omit<Surroundings, "scorerStreaks">;

export class Lifecycle {
  readonly scorePlan: ScorePlan;
  /** The reward's terms by tap name, in preset order, with the dimensions each needs. */
  readonly rewardTerms: ReadonlyMap<string, RewardTapOptions>;
  /** Tap names per hook in the order they run: for `plan`. */
  readonly order: ReadonlyMap<string, readonly string[]>;
  /** Repairs tried for one trajectory, at most. */
  readonly repairAttempts: number;
  /** Taps of `train`. */
  readonly backends: readonly DeclaredTrainer[];
  readonly #hooks: TapableHooks;
  #guard: TapGuard | undefined;

  constructor(taps: readonly DeclaredTap[], around: LifecycleSettings) {
    const of = <T extends DeclaredTap>(hook: T["hook"]) => orderTaps(taps.filter((tap): tap is T => tap.hook === hook));
    const [gates, repairers, rewards] = [of<DeclaredGate>("shouldRepair"), of<DeclaredRepairer>("repair"), of<DeclaredReward>("reward")];
    this.backends = of<DeclaredTrainer>("train");
    this.scorePlan = planScorers(of<DeclaredScorer>("score"));
    checkNeeds([...gates, ...repairers, ...rewards], this.scorePlan.dimensions);
    for (const tap of rewards) checkRole(tap);
    this.repairAttempts = repairers.reduce((sum, { options }) => sum + (options.attempts ?? 1), 0);
    this.rewardTerms = new Map(rewards.map((tap) => [tap.name, tap.options]));
    this.order = new Map([...new Set(taps.map((tap) => tap.hook))].map((hook) => [hook, of(hook).map((tap) => tap.name)]));
    const ordered = {
      beforeRollout: of<DeclaredTap<BeforeRollout>>("beforeRollout"),
      score: this.scorePlan.levels,
      shouldRepair: gates,
      repair: repairers,
      reward: rewards,
      train: this.backends,
    };
    this.#hooks = createHooks(
      ordered,
      (tap, about, work) => {
        if (this.#guard === undefined) throw new Error("the lifecycle has not begun");
        return this.#guard.call(tap, about, work);
      },
      { ...around, scorerStreaks: new Streaks() },
    );
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
    const items = gateCase.items.map(({ trajectory, scores }) => ({ trajectory, scores }));
    const judged = await this.#hooks.shouldRepair.promise(deepFreeze({ ...gateCase, items }));
    return judged.items.map(({ verdict }) => verdict ?? { decision: "discard", reason: "no gate gave a verdict", cause: "no verdict" });
  }

  /** Lets the repairers try in order until one repair is accepted. `judge` scores and gates each repaired trajectory. */
  async repair(
    repairCase: Omit<RepairCase, "attempt" | "attempts">,
    judge: Judge,
  ): Promise<{ accepted?: ScoredTrajectory; attempts: readonly RepairAttempt[] }> {
    const { attempts, accepted } = await this.#hooks.repair.promise({ repairCase, attempts: [], judge });
    return { attempts, ...(accepted === undefined ? {} : { accepted }) };
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

  /** Lets one backend do the job. @param trainer as in {@link backendOf} */
  async train(job: TrainJob, trainer?: string): Promise<TrainResult> {
    const tap = this.#backend(job.stage, trainer);
    const result = await this.#hooks.train.get(tap)?.promise(job);
    if (result === undefined) throw new Error(`${tap.name} did nothing for stage ${job.stage}`);
    return result;
  }

  /**
   * What the one backend for this says of its settings.
   * @param trainer the plugin that is to do it, where the settings name one
   * @throws ATRAJ_TRAINER_MISSING, ATRAJ_TRAINER_AMBIGUOUS; ATRAJ_PLUGIN_INVALID where it says nothing of them
   */
  backendOf(stage: string, trainer?: string): TrainTapOptions & { readonly name: string; readonly pluginId: string } {
    const { name, pluginId, options } = this.#backend(stage, trainer);
    if (options.settings !== undefined) return { ...options, name, pluginId };
    throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
      who: `trainer "${name}"`,
      what: `its tap of "train" for the stage "${stage}" says of no settings what they are.`,
      hint: 'Call it as tapPromise({ stageName, settings: { type: "object", additionalProperties: false, properties: { … } } }, …).',
    });
  }

  /** Exactly one, or the error says which there are. */
  #backend(stage: string, trainer: string | undefined): DeclaredTrainer {
    const taps = this.backends.filter(({ options, pluginId }) => options.stageName === stage && (trainer ?? pluginId) === pluginId);
    const [only, ...others] = taps;
    if (only !== undefined && others.length === 0) return only;
    throw new AutoTrajError(only === undefined ? "ATRAJ_TRAINER_MISSING" : "ATRAJ_TRAINER_AMBIGUOUS", {
      who: `stage "${stage}"`,
      what: only === undefined ? "no plugin of the preset trains it." : `${taps.map((tap) => `"${tap.name}"`).join(" and ")} all offer it.`,
      hint:
        only === undefined
          ? `Add one of kind trainer (\`autotraj plugin list\` shows the installed ones), or take stages.${stage} out.`
          : `Keep one, or name it in stages.${stage}.trainer.`,
    });
  }
}

function checkRole(tap: DeclaredReward): void {
  if (["outcome", "gate", "trajectory"].includes(tap.options.role)) return;
  throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
    ...blamed(tap),
    what: `its tap of "reward" has the role ${JSON.stringify(tap.options.role)}.`,
    hint: 'Call it as tapPromise({ role: "outcome" | "gate" | "trajectory" }, …).',
  });
}
