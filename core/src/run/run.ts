/** One run from its folder's point of view: open it, start the kernel, go through the loop, leave data sets and summary behind. Continuing is the same as beginning. */
import { appendFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { stringify } from "yaml";
import type { Preset, ResolvedPreset } from "../config/preset/index.ts";
import type { ReadyRun } from "../config/ready.ts";
import { STANDARD_STAGES } from "../config/standard-stages.ts";
import { readQueries } from "../data/queries.ts";
import { visible } from "../data/terminal-text.ts";
import { ProcessGroups } from "../host/process-groups.ts";
import { AutoTrajError, messageOf } from "../kernel/errors.ts";
import { isJsonObject } from "../kernel/json.ts";
import { POLICY } from "../kernel/plugin.ts";
import { withoutSecrets, withoutSecretsIn } from "../kernel/redaction.ts";
import { interrupted } from "../kernel/stop.ts";
import type { UsedPlugin } from "../kernel/used-plugin.ts";
import type { Calls } from "../loop/calls.ts";
import { recordedPolicy, recordPolicies } from "../loop/policy-record.ts";
import { openQuestions, type Questions } from "../loop/questions.ts";
import { identityOf, recordSurroundings, settlePlugins, surroundingsOf } from "../loop/run-identity.ts";
import { Session } from "../loop/session.ts";
import { StopSwitch } from "../loop/stop-switch.ts";
import { notBegun, RunStore } from "../loop/store/run-store.ts";
import { takeOverLoop } from "../loop/store/taken-loop.ts";
import { type LoopObserver, runWholeLoop } from "../loop/whole-loop.ts";
import { artifactOf } from "../results/artifact.ts";
import { datasetCard } from "../results/dataset-card.ts";
import { COUNTED, countRows, type DatasetFiles, writeCard, writeDatasets } from "../results/datasets.ts";
import { readEvaluation } from "../results/evaluation.ts";
import { gatherFigures, type RunFigures } from "../results/figures.ts";
import { originsOf } from "../results/origins.ts";
import { type Prices, type RunSummary, summarize } from "../results/summary.ts";
import { checkModelNames, checkStages, runStages, type StagesPlace, type StagesRequest, wantedOf } from "./rounds.ts";
import type { StageObserver } from "./stages/stage-place.ts";
import { installAhead } from "./stages/trainers-ahead.ts";
import { stageNames } from "./stages/wanted-stages.ts";
import { tellEvaluation, trackedObserver } from "./tracked-observer.ts";

/** Told of what happens in a run. */
export interface RunObserver extends LoopObserver, StageObserver {
  /** These plugins are set up; nothing is started yet. */
  ready?(plugins: readonly UsedPlugin[]): void;
}

/** How the preset was asked for, so that `resume` can ask for it again. */
export interface PresetRequest {
  readonly ref: string;
  readonly cwd: string;
  readonly set: readonly string[];
  readonly limit?: number;
  /** The last stage that was asked for, or `data` for the loop alone; undefined: all of them. */
  readonly until?: string;
  /** Where only models are evaluated: their folders, by the names that tables give them. */
  readonly models?: Readonly<Record<string, string>>;
}

export interface RunRequest extends StagesRequest {
  readonly preset: ResolvedPreset | ReadyRun;
  /** Kept with the run for `resume`. */
  readonly asked: PresetRequest;
  readonly runDir: string;
  readonly cacheDir?: string;
  readonly stop?: StopSwitch;
  readonly observer?: RunObserver;
}

export interface RunResult {
  readonly summary: RunSummary;
  readonly files: DatasetFiles & { readonly summary: string };
}

/**
 * Runs all that the preset and the request ask for, or goes on with it where the folder holds this run already: the loop, training, evaluation, and again with
 * what was trained where the preset has several rounds.
 * @throws ATRAJ_INTERRUPTED when stopped; ATRAJ_RUN_MISMATCH, ATRAJ_RUN_LOCKED; whatever a plugin's setup or start throws.
 */
export async function run(request: RunRequest): Promise<RunResult> {
  const { preset, stop = new StopSwitch() } = request;
  const runDir = resolve(request.runDir);
  const telling = new Telling(runDir, request.observer ?? {});
  const groups = new ProcessGroups(join(runDir, "processes"));
  const session = await Session.open(preset, {
    ...(request.cacheDir === undefined ? {} : { cacheDir: request.cacheDir }),
    onIncident: telling.incident,
    modelServers: { stop, groups },
    ...(request.alongside === undefined ? {} : { sharedCalls: request.alongside.calls }),
    log: { info: telling.info, warn: (message) => telling.incident("plugin", message.replace(/^plugin /, "")) },
  });
  telling.observer = trackedObserver(telling.observer, session.tracking, telling.log);
  request.observer?.ready?.(session.plugins);
  for (const told of session.loopNotices) telling.info(told);
  let source: Questions | undefined;
  try {
    checkModelNames(request.models ?? {});
    checkStages(session, wantedOf(session.settings, request.stages));
    source = await openQuestions(session, runDir, telling);
    return await runInFolder({ request, session, source, runDir, stop, telling, groups });
  } finally {
    source?.close();
    // Who is in a hurry does not wait for trackers.
    if (stop.signal.aborted) await session.tracking.close(STOPPED_MS);
    await session.dispose();
  }
}

const STOPPED_MS = 1000;

/** What a run says on its way: to its log, to its store where that is open, and to who watches. Never with a secret in it. */
class Telling {
  readonly log: ReturnType<typeof runLog>;
  observer: RunObserver;
  store: RunStore | undefined;

  constructor(runDir: string, observer: RunObserver) {
    this.log = runLog(runDir);
    this.observer = observer;
  }

  readonly incident = (who: string, said: string, position?: number): void => {
    const what = withoutSecrets(said);
    this.store?.addIncident(who, what, position);
    this.log("incident", { who, what, ...(position === undefined ? {} : { position }) });
    this.observer.incident?.(who, what);
  };

  readonly info = (said: string): void => {
    const message = withoutSecrets(said);
    this.log("info", { message });
    this.observer.info?.(message);
  };
}

/** A run whose plugins are set up and whose questions are known. */
interface RunPlace {
  readonly request: RunRequest;
  readonly session: Session;
  readonly source: Questions;
  readonly runDir: string;
  readonly stop: StopSwitch;
  readonly telling: Telling;
  readonly groups: ProcessGroups;
}

/** With the folder's store open, and closed again whatever happens. */
async function runInFolder(place: RunPlace): Promise<RunResult> {
  const { request, session, source, runDir, telling } = place;
  const limit = request.asked.limit ?? session.settings.queries.limit;
  const total = Math.min(source.count, limit ?? source.count);
  const identity = identityOf(session, source, limit);
  const description = descriptionOf(session, request.asked);
  const from = takeOverLoop(request.alongside?.runs ?? [], runDir, identity, total);
  if (from !== undefined) telling.info(`The loop is taken over from ${from}: what decides it is the same there.`);
  const store = RunStore.open(runDir, identity, description);
  telling.store = store;
  let calls: Calls | undefined;
  const release = reportRunningDry(() => [...session.lifecycle.unfinished(), ...(calls?.unfinished() ?? [])]);
  try {
    settlePlugins(store, identity, total, telling.incident);
    await writeFile(join(runDir, "preset.resolved.yaml"), stringify(withoutSecretsIn(session.ready.redacted())));
    telling.log("start", { queries: total, plugins: session.plugins.map(({ packageName, version }) => `${packageName}@${version}`) });
    const onCalls = (made: Calls) => {
      calls = made;
    };
    const result = await startAndGo(place, { store, total, identity, description, onCalls });
    telling.log("finish", { funnel: result.summary.funnel });
    return result;
  } catch (error) {
    telling.log("end", { error: messageOf(error) });
    throw error;
  } finally {
    release();
    store.close();
    telling.store = undefined;
  }
}

/** Starts the plugins, where there is something left to do. */
async function startAndGo(
  { request, session, source, runDir, stop, telling, groups }: RunPlace,
  { store, total, ...known }: Pick<StagesPlace, "store" | "total" | "identity" | "description" | "onCalls">,
): Promise<RunResult> {
  const { incident, info, observer } = telling;
  if (stop.stopping) throw interrupted();
  const isDone = store.isComplete(total);
  const goesOn = goesOnAfterLoop(session.settings, request.stages);
  if (isDone && !goesOn) {
    if (!goesOnAfterLoop(session.settings, undefined)) info("This run is finished: nothing was left to do.");
    return finish(store, runDir);
  }
  if (isDone && total > 0) info("The loop is finished already.");
  await groups.endOrphans(stop, info);
  await start(session, store, source, total, stop);
  recordSurroundings(store, surroundingsOf(session), incident);
  session.kernel.onFound = (id, name, value) => recordSurroundings(store, { [id]: { [name]: value } }, incident);
  recordPolicies(store, session, incident);
  if (!isDone) installAhead(session, wantedOf(session.settings, request.stages), incident);
  const base = { ...known, session, source, total, stop, observer, incident, info, groups, store, runDir };
  const { runId, preset } = known.identity;
  const plugins = session.plugins.map(({ packageName, version }) => `${packageName}@${version}`);
  return session.tracking.during({ kind: "run", runId, preset, runDir, questions: total, plugins }, async (end) => {
    const result = await loopThenStages(request, base);
    for (const model of result.summary.evaluation?.models ?? []) tellEvaluation(model, session.tracking);
    end({ outcome: "done", figures: { ...result.summary.funnel } });
    return result;
  });
}

/** The loop, the stages behind it, and the tables of both. */
async function loopThenStages(request: RunRequest, base: Omit<StagesPlace, "looped" | "finish">): Promise<RunResult> {
  const { store, runDir, session } = base;
  const looped = await runWholeLoop(base);
  try {
    const result = await finish(store, runDir);
    await runStages(request, { ...base, looped, finish });
    return goesOnAfterLoop(session.settings, request.stages) ? await finish(store, runDir) : result;
  } finally {
    looped.close();
  }
}

function descriptionOf(session: Session, asked: PresetRequest): Readonly<Record<string, string>> {
  return {
    asked: JSON.stringify(asked),
    dimensions: JSON.stringify([...session.lifecycle.scorePlan.dimensions.keys()]),
    prices: JSON.stringify(pricesOf(session)),
    rollout: JSON.stringify(candidatesOf(session.settings)),
    trainings: JSON.stringify(stageNames(session.settings)),
  };
}

/** Nothing samples what is recorded. */
function candidatesOf({ rollout, queries: { recorded = [] }, run: { seed } }: Preset): object {
  return recorded.length > 0 ? { "recorded in": recorded.map(({ file }) => basename(file)).join(", ") } : { ...rollout, seed };
}

async function start(session: Session, store: RunStore, source: Questions, total: number, stop: StopSwitch): Promise<void> {
  const begun = performance.now();
  const { evaluate } = session.settings.queries;
  const queries = { train: () => source.queries(total), evaluate: () => (evaluate === undefined ? undefined : readQueries(evaluate)) };
  await session.start(queries, stop);
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
    process.stderr.write(`${visible(error.message)}\n`);
  };
  process.once("beforeExit", report);
  return () => void process.removeListener("beforeExit", report);
}

