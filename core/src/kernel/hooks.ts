/**
 * The six lifecycle hooks in one table, which is what runs: tapable's class, who may tap, what a tap is given, what it may answer, how answers combine and what a
 * failure costs. Read this first; lifecycle.ts calls the hooks, run/loop.ts says in which order.
 */
import { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook } from "tapable";
import { counted } from "../messages/counted.ts";
import { shown } from "../messages/shown.ts";
import { blamed, type DeclaredTap, wrongResult } from "./declared-tap.ts";
import { AutoTrajError, endsTheRun, reasonOf } from "./errors.ts";
import { deepFreeze } from "./freeze.ts";
import { copyOf } from "./json.ts";
import type {
  BeforeRollout,
  GateCase,
  Hooks,
  PluginKind,
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
  TapOptions,
  Train,
  TrainJob,
  TrainResult,
  TrainTapOptions,
  Trajectory,
  Verdict,
} from "./plugin.ts";
import type { DeclaredScorer } from "./score-levels.ts";
import { checkedScore, checkedScores, failedScores } from "./scores.ts";
import { FAILURES_IN_A_ROW, type Streaks } from "./streaks.ts";
import { trajectoryId } from "./trajectory/identity.ts";

export type HookName = keyof Hooks;
export type DeclaredGate = DeclaredTap<ShouldRepair, { readonly needs?: readonly string[] }>;
export type DeclaredRepairer = DeclaredTap<Repair, { readonly attempts?: number; readonly needs?: readonly string[] }>;
export type DeclaredReward = DeclaredTap<RewardTap, RewardTapOptions>;
export type DeclaredTrainer = DeclaredTap<Train, TrainTapOptions>;

/** `record` keeps what a scorer could not give as failed scores and goes on; `fail` ends the run. */
export type OnScorerError = "record" | "fail";

/** What the rules need of the run beside their tap and its state. */
export interface Surroundings {
  readonly onScorerError: OnScorerError;
  readonly scorerStreaks: Streaks;
  /** What keeps a value from being a trajectory, in one sentence; undefined where nothing does. */
  checkTrajectory(given: unknown): string | undefined;
  incident(who: string, what: string): void;
}

/**
 * One hook. Every call of it carries one state that its taps read from and write to, so that a parallel hook cannot lose one tap's result to another's failure.
 * Out is what tapable's class makes of a tap's return: the next state of a waterfall, an answer that ends a bail, nothing.
 */
export interface HookRule<State, Tap extends DeclaredTap, Answer, Out> {
  /** Who may tap it; first the kind that does nothing else. */
  readonly kinds: readonly PluginKind[];
  /** What its taps may say beside {@link TapOptions}. */
  readonly options: { readonly [Option in Exclude<keyof Tap["options"], keyof TapOptions>]-?: true };
  /** What a tap is working on, for messages. */
  about(state: State): string;
  /** Whether there is nothing for this tap to do. */
  skips?(state: State, tap: Tap): boolean;
  /** What stands where a tap has nothing to do, or no answer. */
  none(state: State): Out;
  ask(tap: Tap, state: State, run: RunContext, time: number): Promise<unknown>;
  /** The answer, checked; undefined where the tap had none. @throws what is wrong with it */
  check(given: unknown, state: State, tap: Tap, time: number, around: Surroundings): Answer | undefined;
  combine(state: State, answer: Answer, tap: Tap, around: Surroundings): Out | Promise<Out>;
  /** The state with which the same tap is asked again, after so many times; undefined, and where there is no such rule: it is not. */
  again?(out: Out, tap: Tap, times: number): State | undefined;
  /** What a failure costs, whether the tap threw or answered wrongly: what is returned stands for its answer, what is thrown ends the call of the hook. */
  fail(state: State, error: unknown, tap: Tap, around: Surroundings): Out;
}

