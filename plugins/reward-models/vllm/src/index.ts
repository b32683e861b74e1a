/** The trained trajectory reward model behind vLLM servers: a service for evaluation and best-of-n, and a term of the reward. */
import { isAbsolute, resolve } from "node:path";
import { DIALECTS, definePlugin, MODEL_SERVERS, REWARD_MODEL, type Score } from "@autotraj/core/plugin";
import { readRendering } from "@autotraj/trajectory-text/rendering";
import { OPTIONS_SCHEMA, type VllmRewardModelOptions } from "./options.ts";
import { VllmRewardModel } from "./reward-model.ts";

export type { VllmRewardModelOptions } from "./options.ts";

export default definePlugin<VllmRewardModelOptions>({
  meta: {
    name: "@autotraj/reward-model-vllm",
    apiVersion: 1,
    kind: "reward-model",
    description: "The trained trajectory reward model behind vLLM servers, as a reward term",
    options: OPTIONS_SCHEMA,
    provides: [REWARD_MODEL],
    requires: [DIALECTS],
    supports: { deterministic: false, network: true },
  },
  setup(api, options) {
    const { folder: named } = options;
    const folder = named === undefined || isAbsolute(named) ? named : resolve(api.baseDir, named);
    const model = new VllmRewardModel({ dialects: api.use(DIALECTS), log: api.log, folder, modelServers: () => api.use(MODEL_SERVERS) }, options);
    // The servers are asked at first use: the loop needs none.
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
