/** Stage `rl`: reinforcement learning of the policy on the run's own questions, with its tools and its rewards. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { definePlugin, type JsonObject, type Playing, PluginError, STAGE, type Stage, type StageContext } from "@autotraj/core/plugin";
import { linesIn, writeJsonLines } from "@autotraj/core/rows";

const share = (description: string) => ({ type: "number", minimum: 0, maximum: 1, description }) as const;

const stage: Stage = {
  name: "rl",
  trains: "rl",
  leavesPolicy: true,
  // All its own settings act through the questions, the pairs and the reward.
  decisive: [],
  settings: {
    type: "object",
    additionalProperties: false,
    properties: {
      model: {
        type: "string",
        minLength: 1,
        description: "Model to start from: a folder in Hugging Face's layout, or a name that the trainer knows. Default: what stage sft left.",
      },
      examples: { type: "boolean", default: false, description: "Whether the worked examples of the loop stay in the prompts." },
      limit: { type: "integer", minimum: 0, description: "Questions to play, at most." },
      minPassRate: { ...share("Only questions that the loop got right at least this often."), default: 0 },
      maxPassRate: { ...share("Only questions that the loop got right at most this often."), default: 1 },
      trajectoryTerm: {
        type: "string",
        enum: ["auto", "always", "never"],
        default: "auto",
        description: "Whether the reward model's term counts; auto: where it beats what could fake it on held-out pairs.",
      },
      pairs: {
        type: "string",
        minLength: 1,
        path: true,
        description:
          "JSONL file of preference pairs for methods that learn from them (DPO), relative to the preset. Default: the run's own, where it has any.",
      },
    },
  },
  async prepare(context) {
    const start = await context.startModel();
    const playing = await context.play();
    try {
      const pairs = await pairsFile(context);
      return {
        parts: {
          "start model": start.identity,
          "the questions to play": context.hashOf(playing.tasks),
          ...playing.parts,
          "the preference pairs": pairs?.hash,
        },
        madeFrom: {
          stages: [...(start.artifact === undefined ? [] : [start.artifact]), ...playing.madeFrom],
          files: pairs === undefined ? [] : [pairs.file],
        },
        run: () => train(context, start.path, playing, pairs?.file),
        close: () => playing.close(),
      };
    } catch (error) {
      playing.close();
      throw error;
    }
  },
};

async function train(context: StageContext, model: string, { tasks, serve }: Playing, pairs: string | undefined) {
  const data = {
    train: join(context.dir, "data", "train.jsonl"),
    heldOut: join(context.dir, "data", "held-out.jsonl"),
    ...(pairs === undefined ? {} : { pairs }),
  };
  await writeJsonLines(data.train, () => tasks);
  await writeFile(data.heldOut, "");
  const { url, token, close } = await serve();
  try {
    const result = await context.train({ model, data, service: { url, token }, leaves: "causal" });
    return { ...result, startedFrom: model, rows: { train: tasks.length, heldOut: 0 } };
  } finally {
    await close();
  }
}

/** A file that the settings name, or the run's own where it has any. */
async function pairsFile({ settings, datasets, contentOf }: StageContext): Promise<{ readonly file: string; readonly hash: string } | undefined> {
  const named = settings["pairs"];
  const file = typeof named === "string" ? named : datasets.preferences;
  if (!existsSync(file)) {
    if (typeof named !== "string") return undefined;
    throw new PluginError("NO_PAIRS", `${file}, which its setting pairs names, is not there.`, { hint: "Paths are relative to the preset." });
  }
  const { done } = linesIn(file).next();
  return done === true ? undefined : { file, hash: await contentOf(file) };
}

export default definePlugin<JsonObject>({
  meta: {
    name: "@autotraj/stage-rl",
    apiVersion: 1,
    kind: "stage",
    description: "Stage rl: reinforcement learning with the run's tools and rewards",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [STAGE],
  },
  setup(api) {
    api.provide(STAGE, stage, stage.name);
  },
});