export interface PrepareState {
  readonly request: RolloutRequest;
  readonly drop?: { readonly reason: string; readonly by: string };
}
export interface SheetState {
  readonly items: readonly ScoreItem[];
  /** One object per item, filled in place as levels finish. */
  readonly sheet: Record<string, Score>[];
  /** What ends the scoring, once all scorers of the level are done: none is left running behind it. */
  readonly fatal: unknown[];
  /** Scorers that fill none of these dimensions are left out. */
  readonly only: ReadonlySet<string> | undefined;
}
/** What scoring and gating a repaired trajectory gave. */
export type Judge = (trajectory: Trajectory) => Promise<{ scored: ScoredTrajectory; verdict: Verdict }>;
export interface RepairState {
  readonly repairCase: Omit<RepairCase, "attempt" | "attempts">;
  readonly attempts: readonly RepairAttempt[];
  readonly judge: Judge;
  readonly accepted?: ScoredTrajectory;
  /** A gate said that no further attempt is worth making. */
  readonly givenUp?: boolean;
}
export interface RewardState {
  readonly items: readonly ScoreItem[];
  /** One score per item, by tap. */
  readonly terms: Map<string, readonly Score[]>;
}

const REQUEST = "It must return the request, changed or not, or { drop: reason }, or nothing.";
const VERDICT = 'It must return verdicts as { decision: "keep" | "repair" | "discard", reason }.';
const REPAIRED = "It must return a trajectory, as the service ROLLOUT writes one, or nothing where it has none to offer.";

/** `1 row for 4 trajectories`, `an object for 4 trajectories` */
function countOf(given: unknown, items: readonly unknown[], noun: string): string {
  const count = Array.isArray(given) ? counted(given.length, noun) : shown(given);
  return `${count} for ${counted(items.length, "trajectory", "trajectories")}`;
}

/** Series, waterfall, once per query: each tap may change the request or drop the query. A failure fails the query, which resume does again. */
const beforeRollout: HookRule<PrepareState, DeclaredTap<BeforeRollout>, object, PrepareState> = {
  kinds: ["preparer", "tool", "policy"],
  options: {},
  about: ({ request }) => `query ${request.query.id}`,
  skips: ({ drop }) => drop !== undefined,
  none: (state) => state,
  ask: (tap, { request }, run) => tap.fn(request, run),
  check(given, { request }, tap) {
    const about = `query ${request.query.id}`;
    if (given === undefined) return undefined;
    if (given === null || typeof given !== "object") throw wrongResult(tap, about, shown(given), REQUEST);
    if ("drop" in given) return given;
    const { query, tools, examples, system } = given as Partial<RolloutRequest>;
    if (query?.id !== request.query.id) throw wrongResult(tap, about, "a request for another query", REQUEST);
    if (!Array.isArray(tools) || !Array.isArray(examples) || typeof system !== "string") {
      throw wrongResult(tap, about, "a request without system, tools or examples", REQUEST);
    }
    return deepFreeze(given);
  },
  combine: (state, answer, tap) =>
    "drop" in answer ? { ...state, drop: { reason: String(answer.drop), by: tap.name } } : { ...state, request: answer as RolloutRequest },
  fail(_state, error) {
    throw error;
  },
};

/**
 * Parallel within a level of `needs`: each tap fills its own dimensions. What it could not give is recorded as failed scores (`run.onScorerError: record`), or ends
 * the run (`fail`, and wherever a scorer fails question after question); other scorers' results stay.
 */
const score: HookRule<SheetState, DeclaredScorer, readonly Scores[], void> = {
  kinds: ["scorer"],
  options: { dimensions: true, needs: true },
  about: ({ items }) => `query ${items[0]?.query.id}`,
  skips: ({ only }, tap) => only !== undefined && !Object.keys(tap.options.dimensions).some((name) => only.has(name)),
  none: () => {},
  ask: (tap, { items }, run) => tap.fn(items, run),
  check(given, state, tap, _time, { onScorerError, incident }) {
    const about = score.about(state);
    if (!Array.isArray(given) || given.length !== state.items.length) {
      throw wrongResult(tap, about, countOf(given, state.items, "row"), "It must return a list with one row per trajectory, in their order.");
    }
    const checked = given.map((row: unknown) => checkedScores(row, tap.name, tap.options.dimensions));
    const fault = checked.find((row) => row.fault !== undefined)?.fault;
    if (fault !== undefined && onScorerError === "fail") throw new Error(`${about}: ${fault}`);
    if (fault !== undefined) incident(tap.name, `${about}: ${fault}`);
    return checked.map(({ scores }) => scores);
  },
  combine(state, rows, tap, around) {
    rows.forEach((row, index) => {
      Object.assign(state.sheet[index] ?? {}, row);
    });
    const ending = failsEverywhere(tap, rows, state.items[0]?.query.id, around.scorerStreaks);
    if (ending !== undefined) state.fatal.push(ending);
  },
  fail(state, error, tap, around) {
    if (around.onScorerError === "fail" || endsTheRun(error)) {
      state.fatal.push(endsTheRun(error) ? error : scorerFailed(tap, reasonOf(error), error));
      return;
    }
    around.incident(tap.name, reasonOf(error));
    const failed = failedScores(Object.keys(tap.options.dimensions), reasonOf(error));
    void score.combine(
      state,
      state.items.map(() => failed),
      tap,
      around,
    );
  },
};

