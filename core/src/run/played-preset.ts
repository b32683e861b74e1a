/** A preset made ready to be played by others: plugins started, every question a task. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResolvedPreset } from "../config/preset/index.ts";
import { readQueries } from "../data/queries.ts";
import { AutoTrajError } from "../kernel/errors.ts";
import { type JsonObject, type Query, REWARD_MODEL, type RlTask } from "../kernel/plugin.ts";
import { tellingHealth } from "../loop/health.ts";
import { openQuestions } from "../loop/questions.ts";
import { queriesHash } from "../loop/run-identity.ts";
import { Session } from "../loop/session.ts";
import type { StopSwitch } from "../loop/stop-switch.ts";
import { RunStore } from "../loop/store/run-store.ts";
import { underWay } from "../loop/under-way.ts";
import { artifactOf } from "../results/artifact.ts";
import { passRateIn } from "./rounds.ts";
import type { PresetRequest } from "./run.ts";
import { chosenStages } from "./stages/chosen-stages.ts";
import type { Episodes } from "./stages/episodes.ts";
import { episodesOf, playableTasks } from "./stages/playing.ts";

export interface OpenOptions {
  /** The run whose reward model judges, where the preset trains one, and whose loop says which questions stage `rl` takes. */
  readonly runDir: string;
  readonly cacheDir?: string;
  readonly stop: StopSwitch;
  readonly say: (message: string) => void;
}

export interface PlayedPreset {
  readonly episodes: Episodes;
  readonly tasks: ReadonlyMap<string, RlTask>;
  /** Names of the reward's terms. */
  readonly terms: readonly string[];
  close(): Promise<void>;
}

/** Starts a preset as a run would, up to where it would ask the first question. @throws whatever keeps a run from starting. */
export async function openPreset(preset: ResolvedPreset, { runDir, cacheDir, stop, say }: OpenOptions): Promise<PlayedPreset> {
  const incident = (who: string, what: string) => say(`${who}: ${what}`);
  const session = await Session.open(preset, {
    ...(cacheDir === undefined ? {} : { cacheDir }),
    onIncident: incident,
    log: { info: say, warn: say },
    modelServers: { stop },
  });
  const closing: (() => void | Promise<void>)[] = [() => session.dispose()];
  const close = async () => {
    for (const release of closing.splice(0).reverse()) await release();
  };
  try {
    const questions = await questionsOf(session, runDir, incident);
    if (questions.looped === undefined) sayUnfiltered(session, runDir, say);
    else closing.push(() => questions.looped?.store.close());
    const { evaluate } = preset.settings.queries;
    await session.start({ train: () => eachOf(questions.queries), evaluate: () => (evaluate === undefined ? undefined : readQueries(evaluate)) });
    // Judges and reward plugins may ask models; their answers are remembered where the preset shares them between runs.
    const kept = { similarTo: () => Promise.reject(new Error("nothing is kept while episodes are served")) };
    const observer = { turn: () => {}, toolCall: () => {} };
    const going = underWay(session, { runId: `serve-${session.name}`, stop, cache: undefined, observer, health: tellingHealth(incident), kept });
    closing.push(() => going.close());
    going.begin();
    await loadRewardModel(session, runDir);
    const rl = rlSettings(session);
    const episodes = episodesOf({ session, runDir, stop, incident }, rl);
    closing.push(() => episodes.close());
    return { episodes, tasks: await tasksOf(session, episodes, rl, questions), terms: [...session.lifecycle.rewardTerms.keys()], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function loadRewardModel(session: Session, runDir: string): Promise<void> {
  const models = [...session.services.useAll(REWARD_MODEL).values()];
  if (models.length === 0 || session.settings.stages["reward-model"] === undefined) return;
  const trained = artifactOf(runDir, "reward-model");
  if (trained === undefined) {
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
      who: session.name,
      what: `its reward has a trained model, and ${runDir} holds none.`,
      hint: "Name the run that trained it with --run.",
    });
  }
  for (const model of models) await model.load(trained.modelPath ?? "");
}

/** All of them at once: as tasks they are kept anyway. */
async function questionsOf(session: Session, runDir: string, incident: (who: string, what: string) => void): Promise<ServedQuestions> {
  const scratch = await mkdtemp(join(tmpdir(), "autotraj-serve-"));
  try {
    const source = await openQuestions(session, scratch, { incident, info: () => {} });
    try {
      const looped = loopOf(runDir, source.sha256, session.settings.queries.limit);
      const { limit = source.count } = looped ?? session.settings.queries;
      const queries: Query[] = [];
      for await (const query of source.queries(limit)) queries.push(query);
      return { queries, looped };
    } finally {
      source.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface ServedQuestions {
  readonly queries: readonly Query[];
  readonly looped: Looped | undefined;
}

interface Looped {
  /** The run's own, which its command line may have set. */
  readonly limit: number | undefined;
  readonly store: RunStore;
}

/** The run in this folder, if it played these questions. */
function loopOf(runDir: string, sha256: string, presetLimit: number | undefined): Looped | undefined {
  if (!existsSync(join(runDir, "run.db"))) return undefined;
  const store = RunStore.read(runDir);
  const { limit = presetLimit } = JSON.parse(store.meta("asked") ?? "{}") as Partial<PresetRequest>;
  if (store.identity()?.queriesHash === queriesHash(sha256, limit)) return { limit, store };
  store.close();
  return undefined;
}

async function* eachOf(queries: readonly Query[]): AsyncGenerator<Query> {
  yield* queries;
}

/** Those of stage `rl` with their defaults; none where the preset has no such stage. Who trains elsewhere needs no GPU here. */
function rlSettings(session: Session): Readonly<JsonObject> {
  return chosenStages(session, []).find(({ name }) => name === "rl")?.valid ?? {};
}

/** The tasks of stage `rl`; where no run says how often a question was answered right, all of them. */
async function tasksOf(
  session: Session,
  episodes: Episodes,
  all: Readonly<JsonObject>,
  { queries, looped }: ServedQuestions,
): Promise<ReadonlyMap<string, RlTask>> {
  const { minPassRate: _least, maxPassRate: _most, ...withoutFilter } = all;
  const [settings, passRate] = looped === undefined ? [withoutFilter, () => undefined] : [all, passRateIn(looped.store)];
  const { tasks } = await playableTasks(episodes, { name: "rl", settings }, session, withPassRates(queries, passRate));
  return new Map(tasks.map((task) => [task.query.id, task]));
}

async function* withPassRates(queries: readonly Query[], passRate: (position: number) => number | undefined) {
  for (const [position, query] of queries.entries()) yield { query, passRate: passRate(position) };
}

/** What stage `rl` would leave out is played all the same, and that is said. */
function sayUnfiltered(session: Session, runDir: string, say: (message: string) => void): void {
  const { minPassRate = 0, maxPassRate = 1 } = session.settings.stages["rl"] ?? {};
  if (Number(minPassRate) <= 0 && Number(maxPassRate) >= 1) return;
  say(
    `warning: stages.rl.minPassRate and maxPassRate choose questions by the loop's right candidates; ${runDir} holds no run of these questions, so all are served. Name the run with --run.`,
  );
}
