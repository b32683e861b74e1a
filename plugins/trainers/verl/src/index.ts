/** verl as a trainer: its data sets, and the stages SFT and RL (GRPO on Ray). */
import { readFileSync } from "node:fs";
import { DIALECTS, definePlugin, FORMAT } from "@autotraj/core/plugin";
import type { BackendOptions } from "@autotraj/trainer-backend/interpreter";
import { NOT_DECISIVE } from "@autotraj/trainer-backend/settings";
import { pythonSources } from "@autotraj/trajectory-text/python";
import { promptRow, sftRow } from "./datasets.ts";
import { parquet } from "./parquet.ts";
import { SETTINGS } from "./training/schemas.ts";
import { checkSettings } from "./training/settings.ts";
import { train } from "./training/train.ts";

/** Copied beside the rows, so that an exported folder is whole. */
const READER = new URL("../python/autotraj_verl.py", import.meta.url);
/** Installing and writing rows may take minutes; the training itself is not on this clock. */
const TAP_TIMEOUT_MS = 3_600_000;

export default definePlugin<BackendOptions>({
  meta: {
    name: "@autotraj/trainer-verl",
    apiVersion: 1,
    kind: "trainer",
    description: "verl: SFT and GRPO on Ray, and their data sets",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        python: {
          type: "string",
          minLength: 1,
          path: true,
          description:
            "Where verl is installed: an interpreter (an image's), or its environment's folder, relative to the file that names it. Needed to train.",
        },
      },
    },
    provides: [FORMAT],
    supports: { sft: true, preference: false, prompt: true },
  },
  setup(api, options) {
    const dialects = api.use(DIALECTS);
    const context = { options, dialects, baseDir: api.baseDir };
    for (const stageName of ["sft", "rl"] as const)
      api.hooks.train.tapPromise(
        {
          stageName,
          timeoutMs: TAP_TIMEOUT_MS,
          settings: SETTINGS[stageName],
          notDecisive: NOT_DECISIVE,
          check: (settings, given) => checkSettings(stageName, settings, given),
        },
        (job) => train(job, stageName, context),
      );
    api.provide(FORMAT, {
      description: "verl: Parquet with an exact loss mask for SFT (data set class beside it), prompts for RL",
      sft: (trajectory) => sftRow(trajectory, dialects),
      prompt: promptRow,
      file: parquet,
      companions: () => ({ ...pythonSources(), "autotraj_verl.py": readFileSync(READER, "utf8") }),
    });
  },
});