/**
 * Series, waterfall: every tap that does not abstain must agree. Of a trajectory's verdicts the strictest stands, discard before repair before keep; of equally
 * strict ones the first, with the reasons of all. Each tap sees the verdicts before its own. A failure fails the query, which resume does again.
 */
const shouldRepair: HookRule<GateCase, DeclaredGate, readonly Verdict[], GateCase> = {
  kinds: ["gate", "scorer", "repairer"],
  options: { needs: true },
  about: ({ query }) => `query ${query.id}`,
  none: (state) => state,
  ask: (tap, gateCase, run) => tap.fn(deepFreeze(gateCase), run),
  check(given, { query, items }, tap) {
    const about = `query ${query.id}`;
    if (given === undefined) return undefined;
    if (!Array.isArray(given) || given.length !== items.length) {
      throw wrongResult(
        tap,
        about,
        countOf(given, items, "verdict"),
        "It must return a list with one verdict per trajectory, in their order, or nothing to abstain.",
      );
    }
    return given.map((verdict: Verdict) => {
      if (!STRICTEST_FIRST.includes(verdict?.decision)) throw wrongResult(tap, about, `the decision ${shown(verdict?.decision)}`, VERDICT);
      if (typeof verdict.reason !== "string") throw wrongResult(tap, about, "a verdict without a reason", VERDICT);
      return { ...verdict, by: tap.name };
    });
  },
  combine: (state, verdicts) => ({
    ...state,
    items: state.items.map((item, index) => ({ ...item, verdict: agreed(item.verdict, verdicts[index]) })),
  }),
  fail(_state, error) {
    throw error;
  },
};

/**
 * Series, waterfall over the repairers, each as often as its `attempts`: every offer is scored and gated, and the first that is accepted ends it. A failure is an
 * attempt that offered nothing; the next repairer goes on.
 */
const repair: HookRule<RepairState, DeclaredRepairer, Trajectory, RepairState> = {
  kinds: ["repairer"],
  options: { attempts: true, needs: true },
  about: ({ repairCase }) => `trajectory ${repairCase.original.trajectory.id}`,
  skips: ({ accepted, givenUp }) => accepted !== undefined || givenUp === true,
  none: (state) => state,
  ask: (tap, { repairCase, attempts }, run, attempt) => tap.fn(deepFreeze({ ...repairCase, attempts: [...attempts], attempt }), run),
  check(given, state, tap, attempt, { checkTrajectory }) {
    const about = repair.about(state);
    if (given === undefined) return undefined;
    const problem = checkTrajectory(given);
    if (problem !== undefined) {
      throw wrongResult(tap, about, typeof given === "object" && given !== null ? `no valid trajectory (${problem})` : shown(given), REPAIRED);
    }
    const repaired = given as Trajectory;
    const { request, original } = state.repairCase;
    if (repaired.query.id !== request.query.id) throw wrongResult(tap, about, "a trajectory of another query", REPAIRED);
    return signed(repaired, tap.name, original.trajectory.id, attempt);
  },
  async combine(state, repaired, tap) {
    const { scored, verdict } = await state.judge(repaired);
    if (verdict.decision === "keep") return { ...state, accepted: { ...scored, verdict } };
    const attempts = [...state.attempts, { ...scored, verdict, repairer: tap.name }];
    return { ...state, attempts, givenUp: verdict.decision === "discard" };
  },
  again: (state, { options }, times) => (times < (options.attempts ?? 1) ? state : undefined),
  fail(state, error, tap, { incident }) {
    if (endsTheRun(error)) throw error;
    incident(tap.name, reasonOf(error));
    return state;
  },
};

