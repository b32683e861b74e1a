/** Which model a training starts from, and what that model is known by. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Training } from "../trainings.ts";
import { artifactOf, type StageArtifact } from "./artifact.ts";
import { hashOfModel } from "./content.ts";
import type { StagesContext } from "./context.ts";
import { stageInput } from "./errors.ts";
import { pluginOf } from "./plugins.ts";

export interface StartModel {
  /** A folder, or a name that the trainer knows; as the preset has it. */
  readonly path: string;
  /** The folder, where it is one. */
  readonly folder?: string;
  /** What it is: a training's key, the content of a folder, a name. */
  readonly identity: string;
  /** The training that left it. */
  readonly artifact?: StageArtifact;
}

/**
 * In later rounds the first training of the policy starts from what the round before has left, whichever stage that is. Otherwise: the stage's own `model`,
 * else what stage sft left. @throws ATRAJ_STAGE_INPUT where there is neither
 */
export async function startingModel(training: Training, { session, runDir, startFrom }: StagesContext): Promise<StartModel> {
  const { name, stage, settings } = training;
  const { stages } = session.settings;
  const firstOfPolicy = stages.sft === undefined ? "rl" : "sft";
  if (startFrom !== undefined && stage === firstOfPolicy) return leftBy(startFrom);
  const own = settings["model"];
  if (typeof own === "string") {
    const { baseDir = "" } = pluginOf(session, session.lifecycle.trainerOf(stage)) ?? {};
    const folder = resolve(baseDir, own);
    if (existsSync(join(folder, "config.json"))) return { path: own, folder, identity: await hashOfModel(folder) };
    return { path: own, identity: own };
  }
  if (stage !== "sft" && stages.sft !== undefined) {
    const artifact = artifactOf(runDir, "sft");
    if (artifact !== undefined) return leftBy(artifact);
    throw stageInput(
      `stage "${name}"`,
      "it starts from the model of stage sft, which is not there yet.",
      "Run stage sft first, or name a model in stages.*.model.",
    );
  }
  throw stageInput(
    `stages.${stage}.model`,
    "is missing.",
    "Name the model to start from: a folder in Hugging Face's layout, or a name that the trainer knows.",
  );
}

function leftBy(artifact: StageArtifact): StartModel {
  return { path: artifact.modelPath, folder: artifact.modelPath, identity: artifact.key, artifact };
}
