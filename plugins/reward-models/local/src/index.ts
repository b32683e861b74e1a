/** The trained trajectory reward model, in a Python process of its own: a service for evaluation and best-of-n, and a term of the reward. */
import { isAbsolute, resolve } from "node:path";
import { DIALECTS, definePlugin, PYTHON, REWARD_MODEL, type Score } from "@autotraj/core/plugin";
import { readRendering } from "@autotraj/trajectory-text/rendering";
import { type LocalRewardModelOptions, OPTIONS_SCHEMA } from "./options.ts";
import { LocalRewardModel } from "./reward-model.ts";

export type { LocalRewardModelOptions } from "./options.ts";

export default definePlugin<LocalRewardModelOptions>({
  meta: {
    name: "@autotraj/reward-model-local",
    apiVersion: 1,
    kind: "reward-model",
    description: "The trained trajectory reward model in a Python process on this machine, as a reward term",
    options: OPTIONS_SCHEMA,
    provides: [REWARD_MODEL],
    requires: [DIALECTS, PYTHON],
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    const { model: named } = options;
    const folder = named === undefined || isAbsolute(named) ? named : resolve(api.baseDir, named);
    const model = new LocalRewardModel({ dialects: api.use(DIALECTS), python: api.use(PYTHON), log: api.log, folder }, options);
    // The process itself starts at first use: the loop needs none.
    api.onStart(async () => {
      if (folder !== undefined) await readRendering(folder);
    });
    api.onDispose(() => model.dispose());
    api.provide(REWARD_MODEL, model);
    api.hooks.reward.tapPromise({ role: "trajectory" }, async (batch, { signal }) => {
      const trajectories = batch.map(({ trajectory }) => trajectory);
      return (await model.judge(trajectories, { signal })).map((judged): Score => ("score" in judged ? { value: judged.score } : judged));
    });
  },
});