/** Parallel, once per batch during RL: one term per tap. A failure makes the term invalid for these trajectories; it never becomes 0. */
const reward: HookRule<RewardState, DeclaredReward, readonly Score[], void> = {
  kinds: ["reward", "reward-model"],
  options: { role: true, needs: true },
  about: ({ items }) => `a batch of ${items.length}`,
  none: () => {},
  ask: (tap, { items }, run) => tap.fn(items, run),
  check(given, state, tap, _time, { incident }) {
    const about = reward.about(state);
    if (!Array.isArray(given) || given.length !== state.items.length) {
      throw wrongResult(tap, about, countOf(given, state.items, "reward"), "It must return a list with one reward per trajectory, in their order.");
    }
    return given.map((one: unknown): Score => {
      const term = checkedScore(one, tap.name, tap.name);
      if (typeof term !== "string") return term;
      incident(tap.name, `${about}: ${term}`);
      return { failed: term };
    });
  },
  combine({ terms }, scores, tap) {
    terms.set(tap.name, scores);
  },
  fail({ items, terms }, error, tap, { incident }) {
    if (endsTheRun(error)) throw error;
    incident(tap.name, reasonOf(error));
    terms.set(
      tap.name,
      items.map(() => ({ failed: reasonOf(error) })),
    );
  },
};

/** Bail, once per training: exactly one backend, the stage's only one or the one that its settings name. A failure fails the training; resume goes on from the backend's own checkpoint. */
const train: HookRule<TrainJob, DeclaredTrainer, TrainResult, TrainResult | undefined> = {
  kinds: ["trainer"],
  options: { stageName: true, settings: true, notDecisive: true, check: true },
  about: ({ stage }) => `stage ${stage}`,
  none: () => undefined,
  ask: (tap, job, run) => tap.fn(job, run),
  check(given, { stage }, tap) {
    const { modelPath, kind } = (given ?? {}) as Partial<TrainResult>;
    if (typeof modelPath !== "string" || (kind !== "causal" && kind !== "reward")) {
      throw wrongResult(tap, `stage ${stage}`, "no model with its kind", 'It must return { modelPath, kind: "causal" | "reward", … }.');
    }

    return given as TrainResult;
  },
  combine: (_job, result) => result,
  fail(_job, error) {
    throw error;
  },
};

export const HOOK_TABLE = { beforeRollout, score, shouldRepair, repair, reward, train } as const;

/** A hook of tapable's with its taps: what it needs of its class. */
interface TapableHook<State, Out> {
  tapPromise(name: string, fn: (state: State) => Promise<Out>): void;
}

/** The tapable hooks of one run: one per level of `needs` for scores, one per backend for training. */
export interface TapableHooks {
  readonly beforeRollout: AsyncSeriesWaterfallHook<[PrepareState]>;
  /** Taps within a level run side by side. */
  readonly score: readonly AsyncParallelHook<[SheetState]>[];
  readonly shouldRepair: AsyncSeriesWaterfallHook<[GateCase]>;
  readonly repair: AsyncSeriesWaterfallHook<[RepairState]>;
  readonly reward: AsyncParallelHook<[RewardState]>;
  readonly train: ReadonlyMap<DeclaredTrainer, AsyncSeriesBailHook<[TrainJob], TrainResult>>;
}

/** Calls one tap with its time limit, and names it in whatever goes wrong (`TapGuard.call`). */
export type Caller = <T>(tap: DeclaredTap, about: string, work: (run: RunContext) => Promise<T>) => Promise<T>;

/** The taps of one run, in order. */
export interface OrderedTaps {
  readonly beforeRollout: readonly DeclaredTap<BeforeRollout>[];
  readonly score: readonly (readonly DeclaredScorer[])[];
  readonly shouldRepair: readonly DeclaredGate[];
  readonly repair: readonly DeclaredRepairer[];
  readonly reward: readonly DeclaredReward[];
  readonly train: readonly DeclaredTrainer[];
}

