/**
 * Stage 2, after the loop: sft → reward-model → rl → evaluate. Each stage's input and output is an artifact of the run with its hash: a stage whose inputs
 * have not changed is not done again, one that was cut off goes on in its own folder.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { interrupted, type Stopper } from "./calls.ts";
import { datasetFiles, writeJsonLines } from "./datasets.ts";
import { Episodes } from "./episodes.ts";
import { AutoTrajError, isAutoTrajError, messageOf } from "./errors.ts";
import type { Contestant, EvaluateSettings } from "./evaluation/evaluate.ts";
import { evaluatePairs } from "./evaluation/pairs.ts";
import type { RewardModelReport } from "./evaluation/report.ts";
import { parseJson } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import { launch } from "./launcher.ts";
import { nonBlankLines } from "./lines.ts";
import {
  type JsonObject,
  type JsonValue,
  type PreferencePair,
  type Provenance,
  type Query,
  REWARD_MODEL,
  type RewardModel,
  type RlTask,
  type SftRow,
  type TrainJob,
  type TrainProgress,
  type TrainResult,
  type TrainStage,
  type Trajectory,
} from "./plugin.ts";
import { ABLATED_STAGES } from "./preset/schema.ts";
import { offTheClock } from "./tap-clock.ts";
import { type Training, trainingsOf } from "./trainings.ts";
import { endingWithTheModel } from "./trajectory/ending.ts";
import { contentHash, seedFrom } from "./trajectory/identity.ts";

/** What a training left: `models/<name>/artifact.json`. */
export interface StageArtifact extends TrainResult {
  /** The stage's own name, or its ablation's. */
  readonly name: string;
  readonly stage: TrainStage;
  /** Hash of all that decides the result: settings, trainer and version, starting model, data. */
  readonly key: string;
  readonly trainer: string;
  readonly startedFrom: string;
  readonly rows: { readonly train: number; readonly heldOut: number };
  readonly seconds: number;
  /** Stage `reward-model`: how it does on the held-out pairs. */
  readonly report?: RewardModelReport;
}

/** Serves episodes and rewards over HTTP while a backend trains. Given by the host: core has no server of its own. */
export type ServeEpisodes = (episodes: Episodes) => Promise<{ readonly url: string; readonly token: string; close(): Promise<void> }>;

export interface StageObserver {
  stage?(name: string, what: "begins" | "is done already" | "is done", artifact?: StageArtifact): void;
  training?(name: string, progress: TrainProgress): void;
  evaluating?(model: string, questions: number): void;
  info?(message: string): void;
}

export interface StagesContext {
  readonly kernel: Kernel;
  readonly runDir: string;
  readonly stop: Stopper;
  readonly observer: StageObserver;
  readonly serve: ServeEpisodes | undefined;
  readonly onIncident: (who: string, what: string) => void;
  /** In later rounds: what the round before has left, where training starts unless a stage names a model. */
  readonly startFrom?: StageArtifact;
  /** The run's questions, for RL, and the share of right candidates each had in stage 1 (undefined where none was judged). */
  readonly queries: () => AsyncIterable<Query>;
  readonly passRate: (position: number) => number | undefined;
}

/** Settings of a training stage that the kernel reads; all others are the backend's. */
const KERNEL_SETTINGS = [
  "trainer",
  "model",
  "heldOut",
  "rows",
  "examples",
  "limit",
  "minPassRate",
  "maxPassRate",
  "trajectoryTerm",
  "pairs",
] as const;
const HELD_OUT: Readonly<Record<TrainStage, number>> = { sft: 0, "reward-model": 0.2, rl: 0 };

export function artifactOf(runDir: string, name: string): StageArtifact | undefined {
  const file = join(stageDir(runDir, name), "artifact.json");
  return existsSync(file) ? { ...(JSON.parse(readFileSync(file, "utf8")) as StageArtifact), name } : undefined;
}

export function stageDir(runDir: string, name: string): string {
  return join(runDir, "models", name);
}