function goesOnAfterLoop(settings: Preset, asked: readonly string[] | undefined): boolean {
  return wantedOf(settings, asked).length > 0 || (asked === undefined && settings.run.rounds > 1);
}

/** Writes data sets, card and summary from what the store holds; also for a run that is not finished. */
export async function finish(store: RunStore, runDir: string): Promise<RunResult> {
  store.checkPresent();
  const { files } = await writeDatasets(store, runDir);
  const summary = tables(store, runDir);
  await writeCard(files, datasetCard(summary, originsOf(store)));
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
  const asked = reading(runDir, (store) => store.metaJson<PresetRequest>("asked", isPresetRequest));
  if (asked === undefined) throw notBegun(runDir);
  return asked;
}

function isPresetRequest(value: unknown): boolean {
  const { ref, cwd, set } = (value ?? {}) as Partial<PresetRequest>;
  return typeof ref === "string" && typeof cwd === "string" && Array.isArray(set);
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
    prices: store.metaJson<Prices>("prices", isJsonObject) ?? {},
    artifacts: (store.metaJson<readonly string[]>("trainings", Array.isArray) ?? STANDARD_STAGES.map(({ name }) => name)).flatMap(
      (name) => artifactOf(runDir, name) ?? [],
    ),
    evaluation: readEvaluation(runDir, recordedPolicy(store)),
  });
}

