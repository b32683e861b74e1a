/** TRL as a trainer: the data sets that its trainers read, and the stages that it trains. */
import { readFileSync } from "node:fs";
import { DIALECTS, definePlugin, ENVIRONMENT, FORMAT } from "@autotraj/core/plugin";
import { pythonSources } from "@autotraj/trajectory-text/python";
import { preferenceRow, promptRow, sftRow } from "./datasets.ts";
import { offerTraining, type TrainerOptions } from "./training/train.ts";

/** Copied beside the rows, so that an exported folder is whole. */
const READER = new URL("../python/autotraj_trl.py", import.meta.url);

export default definePlugin<TrainerOptions>({
  meta: {
    name: "@autotraj/trainer-trl",
    apiVersion: 1,
    kind: "trainer",
    description: "TRL: SFT, reward model, DPO and GRPO, on a CPU and on GPUs, and their data sets",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        python: {
          type: "string",
          default: "",
          description: "Python interpreter with TRL 1.16 of your own (one with vLLM, say). Empty: an environment that is made once per machine.",
        },
      },
    },
    provides: [FORMAT, ENVIRONMENT],
    supports: { sft: true, preference: true, prompt: true },
  },
  setup(api, options) {
    offerTraining(api, options);
    const dialects = api.use(DIALECTS);
    api.provide(FORMAT, {
      description: "TRL: turns with an exact loss mask, preference pairs, GRPO prompts, and the Python that tokenises them",
      sft: (trajectory) => sftRow(trajectory, dialects),
      preference: (pair) => preferenceRow(pair, dialects),
      prompt: promptRow,
      companions: () => ({ ...pythonSources(), "autotraj_trl.py": readFileSync(READER, "utf8") }),
    });
  },
});
