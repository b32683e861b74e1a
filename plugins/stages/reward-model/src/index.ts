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
import { splitRows } from "@autotraj/training-rows/split";
import type { Judges } from "./judges.ts";
import { labelled } from "./labels.ts";
import { pairReport, type Trained } from "./pair-report.ts";
import { DECISIVE, SETTINGS, settingsOf } from "./settings.ts";
import { type Sources, sourcesOf, toldCounts } from "./sources.ts";

const stageOf = (judges: Judges): Stage => ({
  name: "reward-model",
  trains: "reward-model",
  decisive: DECISIVE,
  settings: SETTINGS,
  async prepare(context) {
    const start = await context.startModel();
    const settings = settingsOf(context.settings);
    const sources = sourcesOf(context, settings, (row) => judges.dialects.text(row));
    const { rows, write } = splitRows(context, {
      source: () => sources.rows(),
      what: "preference pair",
      heldOut: settings.heldOut,
      asTrained: labelled(settings, context),
      hint: () =>
        `Of what was asked for (pairs: ${settings.pairs.join(", ")}) there is: ${toldCounts(sources.counts()) || "none"}. See \`autotraj stats\`.`,
    });
    const contents = await Promise.all(sources.files.map((file) => context.contentOf(file)));
    return {
      parts: { "start model": start.identity, "the rows to train on": contents },
      madeFrom: { files: sources.files, stages: start.artifact === undefined ? [] : [start.artifact] },
      async run() {
        const pairs = sources.counts();
        context.log.info(`pairs: ${toldCounts(pairs)}`);
        const result = await context.train({ model: start.path, data: await write(), leaves: "reward" });
        return { ...result, startedFrom: start.path, rows, pairs };
      },
      complete: (artifact) => judged(artifact, judges, context),
    };
  },
});

/** With its report: made after the training, or later where it could not be had then. */
async function judged(artifact: StageArtifact, judges: Judges, context: StageContext) {
  const { report: known, modelPath, dir, pairs, untrainedMargins } = artifact as StageArtifact & Pick<Trained, "untrainedMargins">;
  if (known !== undefined || modelPath === undefined) return undefined;
  const files = {
    train: join(dir, "data", "train.jsonl"),
    heldOut: join(dir, "data", "held-out.jsonl"),
    judged: join(dir, "held-out-judged.jsonl"),
  };
  const report = await pairReport({ modelPath, untrainedMargins }, files, judges, context);
  return report === undefined ? undefined : { report: { ...report, sources: pairs as ReturnType<Sources["counts"]> } };
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