/** Round 1 is the run's own folder. */
export function roundDir(runDir: string, round: number): string {
  return round === 1 ? runDir : join(runDir, "rounds", String(round));
}

/** The policy as the stages in this folder have left it. */
export function lastPolicyModel(runDir: string): StageArtifact | undefined {
  return artifactOf(runDir, "rl") ?? artifactOf(runDir, "sft");
}

/** Does one training, or finds that it is done. @throws ATRAJ_TRAINER_FAILED, ATRAJ_STAGE_INPUT, ATRAJ_INTERRUPTED */
export async function runTraining(training: Training, context: StagesContext): Promise<StageArtifact> {
  const { name, stage, settings } = training;
  const { kernel, runDir, observer } = context;
  const dir = stageDir(runDir, name);
  const startedFrom = startingModel(training, context);
  const episodes = stage === "rl" ? episodesOf(context, settings) : undefined;
  try {
    const data = episodes === undefined ? await splitRows(training, context) : await rlTasks(episodes, training, context);
    const trainer = kernel.lifecycle.trainerOf(stage);
    const version = kernel.plugins.find(({ entry }) => trainer === entry.id || trainer.startsWith(`${entry.id}:`))?.version ?? "";
    const { seed } = kernel.preset.preset.run;
    const judge = settings["trajectoryTerm"] === "never" ? null : (rewardModelOf(context)?.key ?? null);
    const reward = stage === "rl" ? [kernel.preset.preset.reward, judge] : null;
    const pairs = stage === "rl" ? await pairsFile(training, context) : undefined;
    const key = contentHash(
      stage,
      settings,
      trainer,
      version,
      startedFrom.key,
      data.sha256,
      seed,
      reward,
      ...(pairs === undefined ? [] : [pairs.sha256]),
    );
    const known = artifactOf(runDir, name);
    if (known?.key === key && existsSync(join(known.modelPath, "config.json"))) {
      observer.stage?.(name, "is done already", known);
      return known;
    }
    claimFolder(dir, key);
    const files = { ...(await data.write(join(dir, "data"))), ...(pairs === undefined ? {} : { pairs: pairs.file }) };
    observer.stage?.(name, "begins");
    const started = performance.now();
    const service = episodes === undefined ? undefined : await serveEpisodes(episodes, context);
    let result: TrainResult;
    try {
      const job: TrainJob = {
        stage,
        options: backendOptions(settings),
        model: startedFrom.path,
        data: files,
        dir,
        seed: seedFrom(seed, stage),
        ...(service === undefined ? {} : { service: { url: service.url, token: service.token } }),
        launch: (plan) =>
          offTheClock(() =>
            launch(plan, {
              who: `stage "${name}"`,
              dir,
              cacheDir: kernel.cacheDir,
              stop: context.stop,
              onProgress: (progress) => observer.training?.(name, progress),
              onInfo: (message) => observer.info?.(message),
            }),
          ),
      };
      result = await kernel.lifecycle.train(job);
    } finally {
      await service?.close();
    }
    checkModel(stage, result);
    const seconds = (performance.now() - started) / 1000;
    const base = { ...result, name, stage, key, trainer, startedFrom: startedFrom.path, rows: data.rows, seconds };
    const keep = (artifact: StageArtifact) => writeFile(join(dir, "artifact.json"), `${JSON.stringify(artifact, null, 2)}\n`);
    // What was trained is written down before anything else can fail.
    await keep(base);
    const report = stage === "reward-model" ? await pairReport(result, files, context) : undefined;
    const artifact: StageArtifact = report === undefined ? base : { ...base, report };
    if (report !== undefined) await keep(artifact);
    observer.stage?.(name, "is done", artifact);
    return artifact;
  } finally {
    episodes?.close();
  }
}

/**
 * All of the wanted stages that can be wrong, looked at before anything is spent.
 * @param wanted names of stages and ablations
 * @throws ATRAJ_STAGE_INPUT; ATRAJ_PRESET_INVALID where the policy cannot sample what is trained; what a trainer says of its settings
 */
