/** Stage `reward-model`: a trajectory reward model from preference pairs, and how far it beats what could fake it. */
import { join } from "node:path";
import {
  DIALECTS,
  definePlugin,
  type JsonObject,
  REWARD_MODEL,
  STAGE,
  type Stage,
  type StageArtifact,
  type StageContext,
} from "@autotraj/core/plugin";
import { ROW_SETTINGS, type SplitRows, splitRows } from "@autotraj/training-rows/split";
import type { Judges } from "./judges.ts";
import { pairReport } from "./pair-report.ts";

const stageOf = (judges: Judges): Stage => ({
  name: "reward-model",
  trains: "reward-model",
  decisive: ["heldOut"],
  settings: {
    type: "object",
    additionalProperties: false,
    properties: { ...ROW_SETTINGS, heldOut: { ...ROW_SETTINGS.heldOut, default: 0.2 } },
  },
  async prepare(context) {
    const start = await context.startModel();
    const source = context.datasets.preferences;
    const split = splitRows(context, { source, what: "preference pair", heldOut: Number(context.settings["heldOut"]) });
    return {
      parts: { "start model": start.identity, "the rows to train on": await context.contentOf(source) },
      madeFrom: { files: [source], stages: start.artifact === undefined ? [] : [start.artifact] },
      run: () => train(context, start.path, split),
      complete: (artifact) => judged(artifact, judges, context),
    };
  },
});

async function train(context: StageContext, model: string, { rows, write }: SplitRows) {
  const result = await context.train({ model, data: await write(), leaves: "reward" });
  return { ...result, startedFrom: model, rows };
}

/** With its report: made after the training, or later where it could not be had then. */
async function judged(artifact: StageArtifact, judges: Judges, context: StageContext) {
  if (artifact["report"] !== undefined || artifact.modelPath === undefined) return undefined;
  const files = { train: join(artifact.dir, "data", "train.jsonl"), heldOut: join(artifact.dir, "data", "held-out.jsonl") };
  const report = await pairReport(artifact.modelPath, files, judges, context);
  return report === undefined ? undefined : { report };
}

export default definePlugin<JsonObject>({
  meta: {
    name: "@autotraj/stage-reward-model",
    apiVersion: 1,
    kind: "stage",
    description: "Stage reward-model: a trajectory reward model, and how far it beats what could fake it",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [STAGE],
  },
  setup(api) {
    const dialects = api.use(DIALECTS);
    const stage = stageOf({ model: () => [...api.useAll(REWARD_MODEL).values()][0], dialects });
    api.provide(STAGE, stage, stage.name);
  },
});
