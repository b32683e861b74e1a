/** Stage `evaluate`: every model of a run on the same held-out questions, sampled by one policy, scored by the preset's own scorers. */
import {
  DIALECTS,
  definePlugin,
  type JsonObject,
  PluginError,
  type Query,
  REWARD_MODEL,
  type RewardModel,
  STAGE,
  type Stage,
  type StageContext,
} from "@autotraj/core/plugin";
import { contestantsOf } from "./contestants.ts";
import { evaluateModels } from "./evaluate.ts";

const stageOf = (rewardModel: () => RewardModel | undefined, words: (trajectory: Parameters<Words>[0]) => number): Stage => ({
  name: "evaluate",
  samplesModels: true,
  settings: {
    type: "object",
    additionalProperties: false,
    properties: {
      samples: { type: "integer", minimum: 0, default: 0, description: "Sampled trajectories per question, besides the greedy one." },
      temperature: { type: "number", minimum: 0, description: "Sampling temperature of these. Default: rollout.temperature." },
      limit: { type: "integer", minimum: 0, description: "Held-out questions, from the start of the file, at most." },
    },
  },
  async prepare(context) {
    if (context.heldOut() === undefined)
      throw new PluginError("NO_QUESTIONS", "the preset names no held-out questions.", {
        hint: "Set queries.evaluate to a JSONL file of questions, or name one for a run that is there: `autotraj eval RUN --queries FILE`.",
      });
    return { run: () => evaluate(context, rewardModel, words) };
  },
});

type Words = Parameters<typeof evaluateModels>[1]["words"];

async function evaluate(context: StageContext, rewardModel: () => RewardModel | undefined, words: Words) {
  const {
    samples = 0,
    temperature = context.sampling.temperature,
    limit = Number.POSITIVE_INFINITY,
  } = context.settings as Readonly<Record<string, number>>;
  const questions = () => limited(context.heldOut() ?? none(), limit);
  await evaluateModels(await contestantsOf(context, questions()), {
    ...{ context, questions, words, samples, temperature },
    rewardModel: await loadedRewardModel(context, rewardModel()),
  });
  return {};
}

/** The first reward-model plugin with what this run trained, for best-of-n; undefined where there is none of either. */
async function loadedRewardModel(context: StageContext, model: RewardModel | undefined): Promise<RewardModel | undefined> {
  const trained = context.artifact("reward-model")?.modelPath;
  if (trained === undefined || model === undefined) return undefined;
  await context.orStopped(model.load(trained));
  return model;
}

async function* limited(queries: AsyncIterable<Query>, most: number): AsyncGenerator<Query> {
  let left = most;
  for await (const query of queries) {
    if (left-- <= 0) return;
    yield query;
  }
}

async function* none(): AsyncGenerator<Query> {}

export default definePlugin<JsonObject>({
  meta: {
    name: "@autotraj/stage-evaluate",
    apiVersion: 1,
    kind: "stage",
    description: "Stage evaluate: every model of a run on the same held-out questions",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [STAGE],
  },
  setup(api) {
    const dialects = api.use(DIALECTS);
    const words: Words = (trajectory) => dialects.text(trajectory).split(/\s+/).filter(Boolean).length;
    const stage = stageOf(() => [...api.useAll(REWARD_MODEL).values()][0], words);
    api.provide(STAGE, stage, stage.name);
  },
});