export function checkStages(kernel: Kernel, wanted: readonly string[]): void {
  const { preset } = kernel.preset;
  const trainings = trainingsOf(preset).filter(({ name }) => wanted.includes(name));
  for (const { name, stage, settings } of trainings) {
    numberOf(settings, "heldOut", HELD_OUT[stage]);
    wantedRows(name, settings["rows"]);
    try {
      kernel.lifecycle.checkTraining(stage, backendOptions(settings));
    } catch (error) {
      if (isAutoTrajError(error)) throw error;
      throw stageInput(`stage "${name}"`, messageOf(error), (error as { hint?: string }).hint ?? "Correct the stage's settings.");
    }
  }
  const evaluates = wanted.includes("evaluate");
  if (evaluates) evaluateSettings(kernel);
  const { policy } = preset.rollout;
  const leavesPolicy = trainings.some(({ stage }) => stage !== "reward-model");
  if (!leavesPolicy || !(evaluates || preset.run.rounds > 1) || policy === undefined || kernel.policy(policy).withModel !== undefined) return;
  throw new AutoTrajError("ATRAJ_PRESET_INVALID", {
    who: preset.name ?? kernel.preset.name,
    what: `the policy "${policy}" cannot load the weights that the run will train, and ${evaluates ? "stages.evaluate" : "run.rounds"} needs them sampled.`,
    hint: "Take @autotraj/policy-local, tell @autotraj/policy-openai how to serve them (its option serve), or leave evaluation and further rounds out.",
  });
}

function backendOptions(settings: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !(KERNEL_SETTINGS as readonly string[]).includes(key)));
}

function numberOf(settings: JsonObject, key: string, otherwise: number): number {
  const value = settings[key];
  if (value === undefined) return otherwise;
  if (typeof value === "number" && value >= 0 && (key !== "heldOut" || value < 1)) return value;
  throw stageInput(
    `stages.*.${key}`,
    `is ${JSON.stringify(value)}.`,
    key === "heldOut" ? "Give the share of questions to hold out, 0 ≤ share < 1." : "Give a number of 0 or more.",
  );
}

/** The folder belongs to one job; what another job left there is moved aside, never deleted. */
function claimFolder(dir: string, key: string): void {
  const claim = join(dir, "job.json");
  if (existsSync(claim)) {
    const { key: other } = JSON.parse(readFileSync(claim, "utf8")) as { key: string };
    if (other === key) return;
    renameSync(dir, `${dir}-${other.slice(0, 8)}${existsSync(`${dir}-${other.slice(0, 8)}`) ? `-${Date.now()}` : ""}`);
  }
  mkdirSync(join(dir, "data"), { recursive: true });
  writeFileSync(claim, `${JSON.stringify({ key })}\n`);
}

/** The stage's own `model`, else what the sft stage left, else the sft stage's own starting model. */
function startingModel({ name, stage, settings }: Training, { kernel, runDir, startFrom }: StagesContext): { path: string; key: string } {
  const { stages } = kernel.preset.preset;
  if (stage === "sft" && startFrom !== undefined) return { path: startFrom.modelPath, key: startFrom.key };
  const own = settings["model"];
  if (typeof own === "string") return { path: own, key: own };
  if (stage !== "sft") {
    const artifact = artifactOf(runDir, "sft");
    if (stages.sft !== undefined && artifact === undefined)
      throw stageInput(
        `stage "${name}"`,
        "it starts from the model of stage sft, which is not there yet.",
        "Run stage sft first, or name a model in stages.*.model.",
      );
    if (artifact !== undefined) return { path: artifact.modelPath, key: artifact.key };
  }
  throw stageInput(
    `stages.${stage}.model`,
    "is missing.",
    "Name the model to start from: a folder in Hugging Face's layout, or a name that the trainer knows.",
  );
}

interface StageData {
  readonly sha256: string;
  readonly rows: { readonly train: number; readonly heldOut: number };
  write(folder: string): Promise<TrainJob["data"]>;
}

