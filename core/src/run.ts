/** One run from its folder's point of view: open it, start the kernel, go through stage 1, leave data sets and summary behind. Continuing is the same as beginning. */
import { appendFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { type Calls, interrupted } from "./calls.ts";
import { datasetCard } from "./dataset-card.ts";
import { countRows, type DatasetFiles, writeCard, writeDatasets } from "./datasets.ts";
import { AutoTrajError, messageOf } from "./errors.ts";
import { evaluateModels, loadWeights, readEvaluation } from "./evaluation/evaluate.ts";
import { gatherFigures, type RunFigures } from "./figures.ts";
import { Kernel } from "./kernel.ts";
import { type PluginKind, POLICY, RIGHT_FROM } from "./plugin.ts";
import type { ResolvedPreset } from "./preset/index.ts";
import { checkQueries, readQueries } from "./queries.ts";
import { openQuestions, type Questions } from "./questions.ts";
import { type RunObserver, runStageOne, type StageOnePlace, type StageOneResult } from "./stage-one.ts";
import {
  artifactOf,
  checkStages,
  contestantsOf,
  evaluateSettings,
  lastPolicyModel,
  loadedRewardModel,
  roundDir,
  runTraining,
  type ServeEpisodes,
  type StagesContext,
} from "./stages.ts";
import { StopSwitch } from "./stop.ts";
import { notBegun, type RunIdentity, RunStore } from "./store/run-store.ts";
import { type Prices, type RunSummary, summarize } from "./summary.ts";
import { stageNames, TRAIN_STAGES, type Training, trainingsOf } from "./trainings.ts";
import { contentHash } from "./trajectory/identity.ts";

/** How the preset was asked for, so that `resume` can ask for it again. */
export interface PresetRequest {
  readonly ref: string;
  readonly cwd: string;
  readonly set: readonly string[];
  readonly limit?: number;
  /** The last stage that was asked for, or `data` for stage 1 alone; undefined: all of them. */
  readonly until?: string;
  /** Where only models are evaluated: their folders, by the names that tables give them. */
  readonly models?: Readonly<Record<string, string>>;
}

export interface RunRequest {
  readonly preset: ResolvedPreset;
  /** Kept with the run for `resume`. */
  readonly asked: PresetRequest;
  readonly runDir: string;
  readonly cacheDir?: string;
  readonly stop?: StopSwitch;
  readonly observer?: RunObserver;
  /** What to do after stage 1: names of stages and ablations (`stageNames`). Default: all that the preset has. */
  readonly stages?: readonly string[];
  /** Serves episodes over HTTP while stage `rl` trains. */
  readonly serve?: ServeEpisodes;
  /** Further models for stage `evaluate`, by the name that tables give them: folders, as the policy loads them. */
  readonly models?: Readonly<Record<string, string>>;
}

export interface RunResult {
  readonly summary: RunSummary;
  readonly files: DatasetFiles & { readonly summary: string };
}

/** Plugins that stage 1 never asks: with other ones the same run goes on. */
const STAGE_TWO_KINDS: readonly PluginKind[] = ["trainer", "reward", "reward-model", "tracker", "format"];

/**
 * Runs all that the preset and the request ask for, or goes on with it where the folder holds this run already: stage 1, training, evaluation, and again with
 * what was trained where the preset has several rounds.
 * @throws ATRAJ_INTERRUPTED when stopped; ATRAJ_RUN_MISMATCH, ATRAJ_RUN_LOCKED; whatever a plugin's setup or start throws.
 */
export async function run(request: RunRequest): Promise<RunResult> {
  const { preset, observer = {}, stop = new StopSwitch() } = request;
  const runDir = resolve(request.runDir);
  const log = runLog(runDir);
  let opened: RunStore | undefined;
  const incident = (who: string, what: string, position?: number) => {
    opened?.addIncident(who, what, position);
    log("incident", { who, what, ...(position === undefined ? {} : { position }) });
    observer.incident?.(who, what);
  };
  const info = (message: string) => {
    log("info", { message });
    observer.info?.(message);
  };
  let source: Questions | undefined;
  const kernel = await Kernel.load(preset, {
    ...(request.cacheDir === undefined ? {} : { cacheDir: request.cacheDir }),
    onIncident: incident,
    log: {
      info,
      warn: (message) => incident("plugin", message),
    },
  });
  try {
    checkStages(kernel, wantedOf(preset, request.stages));
    source = await openQuestions(kernel, runDir, { incident, info });
    const limit = request.asked.limit ?? preset.preset.queries.limit;
    const total = Math.min(source.count, limit ?? source.count);
    const identity = identityOf(kernel, source, limit);
    const store = RunStore.open(runDir, identity, descriptionOf(kernel, request.asked));
    opened = store;
    let started: StageOneResult | undefined;
    let calls: Calls | undefined;
    const onCalls = (made: Calls) => {
      calls = made;
    };
    const release = reportRunningDry(() => [...kernel.lifecycle.unfinished(), ...(calls?.unfinished() ?? [])]);
    try {
      await writeFile(join(runDir, "preset.resolved.yaml"), stringify(preset.redacted()));
      log("start", { queries: total, plugins: kernel.plugins.map(({ packageName, version }) => `${packageName}@${version}`) });
      if (stop.stopping) throw interrupted();
      const stageOneIsDone = isDone(store, total);
      if (stageOneIsDone && !goesOnAfterStageOne(preset, request.stages)) {
        info("This run is finished: nothing was left to do.");
        return await finish(store, runDir);
      }
      if (stageOneIsDone && total > 0) info("Stage 1 is finished already.");
      await start(kernel, store, source, total);
      const base = { kernel, source, total, stop, observer, incident, onCalls };
      started = await runStageOne({ ...base, store });
      const stageOne = await finish(store, runDir);
      await runStages(request, { ...base, store, runDir, identity, stageOne: started });
      const result = goesOnAfterStageOne(preset, request.stages) ? await finish(store, runDir) : stageOne;
      log("finish", { funnel: result.summary.funnel });
      return result;
    } catch (error) {
      log("end", { error: messageOf(error) });
      throw error;
    } finally {
      release();
      started?.close();
      store.close();
      opened = undefined;
    }
  } finally {
    source?.close();
    await kernel.dispose();
  }
}

/** What must be the same for this run to be continued: nothing that only stage 2 reads. */
function identityOf(kernel: Kernel, { sha256 }: Questions, limit: number | undefined): RunIdentity {
  const { preset, plugins } = kernel;
  const stageTwoOnly = plugins.filter(({ plugin }) => STAGE_TWO_KINDS.includes(plugin.meta.kind)).map(({ entry }) => entry.id);
  const presetHash = preset.identity(new Set(stageTwoOnly));
  return {
    runId: `${preset.name}-${contentHash(presetHash, sha256, limit ?? null).slice(0, 8)}`,
    preset: preset.name,
    presetHash,
    queriesHash: contentHash(sha256, limit ?? null),
    versions: Object.fromEntries(plugins.map(({ packageName, version }) => [packageName, version])),
  };
}

function descriptionOf(kernel: Kernel, asked: PresetRequest): Readonly<Record<string, string>> {
  return {
    asked: JSON.stringify(asked),
    dimensions: JSON.stringify([...kernel.lifecycle.scorePlan.dimensions.keys()]),
    prices: JSON.stringify(pricesOf(kernel)),
    trainings: JSON.stringify(trainingsOf(kernel.preset.preset).map(({ name }) => name)),
  };
}

async function start(kernel: Kernel, store: RunStore, source: Questions, total: number): Promise<void> {
  const begun = performance.now();
  const { evaluate } = kernel.preset.preset.queries;
  await kernel.start({ train: () => source.queries(total), evaluate: () => (evaluate === undefined ? undefined : readQueries(evaluate)) });
  store.addSeconds("start", (performance.now() - begun) / 1000);
}

/** Nothing keeps a process alive whose plugins wait for what never comes: it ends, and must say why. */
function reportRunningDry(busy: () => readonly string[]): () => void {
  const report = () => {
    process.exitCode = 1;
    const error = new AutoTrajError("ATRAJ_UNFINISHED", {
      who: "run",
      what: "nothing is left to do, but these never came back.",
      details: [...new Set(busy())],
    });
    process.stderr.write(`${error.message}\n`);
  };
  process.once("beforeExit", report);
  return () => void process.removeListener("beforeExit", report);
}

function wantedOf({ preset }: ResolvedPreset, asked: readonly string[] | undefined): readonly string[] {
  return stageNames(preset).filter((name) => asked === undefined || asked.includes(name));
}

/** Whether stage 1 has nothing left to do: questions that failed are done again. */
function isDone(store: RunStore, total: number): boolean {
  const { done } = store.one("SELECT count(*) done FROM queries WHERE status != 'failed'") as { done: number };
  return store.meta("finished") === "yes" && done >= total;
}

function goesOnAfterStageOne(preset: ResolvedPreset, asked: readonly string[] | undefined): boolean {
  return wantedOf(preset, asked).length > 0 || (asked === undefined && preset.preset.run.rounds > 1);
}

interface StagesPlace extends Omit<StageOnePlace, "store"> {
  readonly store: RunStore;
  readonly runDir: string;
  readonly identity: RunIdentity;
  readonly stageOne: StageOneResult;
}

/** Trains, plays further rounds with what was trained, and evaluates all of it at the end. */
async function runStages({ serve, stages: asked, asked: ask, models = {} }: RunRequest, place: StagesPlace): Promise<void> {
  const { kernel, runDir, store, stop, observer, incident, source, total } = place;
  const { preset } = kernel.preset;
  const wanted = wantedOf(kernel.preset, asked);
  const trainings = trainingsOf(preset).filter(({ name }) => wanted.includes(name));
  const context: StagesContext = {
    kernel,
    runDir,
    stop,
    observer,
    serve,
    onIncident: incident,
    queries: () => source.queries(total),
    passRate: passRateIn(store),
  };
  for (const training of trainings) await timed(store, training.name, () => runTraining(training, context));
  // Rounds belong to whole runs: a single stage that was asked for is a single stage. Ablations belong to the first round.
  if (asked === undefined) {
    const again = trainings.filter(({ name, stage }) => name === stage);
    for (let round = 2; round <= preset.run.rounds; round++) await runRound(round, place, context, again, ask);
  }
  if (!wanted.includes("evaluate")) return;
  observer.stage?.("evaluate", "begins");
  await timed(store, "evaluate", () => evaluateRun(context, place, models));
  observer.stage?.("evaluate", "is done");
}

/** Stage 1 and training once more, in a folder of its own, by the model that the round before has left. */
async function runRound(
  round: number,
  place: StagesPlace,
  context: StagesContext,
  trainings: readonly Training[],
  asked: PresetRequest,
): Promise<void> {
  const { kernel, observer } = place;
  const before = lastPolicyModel(roundDir(place.runDir, round - 1));
  const id = kernel.preset.preset.rollout.policy;
  if (before === undefined || id === undefined) {
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
      who: `round ${round}`,
      what: "the round before has trained no policy to go on with.",
      hint: "Give the preset a stage sft or rl, and a policy; or set run.rounds to 1.",
    });
  }
  const runDir = roundDir(place.runDir, round);
  const identity = { ...place.identity, presetHash: contentHash(place.identity.presetHash, "round", round, before.key) };
  observer.info?.(`round ${round}: ${before.modelPath} writes the candidates`);
  const policy = await loadWeights(kernel.policy(id), id, before.modelPath);
  const store = RunStore.open(runDir, identity, descriptionOf(kernel, asked));
  const release = kernel.replacePolicy(id, policy);
  let stageOne: StageOneResult | undefined;
  try {
    stageOne = await runStageOne({ ...place, store });
    await finish(store, runDir);
    for (const training of trainings)
      await timed(store, training.name, () => runTraining(training, { ...context, runDir, startFrom: before, passRate: passRateIn(store) }));
    await finish(store, runDir);
  } finally {
    stageOne?.close();
    release();
    await policy.dispose();
    store.close();
    // Evaluation and its calls belong to the run as a whole.
    place.stageOne.begin();
  }
}

