/** A preset made ready to be played by others: plugins started, every question a task. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AutoTrajError,
  artifactOf,
  Calls,
  createRollout,
  type Episodes,
  episodesOf,
  Kernel,
  openQuestions,
  openSharedCache,
  type Query,
  REWARD_MODEL,
  type ResolvedPreset,
  type RlTask,
  readQueries,
  Semaphore,
  type StopSwitch,
  seedFrom,
  TapGuard,
  tellingHealth,
} from "@autotraj/core";

export interface OpenOptions {
  /** The run whose reward model judges, where the preset trains one. */
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
  const kernel = await Kernel.load(preset, {
    ...(cacheDir === undefined ? {} : { cacheDir }),
    onIncident: incident,
    log: { info: say, warn: say },
    modelServers: { stop },
  });
  const closing: (() => void | Promise<void>)[] = [() => kernel.dispose()];
  const close = async () => {
    for (const release of closing.splice(0).reverse()) await release();
  };
  try {
    const questions = await questionsOf(kernel, incident);
    const { evaluate } = preset.preset.queries;
    await kernel.start({ train: () => eachOf(questions), evaluate: () => (evaluate === undefined ? undefined : readQueries(evaluate)) });
    const shared = preset.preset.run.cache === "shared" ? openSharedCache(join(kernel.cacheDir, "calls-2.db")) : undefined;
    if (shared !== undefined) closing.push(() => shared.close());
    begin(kernel, stop, shared?.cache, incident);
    await loadRewardModel(kernel, runDir);
    const episodes = episodesOf({ kernel, runDir, stop, onIncident: incident });
    closing.push(() => episodes.close());
    return { episodes, tasks: await tasksOf(kernel, episodes, questions), terms: [...kernel.lifecycle.rewardTerms.keys()], close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Judges and reward plugins may ask models; their answers are remembered where the preset shares them between runs. */
function begin(
  kernel: Kernel,
  stop: StopSwitch,
  cache: ConstructorParameters<typeof Calls>[0] | undefined,
  incident: (who: string, what: string) => void,
): void {
  const { rollout: settings, run } = kernel.preset.preset;
  const rollout = createRollout({
    policy: (id) => kernel.policy(id),
    tool: (id) => kernel.tool(id),
    calls: new Calls(cache ?? { get: () => undefined, put: () => {} }, stop, { turn: () => {}, toolCall: () => {} }, settings.inFlight),
    seed: run.seed,
    slots: new Semaphore(settings.inFlight),
    health: tellingHealth(incident),
  });
  const kept = { similarTo: () => Promise.reject(new Error("nothing is kept while episodes are served")) };
  kernel.begin({ rollout, kept });
  const random = (...parts: readonly (string | number)[]) => seedFrom(run.seed, ...parts) / 2 ** 31;
  kernel.lifecycle.begin(new TapGuard({ timeoutMs: run.hookTimeoutMs, signal: stop.signal, run: { runId: `serve-${kernel.preset.name}`, random } }));
}

async function loadRewardModel(kernel: Kernel, runDir: string): Promise<void> {
  const models = [...kernel.services.useAll(REWARD_MODEL).values()];
  if (models.length === 0 || kernel.preset.preset.stages["reward-model"] === undefined) return;
  const trained = artifactOf(runDir, "reward-model");
  if (trained === undefined) {
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
      who: kernel.preset.name,
      what: `its reward has a trained model, and ${runDir} holds none.`,
      hint: "Name the run that trained it with --run.",
    });
  }
  for (const model of models) await model.load(trained.modelPath);
}

/** All of them at once: as tasks they are kept anyway. */
async function questionsOf(kernel: Kernel, incident: (who: string, what: string) => void): Promise<readonly Query[]> {
  const scratch = await mkdtemp(join(tmpdir(), "autotraj-serve-"));
  try {
    const source = await openQuestions(kernel, scratch, { incident, info: () => {} });
    try {
      const { limit = source.count } = kernel.preset.preset.queries;
      const queries: Query[] = [];
      for await (const query of source.queries(limit)) queries.push(query);
      return queries;
    } finally {
      source.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function* eachOf(queries: readonly Query[]): AsyncGenerator<Query> {
  yield* queries;
}

/** As stage `rl` asks them: prepared, without worked examples unless `stages.rl.examples` keeps them. */
async function tasksOf(kernel: Kernel, episodes: Episodes, queries: readonly Query[]): Promise<ReadonlyMap<string, RlTask>> {
  const keepExamples = kernel.preset.preset.stages.rl?.["examples"] === true;
  const tasks = new Map<string, RlTask>();
  for (const query of queries) {
    const { drop, request } = await kernel.lifecycle.beforeRollout(kernel.rolloutRequest(query));
    if (drop === undefined) tasks.set(query.id, episodes.addTask(keepExamples ? request : { ...request, examples: [] }));
  }
  return tasks;
}