/** The run's SFT rows or pairs, split by question: rows of one question are never on both sides. */
async function splitRows({ name, stage, settings }: Training, { kernel, runDir }: StagesContext): Promise<StageData> {
  const { sft, preferences } = datasetFiles(runDir);
  const heldOut = numberOf(settings, "heldOut", HELD_OUT[stage]);
  const wanted = stage === "sft" ? wantedRows(name, settings["rows"]) : undefined;
  const source = stage === "sft" ? sft : preferences;
  const what = stage === "sft" ? `${wanted ?? "kept or repaired"} trajectory` : "preference pair";
  if (!existsSync(source)) throw stageInput(`stage "${name}"`, `${source} is not there.`, "Run stage 1 first.");
  const { seed } = kernel.preset.preset.run;
  const hash = createHash("sha256");
  const rows = { train: 0, heldOut: 0 };
  /** On which side a row belongs; undefined where it is left out. */
  const sideOf = (line: string): keyof typeof rows | undefined => {
    const row = JSON.parse(line) as { query: Query; provenance?: Provenance };
    if (wanted !== undefined && (row.provenance?.origin === "repair") !== (wanted === "repaired")) return undefined;
    return seedFrom(seed, "held out", row.query.id) / 2 ** 31 < heldOut ? "heldOut" : "train";
  };
  for await (const { text } of nonBlankLines(source, (chunk) => hash.update(chunk))) {
    const side = sideOf(text);
    if (side !== undefined) rows[side]++;
  }
  if (rows.train === 0)
    throw stageInput(`stage "${name}"`, `the run has no ${what} to train on.`, "See `autotraj stats`: why is nothing kept or repaired?");
  return {
    sha256: [hash.digest("hex"), heldOut, ...(wanted === undefined ? [] : [wanted])].join(" "),
    rows,
    async write(folder) {
      const files = { train: join(folder, "train.jsonl"), heldOut: join(folder, "held-out.jsonl") };
      const lines = { train: [] as string[], heldOut: [] as string[] };
      for await (const { text } of nonBlankLines(source)) {
        const side = sideOf(text);
        if (side !== undefined) lines[side].push(teachable(text));
      }
      await writeFile(files.train, lines.train.map((line) => `${line}\n`).join(""));
      await writeFile(files.heldOut, lines.heldOut.map((line) => `${line}\n`).join(""));
      return files;
    },
  };
}

/** A row whose trajectories end with the model. */
function teachable(line: string): string {
  const row = parseJson(line) as unknown as Partial<Record<"chosen" | "rejected", Trajectory>> & Trajectory;
  if (row.chosen === undefined || row.rejected === undefined) return JSON.stringify(endingWithTheModel(row));
  return JSON.stringify({ ...row, chosen: endingWithTheModel(row.chosen), rejected: endingWithTheModel(row.rejected) });
}

/** Undefined: all of them. */
function wantedRows(name: string, rows: JsonValue | undefined): "kept" | "repaired" | undefined {
  if (rows === undefined || rows === "all") return undefined;
  if (rows === "kept" || rows === "repaired") return rows;
  throw stageInput(`stage "${name}"`, `its setting rows is ${JSON.stringify(rows)}.`, "Say all, kept or repaired.");
}

/** Pairs for methods of stage `rl` that learn from them: a file that the preset names, or the run's own where it has any. */
async function pairsFile(
  { name, settings }: Training,
  { kernel: { preset }, runDir }: StagesContext,
): Promise<{ file: string; sha256: string } | undefined> {
  const named = settings["pairs"];
  if (named !== undefined && typeof named !== "string")
    throw stageInput(`stage "${name}"`, `its setting pairs is ${JSON.stringify(named)}.`, "Name a JSONL file of preference pairs.");
  const written = preset.originOf(`ablations.${name}.settings.pairs`) ?? preset.originOf("stages.rl.pairs");
  const file = typeof named === "string" ? resolve(written?.folder ?? "", named) : datasetFiles(runDir).preferences;
  if (!existsSync(file)) {
    if (typeof named === "string")
      throw stageInput(`stage "${name}"`, `${file}, which its setting pairs names, is not there.`, "Paths are relative to the preset.");
    return undefined;
  }
  const hash = createHash("sha256");
  let rows = 0;
  for await (const _ of nonBlankLines(file, (chunk) => hash.update(chunk))) rows++;
  return rows === 0 ? undefined : { file, sha256: hash.digest("hex") };
}

