/** A trainer does the training of a stage: it makes a plan, and the kernel runs the process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { definePlugin, PluginError } from "@autotraj/core/plugin";
import { TRAIN_PY } from "./script.js";

/** What presets may say below `stages.sft`, beside the stage's own settings. */
const SETTINGS = {
  type: "object",
  additionalProperties: false,
  properties: {
    epochs: { type: "integer", minimum: 1, default: 1, description: "Times that all rows are gone through." },
    learningRate: { type: "number", exclusiveMinimum: 0, default: 2e-5, description: "AdamW's." },
  },
};

export default definePlugin({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "trainer",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        python: {
          type: "string",
          minLength: 1,
          default: "python3",
          description: "An interpreter that has torch and transformers.",
        },
      },
    },
  },
  setup(api, { python }) {
    api.hooks.train.tapPromise(
      { stageName: "sft", settings: SETTINGS },
      async ({ model, data, dir, seed, options, launch }) => {
        let last;
        await launch({
          files: {
            "train.py": TRAIN_PY,
            "settings.json": JSON.stringify({ model, rows: data.train, seed, ...options }),
          },
          argv: [python, "train.py"],
          env: {},
          progressFile: "progress.jsonl",
          progress(line) {
            // Undefined where a line says nothing about progress, or is not whole yet.
            if (!/^\{.*\}$/.test(line)) return undefined;
            last = JSON.parse(line);
            return last;
          },
          // Two at once would slow each other down on a CPU: the kernel keeps them apart.
          exclusive: true,
        });
        const modelPath = join(dir, "model");
        if (!existsSync(join(modelPath, "config.json")))
          throw new PluginError("NO_MODEL", `train.py left no model in ${modelPath}.`);
        return { modelPath, kind: "causal", metrics: { steps: last?.step ?? 0, ...last?.metrics } };
      },
    );
  },
});
