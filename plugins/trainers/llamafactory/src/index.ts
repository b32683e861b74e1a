/** LLaMA-Factory as a trainer: its data sets, and the stages SFT, reward model and DPO. */
import { basename } from "node:path";
import { DIALECTS, definePlugin, FORMAT, type Format, type JsonObject, PYTHON, type TrainStage } from "@autotraj/core/plugin";
import type { BackendOptions } from "@autotraj/trainer-backend/interpreter";
import { NOT_DECISIVE } from "@autotraj/trainer-backend/settings";
import { holdsUsual, SPELLS_CONTROL_TOKEN, spellsControlToken } from "@autotraj/trajectory-text/control-tokens";
import { chatmlPreference, chatmlSft } from "./chatml.ts";
import { datasetEntry } from "./registry.ts";
import { sharegptPreference, sharegptSft } from "./sharegpt.ts";
import { SETTINGS } from "./training/schemas.ts";
import { checkSettings } from "./training/settings.ts";
import { train } from "./training/train.ts";

const STAGES: readonly TrainStage[] = ["sft", "reward-model", "rl"];
/** Installing and writing rows may take minutes; the training itself is not on this clock. */
const TAP_TIMEOUT_MS = 3_600_000;

export default definePlugin<BackendOptions>({
  meta: {
    name: "@autotraj/trainer-llamafactory",
    apiVersion: 1,
    kind: "trainer",
    description: "LLaMA-Factory: SFT, reward model and DPO, and their data sets",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        python: {
          type: "string",
          minLength: 1,
          path: true,
          description:
            "Where LLaMA-Factory is installed: an interpreter, or its environment's folder, relative to the file that names it. Needed to train.",
        },
        install: {
          type: "boolean",
          default: false,
          description: "Without python: install LLaMA-Factory 0.9.5 and all it needs into the cache, exact versions (gigabytes).",
        },
      },
    },
    provides: [FORMAT],
    supports: { sft: true, preference: true, prompt: false },
  },
  setup(api, options) {
    const dialects = api.use(DIALECTS);
    const context = { options, dialects, environments: () => api.use(PYTHON), baseDir: api.baseDir, log: api.log };
    for (const stageName of STAGES)
      api.hooks.train.tapPromise(
        {
          stageName,
          timeoutMs: TAP_TIMEOUT_MS,
          settings: SETTINGS[stageName],
          notDecisive: NOT_DECISIVE,
          check: (_settings, given) => checkSettings(stageName, given),
        },
        (job) => train({ ...job, stage: stageName }, context),
      );
    api.provide(FORMAT, {
      description: "LLaMA-Factory: sharegpt rows of native trajectories, dataset_info.json",
      sft: sharegptSft,
      preference: sharegptPreference,
      refuses,
      pairsByPosition: true,
      companions: registry,
      variants: {
        chatml: {
          description: "LLaMA-Factory with `template: empty`: trajectories of the tag dialect in ChatML, no loss on results",
          sft: (trajectory) => chatmlSft(trajectory, dialects),
          preference: (pair) => chatmlPreference(pair, dialects),
          refuses,
          companions: registry,
        },
      },
    });
  },
});

const refuses: NonNullable<Format["refuses"]> = (trajectory) => (spellsControlToken(trajectory, holdsUsual) ? SPELLS_CONTROL_TOKEN : undefined);

/**
 * dataset_info.json, in which LLaMA-Factory looks data sets up: `dataset: autotraj_sft` or `autotraj_preferences`. One without rows is not listed: it
 * could not be loaded.
 */
const registry: NonNullable<Format["companions"]> = (written) => {
  const filled = Object.entries(written).filter(([, { rows }]) => rows > 0);
  const entries = filled.map(([name, { file }]): [string, JsonObject] => [`autotraj_${name}`, datasetEntry(basename(file), name === "preferences")]);
  return { "dataset_info.json": `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n` };
};