/**
 * Makes the questions playable as RL asks them: prepared as in stage 1, without worked examples unless `stages.rl.examples` keeps them; where the preset says
 * so only those that stage 1 sometimes got right, since a group that is all right or all wrong teaches nothing.
 * @throws ATRAJ_STAGE_INPUT where none is left
 */
export async function playableTasks(
  episodes: Episodes,
  { name, settings }: Pick<Training, "name" | "settings">,
  { kernel, queries, passRate }: Pick<StagesContext, "kernel" | "queries" | "passRate">,
): Promise<readonly RlTask[]> {
  const limit = numberOf(settings, "limit", Number.POSITIVE_INFINITY);
  const [least, most] = [numberOf(settings, "minPassRate", 0), numberOf(settings, "maxPassRate", 1)];
  const tasks: RlTask[] = [];
  let position = -1;
  for await (const query of queries()) {
    position++;
    if (tasks.length >= limit) break;
    const rate = passRate(position);
    if (rate === undefined ? least > 0 || most < 1 : rate < least || rate > most) continue;
    const state = await kernel.lifecycle.beforeRollout(kernel.rolloutRequest(query));
    if (state.drop !== undefined) continue;
    tasks.push(episodes.addTask(settings["examples"] === true ? state.request : { ...state.request, examples: [] }));
  }
  if (tasks.length === 0) {
    throw stageInput(
      `stage "${name}"`,
      "no question is left to play.",
      "Every one was dropped, or lies outside stages.rl.minPassRate and maxPassRate.",
    );
  }
  return tasks;
}

async function rlTasks(episodes: Episodes, training: Training, context: StagesContext): Promise<StageData> {
  const tasks = await playableTasks(episodes, training, context);
  return {
    sha256: contentHash(tasks),
    rows: { train: tasks.length, heldOut: 0 },
    async write(folder) {
      const files = { train: join(folder, "train.jsonl"), heldOut: join(folder, "held-out.jsonl") };
      await writeJsonLines(files.train, () => tasks);
      await writeFile(files.heldOut, "");
      return files;
    },
  };
}

const FORGET_AFTER_MS = 3_600_000;

/** @param settings of stage `rl`, or of an ablation of it */
export function episodesOf(
  context: Pick<StagesContext, "kernel" | "runDir" | "stop" | "onIncident">,
  settings: Readonly<JsonObject> = context.kernel.preset.preset.stages.rl ?? {},
): Episodes {
  const { kernel, stop } = context;
  const scale = rewardModelOf(context)?.report?.scale;
  return new Episodes({
    lifecycle: kernel.lifecycle,
    tool: (id) => kernel.tool(id),
    stop,
    settings: kernel.preset.preset.reward,
    withoutRoles: trajectoryTermCounts(context, settings) ? [] : ["trajectory"],
    forgetAfterMs: FORGET_AFTER_MS,
    scale: () => scale,
  });
}

function rewardModelOf({ kernel, runDir }: Pick<StagesContext, "kernel" | "runDir">): StageArtifact | undefined {
  return kernel.preset.preset.stages["reward-model"] === undefined ? undefined : artifactOf(runDir, "reward-model");
}

