/**
 * The six lifecycle hooks in one table: what tapable class each one is, who may tap it, how its taps' results combine, and what happens when one fails.
 * Read this first; loop.ts says in which order they are called.
 */
import { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook, type HookInterceptor, HookMap } from "tapable";
import type { Hooks, PluginKind, TrainResult, Verdict } from "./plugin.ts";

export type HookName = keyof Hooks;

export interface HookRule {
  /** tapable's class, and how often it is called. */
  readonly tapable: "AsyncSeriesWaterfallHook" | "AsyncParallelHook" | "AsyncSeriesBailHook" | "HookMap<AsyncSeriesBailHook>";
  readonly called: string;
  readonly kinds: readonly PluginKind[];
  /** How the taps' results become one. */
  readonly combines: string;
  /** What one tap's failure costs. */
  readonly failure: string;
}

export const HOOK_TABLE: Readonly<Record<HookName, HookRule>> = {
  beforeRollout: {
    tapable: "AsyncSeriesWaterfallHook",
    called: "once per query",
    kinds: ["preparer", "tool", "policy"],
    combines: "each tap gets the request the one before returned; undefined keeps it, { drop } ends the query with a reason; checked after every tap",
    failure: "the query is recorded as failed and done again by resume",
  },
  score: {
    tapable: "AsyncParallelHook",
    called: "once per query for its candidates, once per repaired trajectory; one call per level of `needs`",
    kinds: ["scorer"],
    combines: "each tap fills its own dimensions; the sheet's order is the preset's, whatever finishes first",
    failure:
      "its dimensions are recorded as failed (run.onScorerError: record; ten questions in a row end the run) or the run ends (fail); other scorers' results stay",
  },
  shouldRepair: {
    tapable: "AsyncSeriesBailHook",
    called: "once per scored group of candidates, once per scored repair",
    kinds: ["gate", "scorer", "repairer"],
    combines: "the first tap that returns verdicts decides; no answer at all keeps nothing and discards with that reason",
    failure: "the query is recorded as failed and done again by resume",
  },
  repair: {
    tapable: "AsyncSeriesWaterfallHook",
    called: "once per trajectory whose verdict is repair",
    kinds: ["repairer"],
    combines:
      "repairers in order, each as often as its `attempts`; after each one the kernel scores and asks shouldRepair; the first accepted ends it",
    failure: "counts as an attempt that offered nothing; the next repairer goes on",
  },
  reward: {
    tapable: "AsyncParallelHook",
    called: "once per batch of trajectories during RL",
    kinds: ["reward", "reward-model"],
    combines: "one term per tap, weighted and combined as the preset says",
    failure: "the term is invalid for these trajectories; it never becomes 0",
  },
  train: {
    tapable: "HookMap<AsyncSeriesBailHook>",
    called: "once per stage: sft, reward-model, rl",
    kinds: ["trainer"],
    combines: "exactly one backend per used stage, checked before anything is spent",
    failure: "the stage fails; resume goes on from the backend's own checkpoint",
  },
};

/**
 * The tapable hooks of one run. Each call carries one state object that the wrapped taps read from and write to, so a parallel hook cannot lose
 * one tap's result to another's failure.
 */
export interface TapableHooks<Prepare, Sheet, Gate, Repair, Reward, Job> {
  readonly beforeRollout: AsyncSeriesWaterfallHook<[Prepare]>;
  /** One hook per level of `needs`: taps within a level run side by side. */
  readonly score: AsyncParallelHook<[Sheet]>[];
  readonly shouldRepair: AsyncSeriesBailHook<[Gate], readonly Verdict[]>;
  readonly repair: AsyncSeriesWaterfallHook<[Repair]>;
  readonly reward: AsyncParallelHook<[Reward]>;
  readonly train: HookMap<AsyncSeriesBailHook<[Job], TrainResult>>;
}

/** A tap as tapable's `register` interceptor sees it. */
export type RegisteredTap = Parameters<NonNullable<HookInterceptor<unknown[], unknown>["register"]>>[0];

export function createHooks<Prepare, Sheet, Gate, Repair, Reward, Job>(scoreLevels: number): TapableHooks<Prepare, Sheet, Gate, Repair, Reward, Job> {
  return {
    beforeRollout: new AsyncSeriesWaterfallHook(["request"], "beforeRollout"),
    score: Array.from({ length: scoreLevels }, (_, level) => new AsyncParallelHook(["sheet"], `score level ${level}`)),
    shouldRepair: new AsyncSeriesBailHook(["gateCase"], "shouldRepair"),
    repair: new AsyncSeriesWaterfallHook(["repairCase"], "repair"),
    reward: new AsyncParallelHook(["batch"], "reward"),
    train: new HookMap((stage) => new AsyncSeriesBailHook(["job"], `train ${stage}`)),
  };
}