/** Builds tapable's hooks out of the taps, each called as the table says. */
export function createHooks(taps: OrderedTaps, call: Caller, around: Surroundings): TapableHooks {
  function filled<State, Tap extends DeclaredTap, Answer, Out, Hook extends TapableHook<State, Out>>(
    hook: Hook,
    rule: HookRule<State, Tap, Answer, Out>,
    own: readonly Tap[],
  ): Hook {
    for (const tap of own) hook.tapPromise(tap.name, (state) => runTap(rule, tap, state, call, around));
    return hook;
  }
  return {
    beforeRollout: filled(new AsyncSeriesWaterfallHook<[PrepareState]>(["request"], "beforeRollout"), beforeRollout, taps.beforeRollout),
    score: taps.score.map((level, index) => filled(new AsyncParallelHook<[SheetState]>(["sheet"], `score level ${index}`), score, level)),
    shouldRepair: filled(new AsyncSeriesWaterfallHook<[GateCase]>(["gateCase"], "shouldRepair"), shouldRepair, taps.shouldRepair),
    repair: filled(new AsyncSeriesWaterfallHook<[RepairState]>(["repairCase"], "repair"), repair, taps.repair),
    reward: filled(new AsyncParallelHook<[RewardState]>(["batch"], "reward"), reward, taps.reward),
    train: new Map(
      taps.train.map((tap) => [tap, filled(new AsyncSeriesBailHook<[TrainJob], TrainResult>(["job"], `train by ${tap.name}`), train, [tap])]),
    ),
  };
}

/** One tap's part in one call of its hook. */
async function runTap<State, Tap extends DeclaredTap, Answer, Out>(
  rule: HookRule<State, Tap, Answer, Out>,
  tap: Tap,
  given: State,
  call: Caller,
  around: Surroundings,
): Promise<Out> {
  let state = given;
  for (let time = 0; ; time++) {
    if (rule.skips?.(state, tap) === true) return rule.none(state);
    let answer: Answer | undefined;
    try {
      const asked = state;
      answer = rule.check(await call(tap, rule.about(asked), (run) => rule.ask(tap, asked, run, time)), asked, tap, time, around);
    } catch (error) {
      return rule.fail(state, error, tap, around);
    }
    if (answer === undefined) return rule.none(state);
    const out = await rule.combine(state, answer, tap, around);
    const next = rule.again?.(out, tap, time + 1);
    if (next === undefined) return out;
    state = next;
  }
}

const STRICTEST_FIRST: readonly Verdict["decision"][] = ["discard", "repair", "keep"];

function agreed(before: Verdict | undefined, verdict: Verdict | undefined): Verdict | undefined {
  if (before === undefined || verdict === undefined) return before ?? verdict;
  if (before.decision === verdict.decision) return { ...before, reason: `${before.reason}; ${verdict.reason}`, by: `${before.by}, ${verdict.by}` };
  return STRICTEST_FIRST.indexOf(before.decision) < STRICTEST_FIRST.indexOf(verdict.decision) ? before : verdict;
}

/** A scorer none of whose scores could be had, query after query, ends the run before it has cost them all. */
function failsEverywhere(tap: DeclaredScorer, rows: readonly Scores[], queryId: string | undefined, streaks: Streaks): AutoTrajError | undefined {
  const failures = rows.flatMap((row) => Object.values(row)).map((given) => ("failed" in given ? given.failed : undefined));
  if (failures.includes(undefined)) {
    streaks.worked(tap.name);
    return undefined;
  }
  const inARow = streaks.failed(tap.name, queryId);
  if (inARow < FAILURES_IN_A_ROW) return undefined;
  return scorerFailed(tap, `it failed on ${inARow} questions in a row; the last: ${failures[0]}`);
}

function scorerFailed(tap: DeclaredTap, what: string, cause?: unknown): AutoTrajError {
  return new AutoTrajError("ATRAJ_SCORER_FAILED", {
    ...blamed(tap),
    who: `scorer "${tap.name}"`,
    what,
    hint: "Nothing is lost: correct it, then `autotraj resume` scores again; calls that were made are not made again.",
    cause,
  });
}

/** Lineage is the kernel's to write: who repaired what, at which attempt. */
function signed(trajectory: Trajectory, repairer: string, parent: string, attempt: number): Trajectory {
  // A copy: what the repairer keeps of it is its own.
  const { id: _id, usage, ...content } = copyOf(trajectory);
  const provenance = { ...content.provenance, origin: "repair", parent, repairer, attempt } as const;
  const signedContent = { ...content, provenance };
  return { id: trajectoryId(signedContent), ...signedContent, usage };
}
