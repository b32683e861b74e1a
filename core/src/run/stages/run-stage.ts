/** One stage, from what decides it to what it leaves: found done, gone on with, or done again where something that decides it has changed. */
import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { AutoTrajError, isAutoTrajError, messageOf, pluginErrorParts } from "../../kernel/errors.ts";
import type { PreparedStage, StageArtifact, StageContext } from "../../kernel/plugin.ts";
import { contentHash } from "../../kernel/trajectory/identity.ts";
import { artifactOf, type KeptArtifact, type KeyParts, keepArtifact, type Source } from "../../results/artifact.ts";
import { hashOfFile } from "../../results/content.ts";
import { takeOver } from "../../results/taken-over.ts";
import type { ChosenStage } from "./chosen-stages.ts";
import { claimFolder } from "./claim.ts";
import { keyParts } from "./key.ts";
import { stageContext } from "./stage-context.ts";
import type { StagePlace } from "./stage-place.ts";

/** @returns what it left; undefined for a stage that leaves no artifact. @throws ATRAJ_TRAINER_FAILED, ATRAJ_STAGE_INPUT, ATRAJ_INTERRUPTED */
export function runStage(chosen: ChosenStage, place: StagePlace): Promise<StageArtifact | undefined> {
  return place.session.tracking.during({ kind: "stage", stage: chosen.name }, () => prepareAndRun(chosen, place));
}

async function prepareAndRun(chosen: ChosenStage, place: StagePlace): Promise<StageArtifact | undefined> {
  const { name, plugin } = chosen;
  const context = stageContext(chosen, place);
  const prepared = await named(name, () => plugin.prepare(context));
  try {
    if (prepared.parts !== undefined) return await runKeyed(chosen, prepared, prepared.parts, context, place);
    place.observer.stage?.(name, "begins");
    await named(name, () => prepared.run());
    place.observer.stage?.(name, "is done");
    return undefined;
  } finally {
    prepared.close?.();
  }
}

async function runKeyed(
  chosen: ChosenStage,
  prepared: PreparedStage,
  said: NonNullable<PreparedStage["parts"]>,
  { dir }: StageContext,
  place: StagePlace,
): Promise<StageArtifact> {
  const { name, stage } = chosen;
  const { runDir, root, observer, info } = place;
  const parts = keyParts(chosen, place.session, said);
  const key = contentHash(parts);
  const doneAlready = async (artifact: KeptArtifact) => {
    const whole = await completed(artifact, prepared, root);
    observer.stage?.(name, "is done already", whole);
    return whole;
  };
  const known = artifactOf(runDir, name);
  if (known !== undefined && known.key === key && !modelIsGone(known)) return doneAlready(known);
  const why =
    claimFolder(dir, { key, parts }) ?? (known === undefined ? undefined : `is done again: there is no model in ${known.modelPath} any more.`);
  if (why !== undefined) info(`stage ${name} ${why}`);
  const others = (place.others ?? []).map((run) => join(run, relative(root, runDir)));
  const other = takeOver(others, { name, key, dir });
  const taken = other === undefined ? undefined : artifactOf(runDir, name);
  if (taken !== undefined) {
    info(`stage ${name} is taken over from ${other}: what decides it is the same there.`);
    return doneAlready(taken);
  }
  for (const { outOfDate } of prepared.madeFrom?.stages ?? [])
    if (outOfDate !== undefined) info(`stage ${name} starts from a model that is out of date: ${outOfDate}`);
  observer.stage?.(name, "begins");
  const started = performance.now();
  const result = await named(name, () => prepared.run());
  checkPlain(result, name);
  const seconds = (performance.now() - started) / 1000;
  const artifact: KeptArtifact = { ...result, dir, name, stage, key, parts, madeFrom: sources(dir, root, prepared), seconds };
  // What was paid for is written down before anything else can fail.
  keepArtifact(root, artifact);
  const whole = await completed(artifact, prepared, root);
  observer.stage?.(name, "is done", whole);
  return whole;
}

/** What decides a stage, without doing it: for tests and for `plan`. */
export async function decidingParts(chosen: ChosenStage, place: StagePlace): Promise<{ readonly key: string; readonly parts: KeyParts }> {
  const prepared = await chosen.plugin.prepare(stageContext(chosen, place));
  try {
    const parts = keyParts(chosen, place.session, prepared.parts ?? {});
    return { key: contentHash(parts), parts };
  } finally {
    prepared.close?.();
  }
}

function modelIsGone({ modelPath }: StageArtifact): boolean {
  return modelPath !== undefined && !existsSync(join(modelPath, "config.json"));
}

async function completed(artifact: KeptArtifact, { complete }: PreparedStage, root: string): Promise<StageArtifact> {
  const more = await complete?.(artifact);
  if (more === undefined) return artifact;
  const whole = { ...artifact, ...more };
  keepArtifact(root, whole);
  return whole;
}

/** What a stage throws is named, and says what to do. */
async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isAutoTrajError(error)) throw error;
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", { who: `stage "${name}"`, what: messageOf(error), ...pluginErrorParts(error) });
  }
}

/** What lies outside the run is part of the key only: it may be gone tomorrow. */
function sources(dir: string, root: string, { madeFrom = {} }: PreparedStage): readonly Source[] {
  const { stages = [], files = [] } = madeFrom;
  return [
    ...stages.map((artifact): Source => ({ kind: "stage", path: relative(dir, artifact.dir), hash: artifact.key })),
    ...files
      .filter((file) => file.startsWith(root + sep))
      .map((file): Source => ({ kind: "file", path: relative(dir, file), hash: hashOfFile(file) })),
  ];
}

/** A result is kept as JSON. */
function checkPlain(result: unknown, name: string): void {
  if (typeof result === "object" && result !== null && !Array.isArray(result)) return;
  throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
    who: `stage "${name}"`,
    what: `it left ${String(result)}, not an object.`,
    hint: "This is a fault of the stage's plugin.",
  });
}
