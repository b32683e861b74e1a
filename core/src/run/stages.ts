/** What a run does after stage 1: it trains, plays further rounds with what was trained, and evaluates all of it at the end. */
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Preset } from "../config/preset/index.ts";
import { checkQueries, readQueries } from "../data/queries.ts";
import type { ProcessGroups } from "../host/process-groups.ts";
import { AutoTrajError } from "../kernel/errors.ts";
import { RIGHT_FROM } from "../kernel/plugin.ts";
import { contentHash } from "../kernel/trajectory/identity.ts";
import { contestantsOf } from "./evaluation/contestants.ts";
import { evaluateModels, loadWeights } from "./evaluation/evaluate.ts";
import { evaluateSettings } from "./evaluation/settings.ts";
import { settlePlugins } from "./run-identity.ts";
import { runStageOne, type StageOnePlace, type StageOneResult } from "./stage-one.ts";
import { type RunIdentity, RunStore } from "./store/run-store.ts";
import { lastPolicyModel, loadedRewardModel, roundDir, runTraining, type ServeEpisodes, type StagesContext } from "./training/index.ts";
import { stageNames, type Training, trainingsOf } from "./trainings.ts";

export interface StagesRequest {
  /** What to do after stage 1: names of stages and ablations (`stageNames`). Default: all that the preset has. */
  readonly stages?: readonly string[];
  /** Serves episodes over HTTP while stage `rl` trains. */
  readonly serve?: ServeEpisodes;
  /** Further models for stage `evaluate`, by the name that tables give them: folders, as the policy loads them. */
  readonly models?: Readonly<Record<string, string>>;
}

export interface StagesPlace extends Omit<StageOnePlace, "store"> {
  readonly info: (message: string) => void;
  readonly groups: ProcessGroups;
  readonly store: RunStore;
  readonly runDir: string;
  readonly identity: RunIdentity;
  readonly stageOne: StageOneResult;
  /** How the run was asked for, as its stores keep it. */
  readonly description: Readonly<Record<string, string>>;
  /** Writes data sets and tables. */
  readonly finish: (store: RunStore, runDir: string) => Promise<unknown>;
}

/** Trains, plays further rounds with what was trained, and evaluates all of it at the end. */
export async function runStages({ serve, stages: asked, models = {} }: StagesRequest, place: StagesPlace): Promise<void> {
  const { session, runDir, store, stop, groups, observer, incident, info, source, total } = place;
  const { settings } = session;
  const wanted = wantedOf(settings, asked);
  const trainings = trainingsOf(settings).filter(({ name }) => wanted.includes(name));
  const context: StagesContext = {
    session,
    root: runDir,
    runDir,
    stop,
    groups,
    observer,
    serve,
    onIncident: incident,
    onInfo: info,
    queries: () => source.queries(total),
    passRate: passRateIn(store),
  };
  for (const training of trainings) await timed(store, training.name, () => runTraining(training, context));
  // Rounds belong to whole runs: a single stage that was asked for is a single stage. Ablations belong to the first round.
  if (asked === undefined) {
    const again = trainings.filter(({ name, stage }) => name === stage);
    for (let round = 2; round <= settings.run.rounds; round++) await runRound(round, place, context, again);
  }
  if (!wanted.includes("evaluate")) return;
  observer.stage?.("evaluate", "begins");
  await timed(store, "evaluate", () => evaluateRun(context, place, models));
  observer.stage?.("evaluate", "is done");
}

/** Stage 1 and training once more, in a folder of its own, by the model that the round before has left. */
async function runRound(round: number, place: StagesPlace, context: StagesContext, trainings: readonly Training[]): Promise<void> {
  const { session, info } = place;
  const before = lastPolicyModel(roundDir(place.runDir, round - 1), session.settings);
  const id = session.settings.rollout.policy;
  if (before === undefined || id === undefined) {
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
      who: `round ${round}`,
      what: "the round before has trained no policy to go on with.",
      hint: "Give the preset a stage sft or rl, and a policy; or set run.rounds to 1.",
    });
  }
  const runDir = roundDir(place.runDir, round);
  const identity = { ...place.identity, presetHash: contentHash(place.identity.presetHash, "round", round, before.key) };
  makeRoom(runDir, identity, (aside) =>
    info(`round ${round} is played again: the model that writes its candidates is another one than before. What there was of it lies in ${aside}.`),
  );
  info(`round ${round}: ${before.modelPath} writes the candidates`);
  const policy = await loadWeights(session.policy(id), id, before.modelPath, place.stop.signal);
  const store = RunStore.open(runDir, identity, place.description);
  const release = session.replacePolicy(id, policy);
  let stageOne: StageOneResult | undefined;
  try {
    settlePlugins(store, identity, place.total, place.incident);
    stageOne = await runStageOne({ ...place, store });
    await place.finish(store, runDir);
    for (const training of trainings)
      await timed(store, training.name, () => runTraining(training, { ...context, runDir, startFrom: before, passRate: passRateIn(store) }));
    await place.finish(store, runDir);
  } finally {
    stageOne?.close();
    release();
    await policy.dispose();
    store.close();
    // Evaluation and its calls belong to the run as a whole.
    place.stageOne.begin();
  }
}

/** A round that other weights have played is moved aside, never deleted: the run itself is the same, so nothing else can be different. */
function makeRoom(runDir: string, { presetHash }: RunIdentity, onAside: (folder: string) => void): void {
  if (!existsSync(join(runDir, "run.db"))) return;
  const store = RunStore.read(runDir);
  const known = store.identity()?.presetHash;
  store.close();
  if (known === undefined || known === presetHash) return;
  const aside = `${runDir}-${known.slice(0, 8)}`;
  const free = existsSync(aside) ? `${aside}-${Date.now()}` : aside;
  renameSync(runDir, free);
  onAside(free);
}

/** The share of right candidates that the question at a position had in stage 1; undefined where none was judged. */
export function passRateIn(store: RunStore): (position: number) => number | undefined {
  return (position) => {
    const row = store.one(
      `SELECT avg(json_extract(scores, '$.correctness.value') >= ${RIGHT_FROM}) rate FROM trajectories
       WHERE position = ? AND origin != 'repair' AND json_extract(scores, '$.correctness.value') IS NOT NULL`,
      position,
    ) as { rate: number | null };
    return row.rate ?? undefined;
  };
}

async function timed<T>(store: RunStore, stage: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  try {
    return await work();
  } finally {
    store.addSeconds(stage, (performance.now() - begun) / 1000);
  }
}

async function evaluateRun(
  context: StagesContext,
  { session, source, total, stop, observer, stageOne, runDir }: StagesPlace,
  models: Readonly<Record<string, string>>,
): Promise<void> {
  const held = session.settings.queries.evaluate;
  if (held === undefined) {
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
      who: 'stage "evaluate"',
      what: "the preset names no held-out questions.",
      hint: "Set queries.evaluate to a JSONL file of questions.",
    });
  }
  const settings = evaluateSettings(session);
  await checkQueries(held);
  await evaluateModels(await contestantsOf(session, runDir, readQueries(held), models), {
    session,
    calls: stageOne.calls,
    runDir,
    settings,
    questions: () => readQueries(held),
    trained: () => source.queries(total),
    rewardModel: await loadedRewardModel(context),
    health: stageOne.health,
    signal: stop.signal,
    onQuestion: (contestant, done) => observer.evaluating?.(contestant, done),
  });
}

export function wantedOf(settings: Preset, asked: readonly string[] | undefined): readonly string[] {
  return stageNames(settings).filter((name) => asked === undefined || asked.includes(name));
}
