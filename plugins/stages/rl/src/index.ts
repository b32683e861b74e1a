/** Stage `rl`: reinforcement learning of the policy on the run's own questions, with its tools and its rewards. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  definePlugin,
  type JsonObject,
  type Playing,
  PluginError,
  STAGE,
  type Stage,
  type StageContext,
  type StartModel,
} from "@autotraj/core/plugin";
import { linesIn, writeJsonLines } from "@autotraj/core/rows";
import { choosesByRate, chosenByStart, describe, ratesOfLoop, wantedOf, whyNotStart } from "./pass-rates.ts";

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
      minPassRate: { ...share("Only questions that are answered rightly at least this often."), default: 0 },
      maxPassRate: { ...share("Only questions that are answered rightly at most this often."), default: 1 },
      passRateOf: {
        type: "string",
        enum: ["start", "loop"],
        default: "start",
        description:
          "By whom, for minPassRate and maxPassRate. start: by the model that RL starts from, which is asked first (until limit is reached). loop: by the loop's candidates, which other weights or worked examples may have written.",
      },
      passRateSamples: { type: "integer", minimum: 2, default: 4, description: "Trajectories per question by which passRateOf: start measures." },
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
    const choice = choiceOf(context, start);
    const playing = await context.play(choice.folder === undefined ? context.settings : unchosen(context.settings));
    try {
      const pairs = await pairsFile(context);
      return {
        parts: {
          "start model": start.identity,
          "the questions to play": context.hashOf(playing.tasks),
          "how they are chosen": choice.part,
          ...playing.parts,
          "the preference pairs": pairs?.hash,
        },
        madeFrom: {
          stages: [...(start.artifact === undefined ? [] : [start.artifact]), ...playing.madeFrom],
          files: pairs === undefined ? [] : [pairs.file],
        },
        run: () => train(context, { model: start.path, playing, choice, pairs: pairs?.file }),
        close: () => playing.close(),
      };
    } catch (error) {
      playing.close();
      throw error;
    }
  },
};

interface Choice {
  /** Of the model whose pass rates choose the questions; undefined where none is asked. */
  readonly folder?: string;
  /** What decides the choice, where the questions themselves do not say it. */
  readonly part?: unknown;
  /** Why the loop's rates stand in for those that were asked for. */
  readonly instead?: string;
}

function choiceOf(context: StageContext, { folder }: StartModel): Choice {
  if (context.settings["passRateOf"] === "loop" || !choosesByRate(context.settings) || samplesNothing(context.settings)) return {};
  const instead = whyNotStart(context, folder);
  if (instead !== undefined || folder === undefined) return { instead: instead ?? "" };
  return { folder, part: { ...wantedOf(context), policy: context.identityOf(context.policy().policy) } };
}

/** A method that learns from pairs plays no questions. */
function samplesNothing({ method }: Readonly<JsonObject>): boolean {
  return method === "dpo";
}

/** The settings without what leaves questions out: they are chosen when it is known how the model fares. */
function unchosen({ limit: _limit, ...settings }: Readonly<JsonObject>): JsonObject {
  return { ...settings, minPassRate: 0, maxPassRate: 1 };
}

async function chosenTasks(context: StageContext, { tasks }: Playing, { folder, instead }: Choice) {
  if (folder !== undefined) return chosenByStart(context, folder, tasks);
  if (instead !== undefined)
    context.log.warn(
      `questions are chosen by the loop's pass rates, not by those of the model that RL starts from: ${instead}. \`passRateOf: loop\` says that this is meant.`,
    );
  if (!choosesByRate(context.settings)) return { tasks };
  const passRates = await ratesOfLoop(context, tasks.length);
  context.log.info(describe(passRates));
  return { tasks, passRates };
}

interface Training {
  readonly model: string;
  readonly playing: Playing;
  readonly choice: Choice;
  readonly pairs: string | undefined;
}

async function train(context: StageContext, { model, playing, choice, pairs }: Training) {
  const { tasks, ...chosen } = await chosenTasks(context, playing, choice);
  const data = {
    train: join(context.dir, "data", "train.jsonl"),
    heldOut: join(context.dir, "data", "held-out.jsonl"),
    ...(pairs === undefined ? {} : { pairs }),
  };
  await writeJsonLines(data.train, () => tasks);
  await writeFile(data.heldOut, "");
  const { url, token, close } = await playing.serve();
  try {
    const result = await context.train({ model, data, service: { url, token }, leaves: "causal" });
    return { ...result, ...chosen, startedFrom: model, rows: { train: tasks.length, heldOut: 0 } };
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
