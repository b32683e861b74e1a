/** One training from its settings to its artifact: found done, gone on with, or done again where something that decides it has changed. */
import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { KERNEL_FILES, launch } from "../../host/launcher.ts";
import { AutoTrajError } from "../../kernel/errors.ts";
import type { TrainJob, TrainResult, TrainStage } from "../../kernel/plugin.ts";
import { offTheClock } from "../../kernel/tap-clock.ts";
import { contentHash, seedFrom } from "../../kernel/trajectory/identity.ts";
import type { Episodes } from "../episodes.ts";
import type { Training } from "../trainings.ts";
import { artifactOf, keepArtifact, type Source, type StageArtifact, stageDir } from "./artifact.ts";
import { type Claim, claimFolder } from "./claim.ts";
import type { StagesContext } from "./context.ts";
import { pairsFile, rlTasks, type StageData, splitRows } from "./data.ts";
import { keyParts } from "./key.ts";
import { pairReport } from "./pair-report.ts";
import { episodesOf, rewardingOf, serveEpisodes } from "./rewards.ts";
import { backendOptions } from "./settings.ts";
import { type StartModel, startingModel } from "./start-model.ts";

/** A training with all that decides it. */
export interface Prepared extends Claim {
  readonly start: StartModel;
  readonly data: StageData;
  readonly pairs: string | undefined;
  readonly madeFrom: readonly Source[];
}

/** Does one training, or finds that it is done. @throws ATRAJ_TRAINER_FAILED, ATRAJ_STAGE_INPUT, ATRAJ_INTERRUPTED */
export async function runTraining(training: Training, context: StagesContext): Promise<StageArtifact> {
  const { name, stage, settings } = training;
  const { runDir, observer } = context;
  const dir = stageDir(runDir, name);
  const episodes = stage === "rl" ? episodesOf(context, settings) : undefined;
  try {
    const prepared = await prepare(training, context, episodes);
    const known = artifactOf(runDir, name);
    if (known !== undefined && known.key === prepared.key && existsSync(join(known.modelPath, "config.json"))) {
      const whole = await judged(known, context);
      observer.stage?.(name, "is done already", whole);
      return whole;
    }
    const why = claimFolder(dir, prepared) ?? (known === undefined ? undefined : `is done again: there is no model in ${known.modelPath} any more.`);
    if (why !== undefined) context.onInfo(`stage ${name} ${why}`);
    const { start } = prepared;
    if (start.artifact?.outOfDate !== undefined) context.onInfo(`stage ${name} starts from a model that is out of date: ${start.artifact.outOfDate}`);
    observer.stage?.(name, "begins");
    const artifact = await judged(await train(training, prepared, episodes, context), context);
    observer.stage?.(name, "is done", artifact);
    return artifact;
  } finally {
    episodes?.close();
  }
}

/** Finds out all that decides a training, and spends nothing. @param episodes of stage `rl`, which get its questions */
export async function prepare(training: Training, context: StagesContext, episodes?: Episodes): Promise<Prepared> {
  const { stage, name, settings } = training;
  const { session, root, runDir } = context;
  const start = await startingModel(training, context);
  const data = episodes === undefined ? await splitRows(training, context) : await rlTasks(episodes, training, context);
  const pairs = stage === "rl" ? await pairsFile(training, context) : undefined;
  const rewarding = stage === "rl" ? rewardingOf(context, settings) : undefined;
  const judge = rewarding?.rewardModel;
  const parts = keyParts(training, session, {
    startModel: start.identity,
    data: data.hash,
    ...(rewarding === undefined
      ? {}
      : {
          rl: {
            pairs: pairs?.hash,
            terms: rewarding.terms,
            tools: data.tools,
            rewardModel: judge === undefined ? undefined : { key: judge.key, scale: judge.report?.scale },
          },
        }),
  });
  const dir = stageDir(runDir, name);
  const source = (kind: Source["kind"], path: string, hash: string): Source => ({ kind, path: relative(dir, path), hash });
  const madeFrom = [
    ...[start.artifact, judge].flatMap((artifact) => (artifact === undefined ? [] : [source("stage", artifact.dir, artifact.key)])),
    ...[{ file: data.file, hash: data.hash }, pairs].flatMap((from) =>
      from?.file?.startsWith(root + sep) ? [source("file", from.file, from.hash)] : [],
    ),
  ];
  return { key: contentHash(parts), parts, start, data, pairs: pairs?.file, madeFrom };
}

async function train(training: Training, prepared: Prepared, episodes: Episodes | undefined, context: StagesContext): Promise<StageArtifact> {
  const { name, stage, settings } = training;
  const { session, runDir, root, observer, stop, groups } = context;
  const { key, parts, start, data, pairs, madeFrom } = prepared;
  const dir = stageDir(runDir, name);
  const files = { ...(await data.write(join(dir, KERNEL_FILES.data))), ...(pairs === undefined ? {} : { pairs }) };
  const started = performance.now();
  const service = episodes === undefined ? undefined : await serveEpisodes(episodes, context);
  let result: TrainResult;
  try {
    const job: TrainJob = {
      stage,
      options: backendOptions(settings),
      model: start.path,
      data: files,
      dir,
      seed: seedFrom(session.settings.run.seed, stage),
      ...(service === undefined ? {} : { service: { url: service.url, token: service.token } }),
      launch: (plan) =>
        offTheClock(() =>
          launch(plan, {
            who: `stage "${name}"`,
            dir,
            cacheDir: session.kernel.cacheDir,
            stop,
            groups,
            onProgress: (progress) => observer.training?.(name, progress),
            onInfo: context.onInfo,
          }),
        ),
    };
    result = await session.lifecycle.train(job);
  } finally {
    await service?.close();
  }
  checkModel(stage, result);
  const seconds = (performance.now() - started) / 1000;
  const trainer = session.lifecycle.trainerOf(stage);
  const artifact = { ...result, dir, name, stage, key, parts, madeFrom, trainer, startedFrom: start.folder ?? start.path, rows: data.rows, seconds };
  // What was trained is written down before anything else can fail.
  keepArtifact(root, artifact);
  return artifact;
}

/** A reward model with its report: made after the training, or later where it could not be had then. */
async function judged(artifact: StageArtifact, context: StagesContext): Promise<StageArtifact> {
  if (artifact.stage !== "reward-model" || artifact.report !== undefined) return artifact;
  const folder = join(artifact.dir, KERNEL_FILES.data);
  const files = { train: join(folder, "train.jsonl"), heldOut: join(folder, "held-out.jsonl") };
  const report = await pairReport(artifact.modelPath, files, context);
  if (report === undefined) return artifact;
  const whole = { ...artifact, report };
  keepArtifact(context.root, whole);
  return whole;
}

function checkModel(stage: TrainStage, { modelPath, kind }: TrainResult): void {
  const wanted = stage === "reward-model" ? "reward" : "causal";
  const missing = existsSync(join(modelPath, "config.json")) ? undefined : `${modelPath} holds no model (no config.json)`;
  const problem = kind === wanted ? missing : `the trainer left a model of kind "${kind}"`;
  if (problem === undefined) return;
  throw new AutoTrajError("ATRAJ_TRAINER_FAILED", { who: `stage "${stage}"`, what: `${problem}.`, hint: "This is a fault of the trainer plugin." });
}
