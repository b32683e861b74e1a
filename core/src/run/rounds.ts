/** What a run does after the loop: its stages in order, and further rounds with what was trained. */
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { checkName } from "../config/names.ts";
import type { Preset } from "../config/preset/index.ts";
import type { ProcessGroups } from "../host/process-groups.ts";
import { AutoTrajError } from "../kernel/errors.ts";
import { RIGHT_FROM, type StageArtifact } from "../kernel/plugin.ts";
import { contentHash } from "../kernel/trajectory/identity.ts";
import { settlePlugins } from "../loop/run-identity.ts";
import type { Session } from "../loop/session.ts";
import { type RunIdentity, RunStore } from "../loop/store/run-store.ts";
import { type LoopPlace, type LoopResult, runWholeLoop } from "../loop/whole-loop.ts";
import { artifactOf, roundDir } from "../results/artifact.ts";
import { type ChosenStage, chosenStages } from "./stages/chosen-stages.ts";
import { runStage } from "./stages/run-stage.ts";
import { loadedPolicy } from "./stages/stage-context.ts";
import type { StageObserver, StagePlace } from "./stages/stage-place.ts";
import { stageNames } from "./stages/wanted-stages.ts";

export interface StagesRequest {
  /** What to do after the loop: names of stages and ablations (`stageNames`). Default: all that the preset has. */
  readonly stages?: readonly string[];
  /** Further models for stages that compare models, by the name that tables give them: folders, as the policy loads them. */
  readonly models?: Readonly<Record<string, string>>;
  /** Other runs of one study: what one of them has paid for is not paid for again. */
  readonly alongside?: {
    /** File of calls that they remember together. */
    readonly calls: string;
    /** Folders of runs: a loop or a stage that one of them has done, decided by the very same, is taken over. */
    readonly runs: readonly string[];
  };
}

export interface StagesPlace extends Omit<LoopPlace, "store"> {
  readonly observer: LoopPlace["observer"] & StageObserver;
  readonly info: (message: string) => void;
  readonly groups: ProcessGroups;
  readonly store: RunStore;
  readonly runDir: string;
  readonly identity: RunIdentity;
  readonly looped: LoopResult;
  /** How the run was asked for, as its stores keep it. */
  readonly description: Readonly<Record<string, string>>;
  /** Writes data sets and tables. */
  readonly finish: (store: RunStore, runDir: string) => Promise<unknown>;
}

/** The stages in order; rounds are played behind the last that trains. */
export async function runStages({ stages: asked, models, alongside }: StagesRequest, place: StagesPlace): Promise<void> {
  const { session, store } = place;
  const wanted = wantedOf(session.settings, asked);
  const all = chosenStages(session, wanted);
  const chosen = all.filter(({ name }) => wanted.includes(name));
  const lastTraining = chosen.findLastIndex(({ plugin }) => plugin.trains !== undefined);
  const context = stagePlace(place, all, { ...(models === undefined ? {} : { models }), others: alongside?.runs ?? [] });
  for (const stage of chosen.slice(0, lastTraining + 1)) await timed(store, stage.name, () => runStage(stage, context));
  // Rounds belong to whole runs: a single stage that was asked for is a single stage. Ablations belong to the first round.
  if (asked === undefined) {
    const again = chosen.filter(({ plugin, isAblation }) => plugin.trains !== undefined && !isAblation);
    for (let round = 2; round <= session.settings.run.rounds; round++) {
      await session.tracking.during({ kind: "round", round }, () => runRound(round, place, context, again));
    }
  }
  for (const stage of chosen.slice(lastTraining + 1)) await timed(store, stage.name, () => runStage(stage, context));
}

function stagePlace(place: StagesPlace, all: readonly ChosenStage[], more: Pick<StagePlace, "models" | "others">): StagePlace {
  const { session, runDir, store, stop, groups, observer, incident, info, source, total, looped } = place;
  const queries = () => source.queries(total);
  return { session, all, root: runDir, runDir, stop, groups, observer, incident, info, looped, queries, passRate: passRateIn(store), ...more };
}

/** The loop and training once more, in a folder of its own, by the model that the round before has left. */
async function runRound(round: number, place: StagesPlace, context: StagePlace, again: readonly ChosenStage[]): Promise<void> {
  const { session, info } = place;
  const before = lastPolicyModel(roundDir(place.runDir, round - 1), context.all);
  const id = session.settings.rollout.policy;
  if (before?.modelPath === undefined || id === undefined) {
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
  const { policy, dispose } = await loadedPolicy(session.policy(id), id, before.modelPath, place.stop.signal);
  const store = RunStore.open(runDir, identity, place.description);
  const release = session.replacePolicy(id, policy);
  let looped: LoopResult | undefined;
  try {
    settlePlugins(store, identity, place.total, place.incident);
    looped = await runWholeLoop({ ...place, store });
    await place.finish(store, runDir);
    const here: StagePlace = { ...context, runDir, startFrom: before, looped, passRate: passRateIn(store) };
    for (const stage of again) await timed(store, stage.name, () => runStage(stage, here));
    await place.finish(store, runDir);
  } finally {
    looped?.close();
    release();
    await dispose();
    store.close();
    // What comes after the rounds, and its calls, belong to the run as a whole.
    place.looped.begin();
  }
}

/** The policy as the preset's stages have left it in this folder. */
function lastPolicyModel(runDir: string, all: readonly ChosenStage[]): StageArtifact | undefined {
  const last = all.findLast(({ plugin, isAblation }) => plugin.leavesPolicy === true && !isAblation);
  return last === undefined ? undefined : artifactOf(runDir, last.name);
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

/** The share of right candidates that the question at a position had in the loop; undefined where none was judged. */
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

export function wantedOf(settings: Preset, asked: readonly string[] | undefined): readonly string[] {
  return stageNames(settings).filter((name) => asked === undefined || asked.includes(name));
}

/** Models given by hand: what is kept of each lies in files of its name. @throws ATRAJ_STAGE_INPUT */
export function checkModelNames(models: NonNullable<StagesRequest["models"]>): void {
  const hint = "A model is called by its folder's name: give the folder another one, or name it by a link.";
  for (const [name, path] of Object.entries(models))
    checkName(name, { code: "ATRAJ_STAGE_INPUT", who: "evaluate", what: `the model ${path} cannot be kept apart: its name`, hint });
}

/**
 * All of the stages that can be wrong, before anything is spent.
 * @param wanted names of stages and ablations
 * @throws as {@link chosenStages}; ATRAJ_PRESET_INVALID where the policy cannot sample what is trained
 */
export function checkStages(session: Session, wanted: readonly string[]): void {
  const chosen = chosenStages(session, wanted).filter(({ name }) => wanted.includes(name));
  const { rollout, run } = session.settings;
  const leavesPolicy = chosen.some(({ plugin }) => plugin.leavesPolicy === true);
  const sampling = chosen.find(({ plugin }) => plugin.samplesModels === true);
  const { policy } = rollout;
  if (!leavesPolicy || !(sampling !== undefined || run.rounds > 1) || policy === undefined || session.policy(policy).withModel !== undefined) return;
  throw new AutoTrajError("ATRAJ_PRESET_INVALID", {
    who: session.name,
    what: `the policy "${policy}" cannot load the weights that the run will train, and ${sampling === undefined ? "run.rounds" : `stages.${sampling.stage}`} needs them sampled.`,
    hint: "Take @autotraj/policy-local, tell @autotraj/policy-openai how to serve them (its option serve), or leave evaluation and further rounds out.",
  });
}