/** A reward model that is no better than what could fake it stays out of the reward, unless `stages.rl.trajectoryTerm: always`. */
function trajectoryTermCounts(context: Pick<StagesContext, "kernel" | "runDir" | "onIncident">, settings: Readonly<JsonObject>): boolean {
  const wanted = settings["trajectoryTerm"] ?? "auto";
  if (wanted === "always" || wanted === "never") return wanted === "always";
  if (wanted !== "auto") throw stageInput("stages.rl.trajectoryTerm", `is ${JSON.stringify(wanted)}.`, "Say auto, always or never.");
  const report = rewardModelOf(context)?.report;
  if (report === undefined || report.beatsBaselines) return true;
  context.onIncident(
    "reward-model",
    `it does not beat ${report.best ?? "its baselines"} on held-out pairs, so its term is left out of RL (stages.rl.trajectoryTerm: always keeps it).`,
  );
  return false;
}

async function serveEpisodes(episodes: Episodes, context: StagesContext): Promise<Awaited<ReturnType<ServeEpisodes>>> {
  const trained = rewardModelOf(context);
  if (trained !== undefined) for (const model of context.kernel.services.useAll(REWARD_MODEL).values()) await model.load(trained.modelPath);
  if (context.serve !== undefined) return context.serve(episodes);
  throw stageInput('stage "rl"', "episodes are served over HTTP, and this host gave no server.", "Run it with the autotraj command.");
}

function checkModel(stage: TrainStage, { modelPath, kind }: TrainResult): void {
  const wanted = stage === "reward-model" ? "reward" : "causal";
  const missing = existsSync(join(modelPath, "config.json")) ? undefined : `${modelPath} holds no model (no config.json)`;
  const problem = kind === wanted ? missing : `the trainer left a model of kind "${kind}"`;
  if (problem === undefined) return;
  throw new AutoTrajError("ATRAJ_TRAINER_FAILED", { who: `stage "${stage}"`, what: `${problem}.`, hint: "This is a fault of the trainer plugin." });
}

/** Lets the trained reward model judge the pairs it was not trained on, beside rules that know nothing. Needs a reward-model plugin. */
async function pairReport(
  result: TrainResult,
  files: TrainJob["data"],
  { kernel, stop, onIncident }: StagesContext,
): Promise<RewardModelReport | undefined> {
  const [model] = [...kernel.services.useAll(REWARD_MODEL).values()];
  if (model === undefined) {
    onIncident(
      "reward-model",
      "the preset has no reward-model plugin that could score the held-out pairs; only the trainer's own figures are known.",
    );
    return undefined;
  }
  const [train, heldOut] = [await pairsIn(files.train), await pairsIn(files.heldOut)];
  try {
    await model.load(result.modelPath);
    return evaluatePairs(await scorePairs(model, heldOut, stop.signal), train, kernel.preset.preset.run.seed);
  } catch (error) {
    if (stop.stopping) throw interrupted();
    onIncident("reward-model", `it is trained, but could not judge the held-out pairs: ${messageOf(error)}`);
    return undefined;
  }
}

/** The first reward-model plugin with what this run trained, for best-of-n; undefined where there is none of either. */
export async function loadedRewardModel({ kernel, runDir }: Pick<StagesContext, "kernel" | "runDir">): Promise<RewardModel | undefined> {
  const trained = rewardModelOf({ kernel, runDir });
  const [model] = [...kernel.services.useAll(REWARD_MODEL).values()];
  if (trained === undefined || model === undefined) return undefined;
  await model.load(trained.modelPath);
  return model;
}

/** The policy as it is, with the preset's worked examples too where it has any, then what the stages left. */
export async function contestantsOf(
  { kernel, runDir }: Pick<StagesContext, "kernel" | "runDir">,
  questions: AsyncIterable<Query>,
): Promise<readonly Contestant[]> {
  const base: Contestant = { model: "base", path: null, examples: false, against: [] };
  const shown = { ...base, model: "base+examples", examples: true, against: ["base"] };
  const found = (await hasExamples(kernel, questions)) ? [base, shown] : [base];
  for (let round = 1; round <= kernel.preset.preset.run.rounds; round++) found.push(...trainedIn(roundDir(runDir, round), round, kernel, found));
  return found;
}

/**
 * What a round's trainings left. A stage's model is compared with the base model and with what came before it; an ablation's with the same, and the
 * stage's with the ablation's.
 */