function passRateIn(store: RunStore): (position: number) => number | undefined {
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
  { kernel, source, total, stop, observer, stageOne, runDir }: StagesPlace,
  models: Readonly<Record<string, string>>,
): Promise<void> {
  const held = kernel.preset.preset.queries.evaluate;
  if (held === undefined) {
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
      who: 'stage "evaluate"',
      what: "the preset names no held-out questions.",
      hint: "Set queries.evaluate to a JSONL file of questions.",
    });
  }
  const settings = evaluateSettings(kernel);
  await checkQueries(held);
  const own = await contestantsOf(context, readQueries(held));
  const others = Object.entries(models).map(([model, path]) => ({ model, path, examples: false, against: own.slice(-1).map((last) => last.model) }));
  await evaluateModels([...own, ...others], {
    kernel,
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

/** Writes data sets, card and summary from what the store holds; also for a run that is not finished. */
export async function finish(store: RunStore, runDir: string): Promise<RunResult> {
  store.checkPresent();
  const { files } = await writeDatasets(store, runDir);
  const summary = tables(store, runDir);
  await writeCard(files, datasetCard(summary));
  const file = join(runDir, "summary.json");
  await writeFile(file, `${JSON.stringify(summary, null, 2)}\n`);
  return { summary, files: { ...files, summary: file } };
}

/** The tables of a run that may still be in progress. */
export function readSummary(runDir: string): RunSummary {
  return reading(runDir, (store) => tables(store, runDir));
}

/** How the run in this folder was asked for. @throws ATRAJ_RUN_NOT_FOUND */
export function askedFor(runDir: string): PresetRequest {
  const asked = reading(runDir, (store) => store.meta("asked"));
  if (asked === undefined) throw notBegun(runDir);
  return JSON.parse(asked) as PresetRequest;
}

function reading<T>(runDir: string, read: (store: RunStore) => T): T {
  const store = RunStore.read(runDir);
  try {
    return read(store);
  } finally {
    store.close();
  }
}

function tables(store: RunStore, runDir: string): RunSummary {
  return summarize(store, {
    figures: figuresOf(store),
    prices: JSON.parse(store.meta("prices") ?? "{}") as Prices,
    artifacts: (JSON.parse(store.meta("trainings") ?? JSON.stringify(TRAIN_STAGES)) as string[]).flatMap((name) => artifactOf(runDir, name) ?? []),
    evaluation: readEvaluation(runDir),
  });
}

const FIGURES = "figures";

/** Gathered once for the trajectories that there are; remembered where the store is open for writing. */
function figuresOf(store: RunStore): RunFigures {
  const known = store.derived(FIGURES);
  if (known !== undefined) return JSON.parse(known) as RunFigures;
  const figures = gatherFigures(store, JSON.parse(store.meta("dimensions") ?? "[]") as string[], countRows(store));
  if (store.isWritable) store.setDerived(FIGURES, JSON.stringify(figures));
  return figures;
}

function pricesOf(kernel: Kernel): Prices {
  return Object.fromEntries([...kernel.services.useAll(POLICY)].flatMap(([id, policy]) => (policy.price === undefined ? [] : [[id, policy.price]])));
}

/** One JSON line per event; a log that cannot be written never stops a run. */
function runLog(runDir: string): (event: string, data: object) => void {
  const file = join(runDir, "log.jsonl");
  return (event, data) => {
    try {
      appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), event, ...data })}\n`);
    } catch {
      // The folder is not there yet, or no longer: the store reports that where it matters.
    }
  };
}
