/** What reward models owe before any model is there. */
import { REWARD_MODEL } from "@autotraj/core/plugin";
import { settled } from "../bench.ts";
import { timeLimit } from "../cases.ts";
import type { Check } from "../check.ts";
import { complain, NotAsked } from "../complaint.ts";
import { brief } from "../differences.ts";
import { plainQuestions } from "../samples.ts";
import { isUnstarted } from "./when.ts";

const missing: Check = {
  group: "reward-model",
  name: "says so where the model is missing",
  needs: ["does what its kind is for"],
  kinds: ["reward-model"],
  skips: isUnstarted,
  async run(bench) {
    const models = [...(await bench.shared()).offered(REWARD_MODEL).values()];
    if (models.length === 0) throw new NotAsked("it offers no reward model, only a reward");
    for (const model of models) {
      const nowhere = "/nowhere/that/is/a/model";
      const loaded = await settled(() => model.load(nowhere), timeLimit(bench.cases));
      if (loaded === "overran") complain("load does not come back for a folder that is not there");
      if ("error" in loaded) continue;
      const trajectories = plainQuestions(bench.cases.questions).flatMap((question) => question.trajectories);
      const scored = await settled(() => model.score(trajectories, { signal: new AbortController().signal }), timeLimit(bench.cases));
      if (scored === "overran") complain("score does not come back where no model could be loaded");
      if ("answer" in scored) complain(`it loads a folder that is not there and scores with it: ${brief(scored.answer)}`);
    }
  },
};

export const REWARD_MODELS: readonly Check[] = [missing];