function trainedIn(runDir: string, round: number, { preset: { preset } }: Kernel, before: readonly Contestant[]): Contestant[] {
  const found: Contestant[] = [];
  let last = before.at(-1)?.model ?? "base";
  for (const stage of ABLATED_STAGES) {
    const trainings = trainingsOf(preset).filter((training) => training.stage === stage && (round === 1 || training.name === stage));
    const there = trainings.flatMap(({ name }) => {
      const path = artifactOf(runDir, name)?.modelPath;
      return path === undefined ? [] : [{ name, model: round === 1 ? name : `${name} round ${round}`, path }];
    });
    const ablations = there.filter(({ name }) => name !== stage).map(({ model }) => model);
    const against = [...new Set(["base", last])];
    found.push(
      ...there.map(({ name, model, path }) => ({ model, path, examples: false, against: name === stage ? [...against, ...ablations] : against })),
    );
    last = there.find(({ name }) => name === stage)?.model ?? last;
  }
  return found;
}

async function hasExamples(kernel: Kernel, questions: AsyncIterable<Query>): Promise<boolean> {
  for await (const query of questions) {
    const state = await kernel.lifecycle.beforeRollout(kernel.rolloutRequest(query));
    if (state.drop === undefined) return state.request.examples.length > 0;
  }
  return false;
}

/** @throws ATRAJ_STAGE_INPUT for settings that are not the evaluation's. */
export function evaluateSettings(kernel: Kernel): EvaluateSettings {
  const {
    samples = 0,
    temperature = kernel.preset.preset.rollout.temperature,
    limit = Number.MAX_SAFE_INTEGER,
    ...others
  } = kernel.preset.preset.stages.evaluate ?? {};
  const unknown = Object.keys(others);
  if (unknown.length > 0)
    throw stageInput("stages.evaluate", `has unknown settings: ${unknown.join(", ")}.`, "It takes samples, temperature and limit.");
  const whole = (name: string, value: unknown) => {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw stageInput(`stages.evaluate.${name}`, `is ${JSON.stringify(value)}.`, "Give a whole number of 0 or more.");
  };
  if (typeof temperature !== "number" || temperature < 0)
    throw stageInput("stages.evaluate.temperature", `is ${JSON.stringify(temperature)}.`, "Give a number of 0 or more.");
  return { samples: whole("samples", samples), temperature, limit: whole("limit", limit) };
}

/** Canonical rows of `preferences.jsonl`. */
export type PairRow = Omit<PreferencePair, "chosen" | "rejected"> & { readonly chosen: SftRow; readonly rejected: SftRow };

async function pairsIn(file: string): Promise<readonly PairRow[]> {
  const pairs: PairRow[] = [];
  for await (const { text } of nonBlankLines(file)) pairs.push(JSON.parse(text) as PairRow);
  return pairs;
}

const NO_USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const PAIRS_AT_A_TIME = 16;

async function scorePairs(model: RewardModel, pairs: readonly PairRow[], signal: AbortSignal) {
  const scores: (readonly [number | undefined, number | undefined])[] = [];
  for (let from = 0; from < pairs.length; from += PAIRS_AT_A_TIME) {
    const batch = pairs.slice(from, from + PAIRS_AT_A_TIME);
    const trajectories = batch
      .flatMap(({ chosen, rejected }) => [chosen, rejected])
      .map(({ answer, scores: _scores, verdict: _verdict, ...row }) => ({
        ...row,
        ...(answer === null ? {} : { answer }),
        usage: NO_USAGE,
      }));
    const values = await model.score(trajectories, { signal });
    scores.push(...batch.map((_pair, index) => [values[2 * index], values[2 * index + 1]] as const));
  }
  return pairs.map((pair, index) => ({ ...pair, chosenScore: scores[index]?.[0], rejectedScore: scores[index]?.[1] }));
}

function stageInput(who: string, what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_STAGE_INPUT", { who, what, hint });
}
