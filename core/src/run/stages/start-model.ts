/** Which model a training starts from, and what that model is known by. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { AutoTrajError } from "../../kernel/errors.ts";
import type { StageArtifact, StartModel } from "../../kernel/plugin.ts";
import { artifactOf } from "../../results/artifact.ts";
import { hashOfModel } from "../../results/content.ts";
import type { ChosenStage } from "./chosen-stages.ts";
import type { StagePlace } from "./stage-place.ts";

/** What others start from. */
const FIRST = "sft";

/**
 * In later rounds the first training of the policy starts from what the round before has left, whichever stage that is. Otherwise: the stage's own `model`,
 * else what stage sft left. @throws ATRAJ_STAGE_INPUT where there is neither
 */
export async function startingModel(chosen: ChosenStage, { session, runDir, startFrom, all }: StagePlace): Promise<StartModel> {
  const { name, stage, valid, backend } = chosen;
  const firstOfPolicy = all.find(({ plugin }) => plugin.leavesPolicy === true)?.stage;
  if (startFrom !== undefined && stage === firstOfPolicy) return leftBy(startFrom);
  const own = valid["model"];
  if (typeof own === "string") {
    const { baseDir = "" } = session.kernel.pluginOf(backend?.name ?? "") ?? {};
    const folder = resolve(baseDir, own);
    if (existsSync(join(folder, "config.json"))) return { path: own, folder, identity: await hashOfModel(folder) };
    return { path: own, identity: own };
  }
  if (stage !== FIRST && all.some((other) => other.stage === FIRST)) {
    const artifact = artifactOf(runDir, FIRST);
    if (artifact !== undefined) return leftBy(artifact);
    throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
      who: `stage "${name}"`,
      what: "it starts from the model of stage sft, which is not there yet.",
      hint: "Run stage sft first, or name a model in stages.*.model.",
    });
  }
  throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
    who: `stages.${stage}.model`,
    what: "is missing.",
    hint: "Name the model to start from: a folder in Hugging Face's layout, or a name that the trainer knows.",
  });
}

function leftBy(artifact: StageArtifact): StartModel {
  const { modelPath = "" } = artifact;
  return { path: modelPath, folder: modelPath, identity: artifact.key, artifact };
}