/** Renamed whenever there are more, so that what an earlier release remembers is gathered again; the counts of the data sets are among them. */
const FIGURES = `figures with causes, ${COUNTED}`;

/** Gathered once for the trajectories that there are; remembered where the store is open for writing. */
function figuresOf(store: RunStore): RunFigures {
  const known = store.derived<RunFigures>(FIGURES);
  if (known !== undefined) return known;
  const figures = gatherFigures(store, store.metaJson<string[]>("dimensions", Array.isArray) ?? [], countRows(store));
  if (store.isWritable) store.setDerived(FIGURES, figures);
  return figures;
}

function pricesOf(session: Session): Prices {
  return Object.fromEntries([...session.services.useAll(POLICY)].flatMap(([id, policy]) => (policy.price === undefined ? [] : [[id, policy.price]])));
}

/** One JSON line per event; a log that cannot be written never stops a run. */
function runLog(runDir: string): (event: string, data: object) => void {
  const file = join(runDir, "log.jsonl");
  let unwritten = "";
  return (event, data) => {
    unwritten += `${JSON.stringify({ at: new Date().toISOString(), event, ...withoutSecretsIn(data) })}\n`;
    try {
      appendFileSync(file, unwritten);
      unwritten = "";
    } catch {
      // The folder is not there yet: what plugins say while they are set up waits for it. Or no longer: the store reports that where it matters.
    }
  };
}
